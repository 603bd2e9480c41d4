#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tomada/store.h"

namespace first_store {

inline constexpr std::string_view kInsert = "insert", kPut = "put", kUpdate = "update", kRemove = "remove";

// One table. Thread-safe: one mutex guards everything, so each call happens at once for everybody.
class TableData {
 public:
  TableData(tomada::TableOptions options, size_t max_records);

  const tomada::TableOptions& options() const { return options_; }

  absl::StatusOr<tomada::RecordPtr> Get(const std::string& id);
  absl::StatusOr<tomada::RecordPtr> Find(const std::string& index, const std::string& value);
  // `kind` is one of the four above; of a remove, only the record's id counts.
  absl::StatusOr<tomada::Written> Write(std::string_view kind, const tomada::Operation& operation,
                                        tomada::Record record, const std::optional<std::string>& expected_version);
  absl::StatusOr<tomada::Page> List(int page_size, const std::string& token);

 private:
  struct Remembered {
    std::string digest;
    tomada::Written answer;  // to whoever tries again
  };
  using OperationKey = std::array<uint8_t, 16>;

  // The record with this id; null when absent. One whose time is over is dropped here, and its keys with it.
  tomada::RecordPtr Live(const std::string& id);
  void Keep(tomada::RecordPtr record);
  void Drop(const tomada::RecordPtr& record);
  // Why the write cannot be done as things are, or OK.
  absl::Status Refusal(std::string_view kind, const tomada::Record& record,
                       const std::optional<std::string>& expected_version, const tomada::RecordPtr& old);
  void Remember(const tomada::Operation& operation, std::string digest, tomada::Written answer);
  void ForgetOldOperations();
  std::string TokenAfter(const std::string& id) const;

  const tomada::TableOptions options_;
  const size_t max_records_;
  const std::string version_prefix_;  // random: versions of another process differ
  std::mutex mutex_;                  // guards the rest
  uint64_t writes_ = 0;
  std::map<std::string, tomada::RecordPtr> records_;
  std::map<std::pair<std::string, std::string>, std::string> ids_by_key_;  // by index and value
  std::map<OperationKey, Remembered> operations_;
  std::deque<std::pair<absl::Duration, OperationKey>> forget_at_;
};

}  // namespace first_store
