#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "support/write_log.h"
#include "tomada/store.h"

namespace tomada::testing {

// Reads all of a table and compares it with what was written. Used by WriteLog::Check.
class TableAudit {
 public:
  explicit TableAudit(Table& table) : table_(table) {}

  // `writes` in the order in which they were first tried.
  void Compare(const std::deque<LoggedWrite>& writes, Durability spared);
  std::vector<std::string> TakeFindings() { return std::move(findings_); }

 private:
  using Writes = std::vector<const LoggedWrite*>;

  void ReadAll();
  void GetAll(const std::map<std::string, Writes>& writes);
  void CompareRecord(const std::string& id, const Writes& writes, Durability spared);
  std::string Describe(const std::string& id, const Writes& writes, const LoggedWrite* expected) const;
  void CheckKeys(const std::deque<LoggedWrite>& writes);

  Table& table_;
  std::map<std::string, RecordPtr> listed_;
  std::map<std::string, RecordPtr> got_;
  std::vector<std::string> findings_;
};

}  // namespace tomada::testing
