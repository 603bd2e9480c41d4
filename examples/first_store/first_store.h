#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "table_data.h"
#include "tomada/config.h"
#include "tomada/store.h"

namespace first_store {

struct Config : tomada::ConfigKeys<Config> {
  int max_records =
      Key("max_records", &Config::max_records, 100'000).Range(1, 1e9).Help("Records in one table; more are refused.");
};

class FirstStore final : public tomada::Store {
 public:
  explicit FirstStore(const Config& config) : max_records_(config.max_records) {}

  // There is nothing to connect to and no thread: both have nothing to do.
  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(tomada::Deadline) override { return absl::OkStatus(); }

  absl::StatusOr<std::unique_ptr<tomada::Table>> OpenTable(tomada::TableOptions options) override;
  // The defaults claim least: writes are applied, nothing survives, reads are never old.
  tomada::StoreCapabilities capabilities() const override { return {}; }

 private:
  const size_t max_records_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<TableData>> tables_;  // guarded by mutex_
};

}  // namespace first_store
