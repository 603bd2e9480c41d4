#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config.h"
#include "connector.h"
#include "io_thread.h"
#include "store_metrics.h"
#include "tomada/log.h"
#include "tomada/readiness.h"
#include "tomada/store.h"

namespace tomada::redis_store {

// Keeps tables in Redis. Starts without a server, says why it is not ready, and heals by itself.
class RedisStore final : public Store {
 public:
  RedisStore(const Config& config, Logger log, StatusReporter status, const Metrics& metrics = {});

  absl::Status Start() override;
  absl::Status Stop(Deadline grace) override;

  absl::StatusOr<std::unique_ptr<Table>> OpenTable(TableOptions options) override;
  StoreCapabilities capabilities() const override;

 private:
  std::vector<std::unique_ptr<IoThread>> MakeThreads();

  const Config config_;
  const Logger log_;
  const StoreMetrics metrics_;
  std::mutex mutex_;
  std::map<std::string, TableOptions> tables_;  // guarded by mutex_
  const std::vector<std::unique_ptr<IoThread>> threads_;
  Connector connector_;
};

}  // namespace tomada::redis_store
