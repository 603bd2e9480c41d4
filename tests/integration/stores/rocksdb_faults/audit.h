// Compares what a store holds after a crash with what its clients had been told.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "integration/stores/rocksdb_faults/journal.h"
#include "support/sync_table.h"

namespace tomada::testing {

// What is wrong, for people.
struct Findings {
  std::vector<std::string> lost;          // acknowledged, and not there; or not as it was acknowledged
  std::vector<std::string> inconsistent;  // records and unique keys that do not agree, records twice, versions twice
  size_t acknowledged = 0;                // how many writes the journal tells of
};

// Follows one directory over many runs of the driver.
class Audit {
 public:
  // Reads what a run of the driver printed until its end, then looks at the store in `directory`, repeats the writes
  // that the end cut off, and looks again. Nothing else uses the directory meanwhile.
  Findings Check(std::string_view journal, const std::string& directory);

 private:
  struct State {
    std::string value, email, version;
  };

  void Read(std::string_view journal, Findings& findings);
  void Acknowledge(const Write& write, const std::string& version);
  void Settle(const SyncTable& table, Findings& findings);
  void CompareRecords(const SyncTable& table, Findings& findings);
  void CompareKeys(const SyncTable& table, Findings& findings);
  bool IsAsKnown(const Record* record, const std::string& id) const;

  std::map<std::string, State> known_;    // by id; absent ones are absent
  std::map<std::string, Write> pending_;  // by number
  std::set<std::string> versions_;
};

}  // namespace tomada::testing
