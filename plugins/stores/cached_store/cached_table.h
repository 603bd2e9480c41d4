#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reader.h"
#include "tomada/store.h"

namespace tomada::cached_store {

// What the handles to one table share.
struct TableParts {
  TableParts(TableOptions options, std::unique_ptr<Table> store, std::unique_ptr<CacheTable> cache, Lifetimes lifetimes,
             size_t max_keys, Shared& shared)
      : options(std::move(options)),
        store(std::move(store)),
        operations(shared.metrics.operations),
        reader(*this->store, std::move(cache), lifetimes, max_keys, shared) {}

  const TableOptions options;
  const std::unique_ptr<Table> store;
  const StoreOperations& operations;
  Reader reader;
};

// A handle. Reads go to the Reader, writes and lists to the store.
class CachedTable final : public Table {
 public:
  explicit CachedTable(std::shared_ptr<TableParts> parts) : parts_(std::move(parts)) {}

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
  // `write` is the store's call, not started yet; `keys` are those whose cached entries it may make wrong.
  Task<absl::StatusOr<Written>> Write(Call& call, KeyStates::Keys keys, Task<absl::StatusOr<Written>> write);

  template <typename T>
  absl::StatusOr<T> Counted(StoreOperations::Kind kind, absl::StatusOr<T> result) const {
    return parts_->operations.Ended(kind, std::move(result));
  }

  const std::shared_ptr<TableParts> parts_;
};

}  // namespace tomada::cached_store
