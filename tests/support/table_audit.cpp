#include "support/table_audit.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "support/sync.h"

namespace tomada::testing {
namespace {

constexpr int kPage = 500;
constexpr size_t kMostFreeKeys = 2000;
constexpr const char* kKinds[] = {"insert", "put", "update", "remove"};

// Reads again while the table says that it cannot be reached just now.
template <class Read>
auto Patiently(const Read& read) {
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (;;) {
    TestCall call(std::chrono::seconds(10));
    auto result = Await(read(call));
    if (result.ok() || std::chrono::steady_clock::now() > patience) return result;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

bool IsThere(const RecordPtr& record, const LoggedWrite* write) {
  if (write == nullptr || !write->leaves_record()) return record == nullptr;
  return record != nullptr && record->value == write->record.value &&
         record->unique_keys == write->record.unique_keys &&
         (!write->acknowledged || record->version == write->acknowledged->version);
}

// The writes whose effect may be what is there now; null is the record's absence at first.
std::vector<const LoggedWrite*> Allowed(const std::vector<const LoggedWrite*>& writes, Durability spared) {
  std::vector<const LoggedWrite*> allowed = {nullptr}, unresolved;
  for (const LoggedWrite* write : writes) {
    if (write->acknowledged) {
      // A write that nobody knows the outcome of may still be under way, and arrive after this one.
      if (write->acknowledged->durability >= spared) allowed = unresolved;
      allowed.push_back(write);
    } else if (write->unknown) {
      allowed.push_back(write);
      unresolved.push_back(write);
    }
  }
  return allowed;
}

}  // namespace

void TableAudit::Compare(const std::deque<LoggedWrite>& writes, Durability spared) {
  std::map<std::string, Writes> by_id;
  for (const LoggedWrite& write : writes) by_id[write.record.id].push_back(&write);
  ReadAll();
  GetAll(by_id);
  for (const auto& [id, of_id] : by_id) CompareRecord(id, of_id, spared);
  CheckKeys(writes);
}

void TableAudit::ReadAll() {
  std::string token;
  do {
    absl::StatusOr<Page> page = Patiently([&](Call& call) { return table_.List(call, kPage, token); });
    if (!page.ok()) return findings_.push_back("the table cannot be listed: " + page.status().ToString());
    for (const RecordPtr& record : page->records) {
      if (!listed_.emplace(record->id, record).second) findings_.push_back(record->id + " is listed twice");
    }
    token = page->next_token;
  } while (!token.empty());
}

void TableAudit::GetAll(const std::map<std::string, Writes>& writes) {
  std::vector<std::string> ids;
  const auto get = [&] {
    absl::StatusOr<std::vector<RecordPtr>> records = Patiently([&](Call& call) { return table_.GetMany(call, ids); });
    if (!records.ok()) return findings_.push_back("records cannot be read: " + records.status().ToString());
    for (size_t i = 0; i < ids.size(); ++i) got_[ids[i]] = (*records)[i];
    ids.clear();
  };
  for (const auto& [id, of_id] : writes) {
    ids.push_back(id);
    if (ids.size() == kPage) get();
  }
  if (!ids.empty()) get();
  for (const auto& [id, record] : listed_) {
    if (!got_.contains(id)) findings_.push_back(id + " is there, and nobody wrote it");
  }
}

void TableAudit::CompareRecord(const std::string& id, const Writes& writes, Durability spared) {
  const RecordPtr& record = got_[id];
  const auto listed = listed_.find(id);
  if ((listed != listed_.end()) != (record != nullptr)) {
    findings_.push_back(fmt::format("{} is {} and {}", id, record ? "there" : "absent",
                                    listed != listed_.end() ? "listed" : "not listed"));
  }
  const Writes allowed = Allowed(writes, spared);
  if (std::ranges::any_of(allowed, [&](const LoggedWrite* write) { return IsThere(record, write); })) return;
  findings_.push_back(Describe(id, writes, allowed.back()));
}

std::string TableAudit::Describe(const std::string& id, const Writes& writes, const LoggedWrite* expected) const {
  const RecordPtr& record = got_.at(id);
  std::string should = expected == nullptr
                           ? "nothing was written"
                           : fmt::format("{} \"{}\" was {}", kKinds[static_cast<int>(expected->kind)],
                                         expected->leaves_record() ? expected->record.value.substr(0, 40) : "",
                                         expected->acknowledged ? "acknowledged" : "of unknown outcome");
  if (record == nullptr) return fmt::format("{}: {}, and the record is missing", id, should);
  const auto same_value = [&](const LoggedWrite* w) { return w->leaves_record() && w->record.value == record->value; };
  const auto written = std::ranges::find_if(writes, same_value);
  const std::string value = record->value.substr(0, 40);
  if (written == writes.end()) return fmt::format("{}: {}, and it has \"{}\", never written", id, should, value);
  if (*written == expected) {
    return fmt::format("{}: {}, and it is there with other keys or another version: applied twice", id, should);
  }
  if (!(*written)->acknowledged && !(*written)->unknown) {
    return fmt::format("{}: it has \"{}\", which was reported as not applied", id, value);
  }
  return fmt::format("{}: {}, and it has the earlier \"{}\": one is lost or the other was applied again", id, should,
                     value);
}

void TableAudit::CheckKeys(const std::deque<LoggedWrite>& writes) {
  const auto less = [](const UniqueKey& a, const UniqueKey& b) {
    return std::tie(a.index, a.value) < std::tie(b.index, b.value);
  };
  std::map<UniqueKey, std::string, decltype(less)> owners(less);
  for (const auto& [id, record] : listed_) {
    for (const UniqueKey& key : record->unique_keys) {
      const auto [owner, first] = owners.emplace(key, id);
      if (!first) findings_.push_back(fmt::format("{} is owned by {} and {}", key.value, owner->second, id));
    }
  }
  std::set<UniqueKey, decltype(less)> keys(less);
  for (const auto& [key, id] : owners) keys.insert(key);
  for (auto write = writes.rbegin(); write != writes.rend() && keys.size() < owners.size() + kMostFreeKeys; ++write) {
    keys.insert(write->record.unique_keys.begin(), write->record.unique_keys.end());
  }
  for (const UniqueKey& key : keys) {
    absl::StatusOr<RecordPtr> found = Patiently([&](Call& call) { return table_.Find(call, key.index, key.value); });
    if (!found.ok()) return findings_.push_back("a key cannot be read: " + found.status().ToString());
    const auto owner = owners.find(key);
    const std::string leads_to = *found ? (*found)->id : "nothing";
    const std::string should = owner == owners.end() ? "nothing" : owner->second;
    if (leads_to != should) findings_.push_back(fmt::format("{} leads to {}, not {}", key.value, leads_to, should));
  }
}

}  // namespace tomada::testing
