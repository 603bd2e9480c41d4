#include "selection.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

namespace tomada::conformance {

Case CaseOf(const ::testing::TestInfo& info) {
  std::string name = info.name();
  if (name.ends_with("/0")) name.resize(name.size() - 2);  // of a suite that is instantiated once
  const std::filesystem::path source = info.file(), folder = source.parent_path();
  const bool in_folder = folder.parent_path().filename() == "cases";
  return Case{in_folder ? folder.filename() : source.stem(), name,
              std::string(info.test_suite_name()) + '.' + info.name()};
}

std::vector<Case> SelectCases(const std::string& instances, const std::vector<std::string>& globs) {
  std::vector<Case> cases;
  const ::testing::UnitTest& all = *::testing::UnitTest::GetInstance();
  for (int s = 0; s < all.total_test_suite_count(); ++s) {
    const ::testing::TestSuite& suite = *all.GetTestSuite(s);
    if (!std::string_view(suite.name()).starts_with(instances)) continue;
    for (int t = 0; t < suite.total_test_count(); ++t) {
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
