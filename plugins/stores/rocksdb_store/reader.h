#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "clock.h"
#include "database.h"
#include "tomada/store.h"

namespace tomada::rocksdb_store {

// Reads one table from the database: only what has been committed. Expired records count as absent. Made for each read;
// all that it is given outlives it.
class Reader {
 public:
  Reader(Database& database, const TableOptions& table, const Clock& clock)
      : database_(database), table_(table), clock_(clock) {}

  absl::StatusOr<RecordPtr> Get(std::string_view id) const;
  absl::StatusOr<RecordPtr> Find(std::string_view index, std::string_view value) const;
  // At most `page_size` records and a few megabytes.
  absl::StatusOr<Page> List(int page_size, std::string_view token) const;

 private:
  absl::StatusOr<RecordPtr> Read(std::string_view id) const;  // perhaps expired
  absl::StatusOr<std::optional<std::string>> HolderOf(std::string_view index, std::string_view value) const;
  bool IsLive(const Record& record) const;

  Database& database_;
  const TableOptions& table_;
  const Clock& clock_;
};

}  // namespace tomada::rocksdb_store
