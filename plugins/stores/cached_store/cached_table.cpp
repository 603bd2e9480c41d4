#include "cached_table.h"

#include <utility>

namespace tomada::cached_store {

using enum StoreOperations::Kind;

namespace {

// The record itself, and "nobody holds it" of each key that it gets. Keys that it gives up need no drop: see
// Reader::Find.
KeyStates::Keys KeysOf(const Record& record) {
  KeyStates::Keys keys = {KeyOfId(record.id)};
  for (const UniqueKey& key : record.unique_keys) keys.push_back(KeyOfIndex(key.index, key.value));
  return keys;
}

// A write that was refused for what the store holds shows that the caller, and so perhaps the cache, knows something
// old: dropping it lets the caller read what is there and try again.
KeyStates::Effect EffectOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists: return KeyStates::Effect::kDone;
    default: break;
  }
  return OutcomeOf(status) == WriteOutcome::kNotApplied ? KeyStates::Effect::kNone : KeyStates::Effect::kUnknown;
}

// From before the store is asked until its answer; without one, nobody knows what happened.
class WriteUnderWay {
 public:
  WriteUnderWay(KeyStates& states, const KeyStates::Keys& keys) : states_(states), keys_(keys) {
    states_.BeginWrite(keys_);
  }
  ~WriteUnderWay() {
    if (!ended_) states_.EndWrite(keys_, KeyStates::Effect::kUnknown);
  }
  void End(KeyStates::Effect effect) {
    ended_ = true;
    states_.EndWrite(keys_, effect);
  }

 private:
  KeyStates& states_;
  const KeyStates::Keys& keys_;
  bool ended_ = false;
};

}  // namespace

Task<absl::StatusOr<RecordPtr>> CachedTable::Get(Call& call, std::string id) {
  absl::Status refused = call.cancelled() ? call.status() : CheckId(id);
  if (!refused.ok()) co_return Counted<RecordPtr>(kRead, std::move(refused));
  absl::StatusOr<RecordPtr> record = co_await parts_->reader.Get(call, std::move(id));
  co_return Counted(kRead, std::move(record));
}

Task<absl::StatusOr<std::vector<RecordPtr>>> CachedTable::GetMany(Call& call, std::vector<std::string> ids) {
  absl::Status refused = call.cancelled() ? call.status() : absl::OkStatus();
  for (const std::string& id : ids) refused.Update(CheckId(id));
  if (!refused.ok()) co_return Counted<std::vector<RecordPtr>>(kRead, std::move(refused));
  absl::StatusOr<std::vector<RecordPtr>> records = co_await parts_->reader.GetMany(call, std::move(ids));
  co_return Counted(kRead, std::move(records));
}

Task<absl::StatusOr<RecordPtr>> CachedTable::Find(Call& call, std::string index, std::string value) {
  absl::Status refused = call.cancelled() ? call.status() : CheckIndex(parts_->options, index);
  if (!refused.ok()) co_return Counted<RecordPtr>(kRead, std::move(refused));
  absl::StatusOr<RecordPtr> record = co_await parts_->reader.Find(call, std::move(index), std::move(value));
  co_return Counted(kRead, std::move(record));
}

Task<absl::StatusOr<Written>> CachedTable::Insert(Call& call, Operation operation, Record record) {
  KeyStates::Keys keys = KeysOf(record);
  return Write(call, std::move(keys), parts_->store->Insert(call, std::move(operation), std::move(record)));
}

Task<absl::StatusOr<Written>> CachedTable::Put(Call& call, Operation operation, Record record) {
  KeyStates::Keys keys = KeysOf(record);
  return Write(call, std::move(keys), parts_->store->Put(call, std::move(operation), std::move(record)));
}

Task<absl::StatusOr<Written>> CachedTable::Update(Call& call, Operation operation, Record record,
                                                  std::string expected_version) {
  KeyStates::Keys keys = KeysOf(record);
  return Write(call, std::move(keys),
               parts_->store->Update(call, std::move(operation), std::move(record), std::move(expected_version)));
}

Task<absl::StatusOr<Written>> CachedTable::Remove(Call& call, Operation operation, std::string id,
                                                  std::optional<std::string> expected_version) {
  KeyStates::Keys keys = {KeyOfId(id)};
  return Write(call, std::move(keys),
               parts_->store->Remove(call, std::move(operation), std::move(id), std::move(expected_version)));
}

Task<absl::StatusOr<Page>> CachedTable::List(Call& call, int page_size, std::string token) {
  absl::StatusOr<Page> page = co_await parts_->store->List(call, page_size, std::move(token));
  co_return Counted(kRead, std::move(page));
}

Task<absl::StatusOr<Written>> CachedTable::Write(Call& call, KeyStates::Keys keys,
                                                 Task<absl::StatusOr<Written>> write) {
  Reader& reader = parts_->reader;
  WriteUnderWay under_way(reader.states(), keys);
  absl::StatusOr<Written> written = co_await write;
  parts_->operations.Ended(kWrite, written.status().code());
  const KeyStates::Effect effect = EffectOf(written.status());
  under_way.End(effect);
  if (effect == KeyStates::Effect::kNone) co_return written;
  if (call.cancelled() || call.time_left().count() == 0) {
    // Others still have something of it, and this call has no time left to wait.
    reader.DropLater(keys);
    co_return written;
  }
  for (const std::string& key : keys) co_await reader.Drop(&call, key);
  co_return written;
}

}  // namespace tomada::cached_store
