#include "integration/stores/rocksdb_faults/audit.h"

#include <fmt/format.h>

#include "unit/plugins/stores/rocksdb_store/make_store.h"

namespace tomada::testing {
namespace {

bool IsAfter(const Record* record, const Write& write) {
  return write.removes() ? record == nullptr : record != nullptr && record->value == write.value;
}

std::string Short(const Record* record) { return record ? record->value.substr(0, 20) : "absent"; }

}  // namespace

Findings Audit::Check(std::string_view journal, const std::string& directory) {
  Findings findings;
  Read(journal, findings);
  const auto store = rocksdb_store::MakeStore(rocksdb_store::ConfigFor(directory));
  if (absl::Status started = store->Start(); !started.ok()) {
    findings.inconsistent.push_back(started.ToString());
    return findings;
  }
  const std::unique_ptr<Table> table = *store->OpenTable(FaultTable());
  const SyncTable sync(*table);
  Settle(sync, findings);
  CompareRecords(sync, findings);
  CompareKeys(sync, findings);
  return findings;
}

void Audit::Read(std::string_view journal, Findings& findings) {
  std::istringstream lines{std::string(journal)};
  for (std::string line; std::getline(lines, line);) {
    if (std::optional<Write> write = Write::Parse(line)) {
      pending_.emplace(write->number, *write);
      continue;
    }
    std::istringstream words(line);
    std::string letter, number, version;
    words >> letter >> number >> version;
    auto write = pending_.find(number);
    if (write == pending_.end() || letter == "U") continue;
    if (letter == "A") {
      ++findings.acknowledged;
      Acknowledge(write->second, version);
      if (!write->second.removes() && !versions_.insert(version).second) {
        findings.inconsistent.push_back(fmt::format("version given twice: {}", version));
      }
    }
    pending_.erase(write);
  }
}

void Audit::Acknowledge(const Write& write, const std::string& version) {
  if (write.removes()) {
    known_.erase(write.id);
  } else {
    known_[write.id] = State{write.value, write.email, version};
  }
}

// What was under way has happened whole or not at all, and its repetition knows which.
void Audit::Settle(const SyncTable& table, Findings& findings) {
  for (const auto& [number, write] : pending_) {
    const absl::StatusOr<RecordPtr> read = table.Get(write.id);
    if (!read.ok()) {
      findings.inconsistent.push_back(read.status().ToString());
      continue;
    }
    const bool happened = IsAfter(read->get(), write);
    if (!happened && !IsAsKnown(read->get(), write.id)) {
      findings.lost.push_back(
          fmt::format("{} is {}, neither before nor after {}", write.id, Short(read->get()), number));
    }
    const absl::StatusOr<Written> again = Perform(table, write);
    if (write.removes() && happened && absl::IsNotFound(again.status())) {
      findings.lost.push_back(fmt::format("{} is absent, and nothing removed it", write.id));
    } else if (again.ok() && again->replayed != happened) {
      findings.inconsistent.push_back(fmt::format("{} happened: {}, replayed: {}", number, happened, again->replayed));
    } else if (happened && !again.ok()) {
      findings.inconsistent.push_back(
          fmt::format("{} happened and was forgotten: {}", number, again.status().ToString()));
    }
    if (again.ok()) Acknowledge(write, again->version);
  }
  pending_.clear();
}

bool Audit::IsAsKnown(const Record* record, const std::string& id) const {
  auto state = known_.find(id);
  if (state == known_.end()) return record == nullptr;
  return record != nullptr && record->value == state->second.value && record->version == state->second.version;
}

void Audit::CompareRecords(const SyncTable& table, Findings& findings) {
  std::set<std::string> listed;
  std::string token;
  do {
    const absl::StatusOr<Page> page = table.List(7, token);
    if (!page.ok()) {
      findings.inconsistent.push_back(page.status().ToString());
      return;
    }
    for (const RecordPtr& record : page->records) {
      if (!listed.insert(record->id).second)
        findings.inconsistent.push_back(fmt::format("listed twice: {}", record->id));
      if (!IsAsKnown(record.get(), record->id)) {
        findings.lost.push_back(fmt::format("{} is {}", record->id, Short(record.get())));
      }
    }
    token = page->next_token;
  } while (!token.empty());
  for (const auto& [id, state] : known_) {
    if (!listed.contains(id))
      findings.lost.push_back(fmt::format("{} is absent, not {}", id, state.value.substr(0, 20)));
  }
}

// Of what is there, not of what should be: a store that has lost something may still agree with itself.
void Audit::CompareKeys(const SyncTable& table, Findings& findings) {
  std::map<std::string, std::string> holders;
  const absl::StatusOr<Page> page = table.List(1000);
  if (!page.ok()) return;
  for (const RecordPtr& record : page->records) {
    for (const UniqueKey& key : record->unique_keys) {
      if (!holders.emplace(key.value, record->id).second)
        findings.inconsistent.push_back(fmt::format("held twice: {}", key.value));
    }
  }
  for (int i = 0; i < kEmails; ++i) {
    const std::string email = fmt::format("e{}", i);
    const absl::StatusOr<RecordPtr> found = table.Find("email", email);
    const std::string holder = found.ok() && *found ? (*found)->id : "";
    auto expected = holders.find(email);
    if (holder != (expected == holders.end() ? "" : expected->second)) {
      findings.inconsistent.push_back(fmt::format("{} finds \"{}\"", email, holder));
    }
  }
}

}  // namespace tomada::testing
