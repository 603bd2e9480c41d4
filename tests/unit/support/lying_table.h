#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/sync.h"
#include "tomada/store.h"

namespace tomada::testing {

// A table that passes calls on to another, except where a test has told it to do wrong.
class LyingTable final : public Table {
 public:
  using Write = std::function<absl::StatusOr<Written>()>;
  // Stands in for a write, which it may carry out, with this operation.
  using Interference = std::function<absl::StatusOr<Written>(Operation& operation, const Write& write)>;

  explicit LyingTable(Table& honest) : honest_(honest) {}

  Interference on_insert, on_put, on_update, on_remove;
  std::function<RecordPtr(RecordPtr)> on_read;  // by any call
  Table& honest() { return honest_; }

  Task<absl::StatusOr<RecordPtr>> Get(Call& call, std::string id) override {
    absl::StatusOr<RecordPtr> read = co_await honest_.Get(call, id);
    if (read.ok()) *read = Seen(*read);
    co_return read;
  }
  Task<absl::StatusOr<std::vector<RecordPtr>>> GetMany(Call& call, std::vector<std::string> ids) override {
    absl::StatusOr<std::vector<RecordPtr>> read = co_await honest_.GetMany(call, ids);
    if (read.ok()) {
      for (RecordPtr& record : *read) record = Seen(record);
    }
    co_return read;
  }
  Task<absl::StatusOr<RecordPtr>> Find(Call& call, std::string index, std::string value) override {
    absl::StatusOr<RecordPtr> read = co_await honest_.Find(call, index, value);
    if (read.ok()) *read = Seen(*read);
    co_return read;
  }
  Task<absl::StatusOr<Page>> List(Call& call, int page_size, std::string token) override {
    absl::StatusOr<Page> page = co_await honest_.List(call, page_size, token);
    if (page.ok()) {
      for (RecordPtr& record : page->records) record = Seen(record);
    }
    co_return page;
  }

  Task<absl::StatusOr<Written>> Insert(Call& call, Operation operation, Record record) override {
    co_return Do(on_insert, operation, [&] { return Await(honest_.Insert(call, operation, record)); });
  }
  Task<absl::StatusOr<Written>> Put(Call& call, Operation operation, Record record) override {
    co_return Do(on_put, operation, [&] { return Await(honest_.Put(call, operation, record)); });
  }
  Task<absl::StatusOr<Written>> Update(Call& call, Operation operation, Record record,
                                       std::string expected_version) override {
    co_return Do(on_update, operation,
                 [&] { return Await(honest_.Update(call, operation, record, expected_version)); });
  }
  Task<absl::StatusOr<Written>> Remove(Call& call, Operation operation, std::string id,
                                       std::optional<std::string> expected_version) override {
    co_return Do(on_remove, operation, [&] { return Await(honest_.Remove(call, operation, id, expected_version)); });
  }

 private:
  RecordPtr Seen(RecordPtr record) const { return record && on_read ? on_read(std::move(record)) : record; }
  // `write` runs with `operation` as it is then: an Interference may change it.
  static absl::StatusOr<Written> Do(const Interference& interference, Operation& operation, const Write& write) {
    return interference ? interference(operation, write) : write();
  }

  Table& honest_;
};

}  // namespace tomada::testing
