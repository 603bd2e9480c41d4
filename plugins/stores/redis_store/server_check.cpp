#include "server_check.h"

#include <algorithm>

#include <fmt/format.h>

#include "key_layout.h"
#include "server_error.h"

namespace tomada::redis_store {
namespace {

// What a server says, in a message.
std::string_view Excerpt(std::string_view text) { return text.substr(0, kMaxErrorText); }

}  // namespace

size_t ServerCheck::Encode(std::string& out) const {
  CommandWriter(out, 1).Add("INFO");
  CommandWriter(out, 4).Add("HMGET").Add(MetaKey(config_->key_prefix)).Add("format").Add("buckets");
  if (config_->durability != Durability::kSynced) return 2;
  CommandWriter(out, 3).Add("CONFIG").Add("GET").Add("appendfsync");
  return 3;
}

absl::Status ServerCheck::OnReply(size_t i, const Reply& reply) const {
  if (i == 1) return CheckMeta(*config_, reply);
  if (i == 2) return CheckFsync(reply);
  if (InfoField(reply.text(), "run_id") != run_id_) return absl::UnavailableError("another server answers there");
  return CheckInfo(*config_, reply.text());
}

absl::Status CheckInfo(const Config& config, std::string_view info) {
  if (InfoField(info, "loading") == "1") return absl::UnavailableError("the server is loading its data");
  if (InfoField(info, "role") != "master") return absl::UnavailableError("the server is a replica, not the primary");
  if (InfoField(info, "cluster_enabled") == "1") {
    return absl::FailedPreconditionError("the server is part of a Redis Cluster, which this store cannot use yet");
  }
  const std::string_view policy = InfoField(info, "maxmemory_policy");
  if (config.role == Role::kPrimary && !policy.empty() && policy != "noeviction") {
    return absl::FailedPreconditionError(
        fmt::format("the server's maxmemory-policy is {}: a primary must never evict; set noeviction, or role: cache",
                    Excerpt(policy)));
  }
  if (config.durability == Durability::kSynced && InfoField(info, "aof_enabled") != "1") {
    return absl::FailedPreconditionError("durability: synced needs a server with appendonly yes");
  }
  return absl::OkStatus();
}

absl::Status CheckMeta(const Config& config, const Reply& reply) {
  const std::string key = MetaKey(config.key_prefix);
  if (reply.size() != 2) return absl::UnavailableError("HMGET answered what it cannot give");
  if (reply[1].type() == ReplyType::kNil) return absl::UnavailableError(fmt::format("{} is gone", key));
  const std::string_view format = reply[0].text(), buckets = reply[1].text();
  if (format != kFormat) {
    return absl::FailedPreconditionError(
        fmt::format("{} holds format {}; this program knows format {}: use the program that wrote it, "
                    "or another key_prefix",
                    key, Excerpt(format), kFormat));
  }
  if (buckets == std::to_string(config.buckets)) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "{} was made with buckets: {}, which cannot change; the config says {}", key, Excerpt(buckets), config.buckets));
}

absl::Status CheckFsync(const Reply& reply) {
  if (reply.size() == 2 && reply[1].text() == "always") return absl::OkStatus();
  return absl::FailedPreconditionError("durability: synced needs a server with appendfsync always");
}

std::string_view InfoField(std::string_view info, std::string_view name) {
  for (size_t at = 0; at < info.size();) {
    const size_t end = std::min(info.find("\r\n", at), info.size());
    std::string_view line = info.substr(at, end - at);
    if (line.size() > name.size() && line[name.size()] == ':' && line.starts_with(name)) {
      return line.substr(name.size() + 1);
    }
    at = end + 2;
  }
  return {};
}

}  // namespace tomada::redis_store
