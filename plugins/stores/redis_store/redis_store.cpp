#include "redis_store.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "redis_table.h"

namespace tomada::redis_store {
namespace {

IoOptions OptionsOf(const Config& config) {
  IoOptions options;
  options.max_calls = static_cast<size_t>(config.max_calls);
  options.max_bytes = config.max_bytes.bytes;
  options.stall_timeout = absl::ToChronoNanoseconds(config.stall_timeout);
  options.replicas = config.durability == Durability::kReplicated ? config.replicas : 0;
  return options;
}

size_t NumberOfThreads(const Config& config) {
  if (config.io_threads > 0) return static_cast<size_t>(config.io_threads);
  return std::max(1u, std::thread::hardware_concurrency() / 2);
}

// Of 1 MiB, which keeps the largest reply well under what one connection should carry at once.
constexpr uint64_t kMaxValue = 1 << 20;

}  // namespace

RedisStore::RedisStore(const Config& config, Logger log, StatusReporter status, const Metrics& metrics)
    : config_(config),
      log_(log),
      metrics_(metrics),
      threads_(MakeThreads()),
      connector_(config_, threads_, std::move(log), std::move(status), metrics_.reconnects) {}

std::vector<std::unique_ptr<IoThread>> RedisStore::MakeThreads() {
  std::vector<std::unique_ptr<IoThread>> threads;
  for (size_t i = 0; i < NumberOfThreads(config_); ++i) {
    IoThread::Events events;
    events.lost = [this, i](std::string why) { connector_.Lost(i, std::move(why)); };
    events.damaged = [this](std::string what) { log_.Error("damaged data", {{"what", std::move(what)}}); };
    events.refused = [this](std::string why) { connector_.Refused(std::move(why)); };
    threads.push_back(std::make_unique<IoThread>(OptionsOf(config_), metrics_, std::move(events)));
  }
  return threads;
}

absl::Status RedisStore::Start() {
  for (const auto& thread : threads_) {
    if (absl::Status failed = thread->Start(); !failed.ok()) return failed;
  }
  return connector_.Start();
}

absl::Status RedisStore::Stop(Deadline grace) {
  for (const auto& thread : threads_) thread->Stop(grace);
  connector_.Stop();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Table>> RedisStore::OpenTable(TableOptions options) {
  if (absl::Status wrong = CheckTableOptions(options); !wrong.ok()) return wrong;
  {
    std::lock_guard lock(mutex_);
    auto [open, is_new] = tables_.try_emplace(options.name, options);
    if (!is_new && open->second != options) {
      return absl::FailedPreconditionError(fmt::format("table {} is open with other options", options.name));
    }
  }
  KeyLayout layout(config_.key_prefix, options.name, config_.buckets);
  return std::make_unique<RedisTable>(std::move(options), std::move(layout), capabilities(), threads_);
}

StoreCapabilities RedisStore::capabilities() const {
  StoreCapabilities capabilities;
  capabilities.durability = config_.durability;
  capabilities.survives_restart = true;
  capabilities.max_value_bytes = kMaxValue;
  return capabilities;
}

}  // namespace tomada::redis_store
