#include "conformance/watched_table.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace tomada::testing {
namespace {

// Far more than a call takes on a store that works: what is still out by then would stay out.
constexpr std::chrono::seconds kTimeout{20};
constexpr std::chrono::seconds kAfterCancel{2};

[[noreturn]] void Throw(const std::string& what, const absl::Status& status) {
  throw std::runtime_error(what + ": " + status.ToString());
}

RecordPtr There(const std::string& what, const absl::StatusOr<RecordPtr>& record) {
  if (!record.ok()) Throw(what, record.status());
  if (*record == nullptr) throw std::runtime_error(what + ": a record that must be there is absent");
  return *record;
}

}  // namespace

template <class T, class Begin>
T WatchedTable::Run(Begin begin) const {
  RunningCall<T> running(*watch_, kTimeout, std::move(begin));
  if (!running.Wait(kTimeout)) {
    running.call().Cancel(absl::DeadlineExceededError("the deadline has passed"));
    if (!running.Wait(kAfterCancel)) {
      ADD_FAILURE() << "a call has not ended " << kAfterCancel.count() << " s after its deadline";
      return absl::InternalError("the call did not end");
    }
  }
  return running.Take();
}

absl::StatusOr<RecordPtr> WatchedTable::Get(std::string id) const {
  watch_->WaitUntilWritesAreSeen();
  return Run<absl::StatusOr<RecordPtr>>([&](Call& call) { return table_->Get(call, std::move(id)); });
}

absl::StatusOr<std::vector<RecordPtr>> WatchedTable::GetMany(std::vector<std::string> ids) const {
  watch_->WaitUntilWritesAreSeen();
  return Run<absl::StatusOr<std::vector<RecordPtr>>>([&](Call& call) { return table_->GetMany(call, std::move(ids)); });
}

absl::StatusOr<RecordPtr> WatchedTable::Find(std::string index, std::string value) const {
  watch_->WaitUntilWritesAreSeen();
  return Run<absl::StatusOr<RecordPtr>>(
      [&](Call& call) { return table_->Find(call, std::move(index), std::move(value)); });
}

absl::StatusOr<Written> WatchedTable::Insert(Record record, Operation operation) const {
  auto written = Run<absl::StatusOr<Written>>(
      [&](Call& call) { return table_->Insert(call, std::move(operation), std::move(record)); });
  watch_->NoteWrite();
  return written;
}

absl::StatusOr<Written> WatchedTable::Put(Record record, Operation operation) const {
  auto written = Run<absl::StatusOr<Written>>(
      [&](Call& call) { return table_->Put(call, std::move(operation), std::move(record)); });
  watch_->NoteWrite();
  return written;
}

absl::StatusOr<Written> WatchedTable::Update(Record record, std::string expected_version, Operation operation) const {
  auto written = Run<absl::StatusOr<Written>>([&](Call& call) {
    return table_->Update(call, std::move(operation), std::move(record), std::move(expected_version));
  });
  watch_->NoteWrite();
  return written;
}

absl::StatusOr<Written> WatchedTable::Remove(std::string id, std::optional<std::string> expected_version,
                                             Operation operation) const {
  auto written = Run<absl::StatusOr<Written>>([&](Call& call) {
    return table_->Remove(call, std::move(operation), std::move(id), std::move(expected_version));
  });
  watch_->NoteWrite();
  return written;
}

absl::StatusOr<Page> WatchedTable::List(int page_size, std::string token) const {
  watch_->WaitUntilWritesAreSeen();
  return Run<absl::StatusOr<Page>>([&](Call& call) { return table_->List(call, page_size, std::move(token)); });
}

RecordPtr WatchedTable::MustGet(std::string id) const { return There("get", Get(std::move(id))); }

RecordPtr WatchedTable::MustFind(std::string index, std::string value) const {
  return There("find", Find(std::move(index), std::move(value)));
}

std::string WatchedTable::MustInsert(Record record) const {
  absl::StatusOr<Written> written = Insert(std::move(record));
  if (!written.ok()) Throw("insert", written.status());
  return written->version;
}

std::string WatchedTable::MustPut(Record record) const {
  absl::StatusOr<Written> written = Put(std::move(record));
  if (!written.ok()) Throw("put", written.status());
  return written->version;
}

std::vector<RecordPtr> WatchedTable::ListAll(int page_size) const {
  // A walk that begins anew for ever must not take the suite with it.
  constexpr int kMostPages = 100'000;
  std::vector<RecordPtr> all;
  std::string token;
  for (int pages = 0; pages < kMostPages; ++pages) {
    absl::StatusOr<Page> page = List(page_size, token);
    if (!page.ok()) Throw("list", page.status());
    EXPECT_LE(page->records.size(), static_cast<size_t>(page_size));
    all.insert(all.end(), page->records.begin(), page->records.end());
    token = page->next_token;
    if (token.empty()) return all;
  }
  throw std::runtime_error("list: the walk does not end");
}

}  // namespace tomada::testing
