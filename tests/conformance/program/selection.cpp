#include "selection.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

namespace tomada::conformance {

Case CaseOf(const ::testing::TestInfo& info) {
  const std::string name = info.name();  // "NoUpdateIsLost/0": the suite is instantiated once
  const std::filesystem::path source = info.file();
  return Case{source.parent_path().filename(), name.substr(0, name.find('/')),
              std::string(info.test_suite_name()) + '.' + name};
}

std::vector<Case> SelectCases(const std::vector<std::string>& globs) {
  std::vector<Case> cases;
  const ::testing::UnitTest& all = *::testing::UnitTest::GetInstance();
  for (int s = 0; s < all.total_test_suite_count(); ++s) {
    const ::testing::TestSuite& suite = *all.GetTestSuite(s);
    for (int t = 0; t < suite.total_test_count(); ++t) {
      if (suite.GetTestInfo(t)->value_param() == nullptr) continue;  // GoogleTest's own
      Case found = CaseOf(*suite.GetTestInfo(t));
      const bool wanted = globs.empty() || std::ranges::any_of(globs, [&](const std::string& glob) {
                            return ::fnmatch(glob.c_str(), found.full_name().c_str(), 0) == 0;
                          });
      if (wanted) cases.push_back(std::move(found));
    }
  }
  return cases;
}

void RunOnly(const std::vector<Case>& cases) {
  std::string filter;
  for (const Case& wanted : cases) filter += wanted.gtest_name + ':';
  GTEST_FLAG_SET(filter, filter);
}

}  // namespace tomada::conformance
