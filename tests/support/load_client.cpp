#include "support/load_client.h"

#include <iterator>

#include <fmt/format.h>

#include "support/pause.h"
#include "support/sync.h"

namespace tomada::testing {
namespace {

using Code = absl::StatusCode;
using Clock = std::chrono::steady_clock;

constexpr size_t kMostRecords = 8;
constexpr size_t kSharedKeys = 4;
constexpr std::chrono::milliseconds kBackOff{5};
constexpr const char* kWriteNames[] = {"insert", "put", "update", "remove"};

// What a store may say of its engine's trouble, never of the request.
bool IsTrouble(const absl::Status& status) {
  switch (status.code()) {
    case Code::kUnavailable:
    case Code::kDeadlineExceeded:
    case Code::kResourceExhausted:
    case Code::kCancelled: return true;
    default: return false;
  }
}

bool HoldsSharedKey(const Record& record) {
  return !record.unique_keys.empty() && record.unique_keys[0].value.starts_with("shared");
}

}  // namespace

Task<> LoadClient::Run(const std::atomic<bool>& stopping) {
  while (!stopping) {
    co_await Step();
    Pause pause(executor_, load_.pause);
    co_await pause;
  }
}

Task<> LoadClient::Step() {
  const size_t dice = Below(100);
  if (known_.size() < kMostRecords) {
    std::string id = fmt::format("{}-{}", name_, records_++);
    co_await Change(id, dice < 70 ? WriteKind::kInsert : WriteKind::kPut);
    co_return;
  }
  auto chosen = std::next(known_.begin(), static_cast<ptrdiff_t>(Below(known_.size())));
  std::string id = chosen->first;
  const bool present = chosen->second.present;
  if (dice < 30) {
    co_await Change(id, present ? WriteKind::kUpdate : WriteKind::kInsert);
  } else if (dice < 45) {
    co_await Change(id, WriteKind::kPut);
  } else if (dice < 60 && present) {
    co_await Change(id, WriteKind::kRemove);
  } else if (dice < 80) {
    co_await Get(id);
  } else if (dice < 99) {
    co_await Find(id);
  } else {
    co_await ListSome();
  }
}

Record LoadClient::NewState(const std::string& id) {
  std::string value = fmt::format("{}:{}", name_, values_++);
  Record record(id, value);
  record.value.resize(std::max(value.size(), load_.value_bytes), '.');
  const bool shared = Below(8) == 0;
  record.unique_keys.emplace_back("email", shared ? fmt::format("shared{}@x", Below(kSharedKeys)) : value + "@x");
  return record;
}

Task<> LoadClient::Change(std::string id, WriteKind kind) {
  Known& known = known_[id];
  Record record = kind == WriteKind::kRemove ? Record(id, "") : NewState(id);
  std::string version = kind == WriteKind::kUpdate || (kind == WriteKind::kRemove && Below(2) == 0)
                            ? known.record.version
                            : std::string();
  Result result = co_await Write(kind, record, version);
  if (result == Result::kUnknown || (result == Result::kRefused && !load_.nothing_is_lost)) {
    known_.erase(id);  // nobody can say what it is: left to the log
  } else if (result == Result::kRefused && !known.present) {
    known_.erase(id);
  }
}

Task<LoadClient::Result> LoadClient::Write(WriteKind kind, Record record, std::string version) {
  const size_t write = log_.Intend(kind, record);
  const Clock::time_point give_up = Clock::now() + load_.retry_for;
  Operation operation;
  bool unknown = false;
  for (;;) {
    absl::StatusOr<Written> result = co_await Try(kind, write, operation, record, version);
    if (result.ok()) {
      Known& known = known_[record.id];
      known.present = kind != WriteKind::kRemove;
      record.version = result->version;
      known.record = record;
      co_return Result::kDone;
    }
    unknown |= OutcomeOf(result.status()) == WriteOutcome::kUnknown;
    if (!IsTrouble(result.status())) {
      if (!MayBeRefused(result.status(), record)) {
        log_.Wrong(
            fmt::format("{} of {}: {}", kWriteNames[static_cast<int>(kind)], record.id, result.status().ToString()));
      }
      co_return unknown ? Result::kUnknown : Result::kRefused;
    }
    Pause pause(executor_, kBackOff);
    co_await pause;
    if (!unknown) co_return Result::kRefused;
    if (Clock::now() >= give_up) co_return Result::kUnknown;
  }
}

Task<absl::StatusOr<Written>> LoadClient::Try(WriteKind kind, size_t write, Operation operation, Record record,
                                              std::string version) {
  TestCall call(load_.timeout, executor_);
  const size_t number =
      log_.Begin(fmt::format("{} {}", kWriteNames[static_cast<int>(kind)], record.id), call.deadline());
  absl::StatusOr<Written> result = absl::UnknownError("not tried");
  switch (kind) {
    case WriteKind::kInsert: result = co_await table_.Insert(call, operation, record); break;
    case WriteKind::kPut: result = co_await table_.Put(call, operation, record); break;
    case WriteKind::kUpdate: result = co_await table_.Update(call, operation, record, version); break;
    case WriteKind::kRemove: {
      std::optional<std::string> expected;
      if (!version.empty()) expected = version;
      result = co_await table_.Remove(call, operation, record.id, expected);
    }
  }
  log_.EndWrite(number, write, result);
  co_return result;
}

bool LoadClient::MayBeRefused(const absl::Status& status, const Record& record) const {
  if (!load_.nothing_is_lost) {
    return status.code() == Code::kAlreadyExists || status.code() == Code::kAborted || status.code() == Code::kNotFound;
  }
  return TakenIndex(status) == "email" && HoldsSharedKey(record);
}

void LoadClient::CheckRead(const char* what, const std::string& id, const absl::StatusOr<RecordPtr>& read) {
  if (!read.ok()) {
    if (!IsTrouble(read.status())) log_.Wrong(fmt::format("{} of {}: {}", what, id, read.status().ToString()));
    return;
  }
  const Known& known = known_[id];
  if (!load_.nothing_is_lost) return;
  if ((*read != nullptr) != known.present) {
    log_.Wrong(fmt::format("{} of {}: {}", what, id, *read ? "there, though removed" : "absent, though written"));
  } else if (*read && ((*read)->value != known.record.value || (*read)->version != known.record.version)) {
    log_.Wrong(
        fmt::format("{} of {}: \"{}\", and \"{}\" was written last", what, id, (*read)->value, known.record.value));
  }
}

Task<> LoadClient::Get(std::string id) {
  TestCall call(load_.timeout, executor_);
  const size_t number = log_.Begin("get " + id, call.deadline());
  absl::StatusOr<RecordPtr> read = co_await table_.Get(call, id);
  log_.End(number, read.status());
  CheckRead("get", id, read);
}

Task<> LoadClient::Find(std::string id) {
  const Known& known = known_[id];
  if (!known.present || known.record.unique_keys.empty()) {
    co_await Get(id);
    co_return;
  }
  std::string email = known.record.unique_keys[0].value;
  TestCall call(load_.timeout, executor_);
  const size_t number = log_.Begin("find " + email, call.deadline());
  absl::StatusOr<RecordPtr> read = co_await table_.Find(call, "email", email);
  log_.End(number, read.status());
  CheckRead("find", id, read);
}

Task<> LoadClient::ListSome() {
  TestCall call(load_.timeout, executor_);
  const size_t number = log_.Begin("list", call.deadline());
  absl::StatusOr<Page> page = co_await table_.List(call, 20, token_);
  log_.End(number, page.status());
  if (page.ok()) {
    token_ = page->next_token;
  } else if (!IsTrouble(page.status())) {
    log_.Wrong("list: " + page.status().ToString());
  }
}

}  // namespace tomada::testing
