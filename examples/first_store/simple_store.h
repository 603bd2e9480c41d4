#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "config.h"
#include "table_data.h"
#include "tomada/store.h"

namespace simple_store {

class SimpleStore final : public tomada::Store {
 public:
  explicit SimpleStore(const Config& config) : max_records_(config.max_records) {}

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

}  // namespace simple_store
