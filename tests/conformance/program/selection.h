// The cases there are, under the names people see: "races.NoUpdateIsLost", the area and the case.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tomada::conformance {

struct Case {
  std::string area;        // the folder of its source, of stores; else its source
  std::string name;        // without the area
  std::string gtest_name;  // as GoogleTest's filter takes it

  std::string full_name() const { return area + '.' + name; }
};

Case CaseOf(const ::testing::TestInfo& info);

// Those of the suites whose names in GoogleTest begin with `instances` that match one of the globs (of full names), or
// all when there is none; in the order in which they run. After InitGoogleTest.
std::vector<Case> SelectCases(const std::string& instances, const std::vector<std::string>& globs);
// Makes RUN_ALL_TESTS run these.
void RunOnly(const std::vector<Case>& cases);

}  // namespace tomada::conformance
