#include "discovery.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace tomada::grpc_client {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kLeftOut[] = "a service is left out";

// Between two rounds of questions while no server is there.
constexpr std::chrono::milliseconds kAskAgainAfter{100};
// For a server that has just been connected, so that the others are not left unwatched for long.
constexpr std::chrono::seconds kCompareLimit{5};

absl::Status CannotBeAsked(const std::string& target, const absl::Status& why) {
  if (absl::IsNotFound(why)) return why;
  if (absl::IsUnimplemented(why)) {
    return absl::UnimplementedError(
        fmt::format("{} does not offer reflection: switch it on there, or give a descriptor_set", target));
  }
  return absl::Status(why.code(),
                      fmt::format("{} cannot be asked for its services: {}", target, std::string(why.message())));
}

// Asks each server once. The first answer; without any, an error that waiting will not cure, if there is one.
absl::StatusOr<Reflected> AskEach(Wire& wire, const std::vector<std::string>& names, Deadline deadline) {
  absl::Status failed;
  auto left = static_cast<int>(wire.backends().size());
  for (const auto& backend : wire.backends()) {
    const auto share = (deadline - Clock::now()) / left--;  // one that hangs leaves time for the next
    auto reflected = AskForServices(wire, *backend, names, Clock::now() + share);
    if (reflected.ok()) return reflected;
    if (failed.ok() || absl::IsUnavailable(failed)) failed = CannotBeAsked(backend->target(), reflected.status());
  }
  return failed;
}

}  // namespace

Discovery::Discovery(const Config& config, Remote& remote, Logger log)
    : config_(config), remote_(remote), log_(std::move(log)) {}

absl::StatusOr<std::unique_ptr<DescriptorSet>> Discovery::Find() {
  auto set = config_.reflection ? ByReflection() : DescriptorSet::Load(config_.descriptor_set);
  if (!set.ok() || !config_.services.empty()) return set;  // of those that are named, each must be there
  for (const auto& [service, cause] : (*set)->left_out()) {
    log_.Warning(kLeftOut, {{"cause", fmt::format("{}: {}", service, cause)}});
  }
  return set;
}

absl::StatusOr<std::unique_ptr<DescriptorSet>> Discovery::ByReflection() {
  const auto deadline = Clock::now() + absl::ToChronoNanoseconds(config_.reflection_timeout);
  const bool cached = std::filesystem::exists(config_.descriptor_cache);
  auto reflected = cached ? AskEach(remote_.wire(), config_.services, deadline) : AskUntil(deadline);
  if (!reflected.ok()) return cached ? FromCache(reflected.status()) : reflected.status();

  auto set = DescriptorSet::FromReflection(reflected->files, remote_.name());
  if (!set.ok()) return set.status();
  for (const std::string& service : reflected->left_out) log_.Warning(kLeftOut, {{"cause", service}});
  found_ = reflected->files.SerializeAsString();
  WriteCache();
  return set;
}

absl::StatusOr<Reflected> Discovery::AskUntil(Deadline deadline) {
  for (std::string cause;;) {
    auto reflected = AskEach(remote_.wire(), config_.services, deadline);
    const absl::Status status = reflected.status();
    // The time is up during another try: the error of an earlier one says more.
    const bool late = absl::IsDeadlineExceeded(status) && !cause.empty();
    if (!absl::IsUnavailable(status) && !late) return reflected;
    if (cause.empty())
      log_.Warning("waiting for a server to ask it for its services", {{"cause", std::string(status.message())}});
    if (!late) cause = std::string(status.message());
    if (late || Clock::now() + kAskAgainAfter >= deadline) {
      return absl::UnavailableError(
          fmt::format("{}; nothing is known of it from earlier: start it first, or give a descriptor_set", cause));
    }
    std::this_thread::sleep_for(kAskAgainAfter);
  }
}

absl::StatusOr<std::unique_ptr<DescriptorSet>> Discovery::FromCache(const absl::Status& why) {
  const std::string cause(why.message());
  auto set = DescriptorSet::Load(config_.descriptor_cache);
  if (!set.ok()) {
    return absl::Status(why.code(), fmt::format("{}; and {}", cause, std::string(set.status().message())));
  }
  log_.Warning("offering what a server said earlier", {{"cache", config_.descriptor_cache}, {"cause", cause}});
  found_ = ReadDescriptors(config_.descriptor_cache).value_or("");
  return set;
}

void Discovery::Compare(const Backend& backend, std::stop_token stop) {
  if (!config_.reflection) return;
  auto reflected = AskForServices(remote_.wire(), backend, config_.services, Clock::now() + kCompareLimit, stop);
  if (stop.stop_requested()) return;
  absl::Status status = reflected.ok() ? DescriptorSet::FromReflection(reflected->files, backend.target()).status()
                                       : CannotBeAsked(backend.target(), reflected.status());
  if (!status.ok()) {
    return log_.Warning("cannot tell whether the services are still those offered",
                        {{"cause", std::string(status.message())}});
  }
  std::string files = reflected->files.SerializeAsString();
  if (files == found_) return log_.Debug("the server's services are those offered", {{"target", backend.target()}});
  found_ = std::move(files);
  WriteCache();
  log_.Warning("the server's services have changed: restart to offer them as they are now",
               {{"target", backend.target()}});
}

// By a rename, so that no start reads half of it. A failure is only logged: just a start without a server needs it.
void Discovery::WriteCache() const {
  if (config_.descriptor_cache.empty()) return;
  if (const auto there = ReadDescriptors(config_.descriptor_cache); there.ok() && *there == found_) return;
  const std::filesystem::path file = config_.descriptor_cache;
  const std::filesystem::path fresh = config_.descriptor_cache + ".new";
  std::error_code error;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
  std::ofstream stream(fresh, std::ios::binary);
  stream << found_;
  stream.close();
  if (!stream) error = std::error_code(errno, std::generic_category());
  if (!error) std::filesystem::rename(fresh, file, error);
  if (error) log_.Warning("cannot write the descriptor cache", {{"cache", file.string()}, {"cause", error.message()}});
}

}  // namespace tomada::grpc_client
