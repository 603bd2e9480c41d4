#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "io_thread.h"
#include "key_layout.h"
#include "tomada/store.h"

namespace tomada::redis_store {

// The calls of one table, as commands for the I/O threads. A record's calls all go to the thread of its bucket.
class RedisTable final : public Table {
 public:
  // The threads outlive it.
  RedisTable(TableOptions options, KeyLayout layout, StoreCapabilities capabilities,
             const std::vector<std::unique_ptr<IoThread>>& threads);

  Task<absl::StatusOr<RecordPtr>> Get(Call& call, std::string id) override;
  Task<absl::StatusOr<std::vector<RecordPtr>>> GetMany(Call& call, std::vector<std::string> ids) override;
  Task<absl::StatusOr<RecordPtr>> Find(Call& call, std::string index, std::string value) override;
  Task<absl::StatusOr<Written>> Insert(Call& call, Operation operation, Record record) override;
  Task<absl::StatusOr<Written>> Put(Call& call, Operation operation, Record record) override;
  Task<absl::StatusOr<Written>> Update(Call& call, Operation operation, Record record,
                                       std::string expected_version) override;
  Task<absl::StatusOr<Written>> Remove(Call& call, Operation operation, std::string id,
                                       std::optional<std::string> expected_version) override;
  Task<absl::StatusOr<Page>> List(Call& call, int page_size, std::string token) override;

 private:
  Task<absl::StatusOr<Written>> Write(Call& call, WriteRequest request);
  absl::Status CheckWrite(const WriteRequest& request) const;
  IoThread& ThreadOf(int bucket) const { return *threads_[static_cast<size_t>(bucket) % threads_.size()]; }

  const TableOptions options_;
  const KeyLayout layout_;
  const StoreCapabilities capabilities_;
  const std::string token_seal_;
  const std::vector<std::unique_ptr<IoThread>>& threads_;
};

}  // namespace tomada::redis_store
