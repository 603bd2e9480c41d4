#include "shard.h"

namespace tomada::memory_store {
namespace {

// What the allocator and the containers take beside the bytes themselves, measured for short strings.
constexpr size_t kRecordOverhead = 480;
constexpr size_t kKeyOverhead = 200;
constexpr size_t kOperationOverhead = 320;

size_t SizeOf(const Record& record) {
  size_t size = kRecordOverhead + 2 * record.id.size() + record.value.size();
  for (const UniqueKey& key : record.unique_keys) size += kKeyOverhead + 2 * key.value.size();
  return size;
}

size_t SizeOf(const Remembered& result) {
  return kOperationOverhead + result.request_digest.size() + result.memo.size();
}

}  // namespace

RecordPtr Shard::Find(const std::string& id) const {
  auto found = records_.find(id);
  return found == records_.end() ? nullptr : found->second;
}

void Shard::Put(RecordPtr record) {
  auto [slot, is_new] = records_.try_emplace(record->id);
  const std::string_view id = slot->first;
  if (is_new) {
    ids_.insert(id);
  } else {
    budget_.Subtract(SizeOf(*slot->second));
    if (slot->second->expires_at) expirations_.erase({*slot->second->expires_at, id});
  }
  budget_.Add(SizeOf(*record));
  if (record->expires_at) expirations_.emplace(*record->expires_at, id);
  slot->second = std::move(record);
}

void Shard::Erase(const std::string& id) {
  auto slot = records_.find(id);
  if (slot == records_.end()) return;
  budget_.Subtract(SizeOf(*slot->second));
  if (slot->second->expires_at) expirations_.erase({*slot->second->expires_at, slot->first});
  ids_.erase(slot->first);
  records_.erase(slot);
}

std::vector<std::string> Shard::Expired(absl::Time now, size_t count) const {
  std::vector<std::string> expired;
  for (const auto& [time, id] : expirations_) {
    if (time > now || expired.size() == count) break;
    expired.emplace_back(id);
  }
  return expired;
}

RecordPtr Shard::FindByKey(size_t index, const std::string& value) const {
  auto found = indexes_[index].find(value);
  return found == indexes_[index].end() ? nullptr : found->second;
}

void Shard::PutKey(size_t index, const std::string& value, RecordPtr record) {
  indexes_[index][value] = std::move(record);
}

void Shard::EraseKey(size_t index, const std::string& value, const RecordPtr& record) {
  auto found = indexes_[index].find(value);
  if (found != indexes_[index].end() && found->second == record) indexes_[index].erase(found);
}

const Remembered* Shard::FindOperation(const OperationId& id, absl::Duration uptime) const {
  auto found = operations_by_id_.find(id);
  return found == operations_by_id_.end() || found->second->until <= uptime ? nullptr : &*found->second;
}

void Shard::Remember(Remembered result) {
  if (auto old = operations_by_id_.find(result.operation); old != operations_by_id_.end()) Forget(old->second);
  budget_.Add(SizeOf(result));
  const OperationId id = result.operation;
  operations_by_id_.emplace(id, operations_.insert(operations_.end(), std::move(result)));
}

size_t Shard::ForgetOperations(absl::Duration uptime, size_t count) {
  size_t forgotten = 0;
  for (; forgotten < count && !operations_.empty() && operations_.front().until <= uptime; ++forgotten) {
    Forget(operations_.begin());
  }
  return forgotten;
}

void Shard::Forget(ByAge::iterator operation) {
  budget_.Subtract(SizeOf(*operation));
  operations_by_id_.erase(operation->operation);
  operations_.erase(operation);
}

}  // namespace tomada::memory_store
