#include "diagnostics.h"

#include <gtest/gtest.h>

namespace tomada {
namespace {

TEST(Diagnostics, WritesPlaceAndSeverity) {
  EXPECT_EQ((Diagnostic{{"a.yaml", 14, 7}, Severity::kError, "wrong"}.ToString()), "a.yaml:14:7: wrong");
  EXPECT_EQ((Diagnostic{{"a.yaml", 14, 7}, Severity::kWarning, "odd"}.ToString()), "a.yaml:14:7: warning: odd");
  EXPECT_EQ((Diagnostic{{"a.yaml", 0, 0}, Severity::kError, "absent"}.ToString()), "a.yaml: absent");
}

TEST(Diagnostics, SortsByPlaceThenDiscoveryWithoutRepeats) {
  Diagnostics diagnostics;
  diagnostics.Error({"b", 1, 1}, "6");
  diagnostics.Error({"a", 10, 1}, "5");
  diagnostics.Error({"a", 2, 9}, "3");
  diagnostics.Warning({"a", 2, 9}, "2 comes later");
  diagnostics.Error({"a", 2, 9}, "3");
  diagnostics.Error({"a", 2, 3}, "1");
  diagnostics.Error({"a", 0, 0}, "0");
  std::string order;
  for (const Diagnostic& found : diagnostics.Sorted()) order += found.message.substr(0, 1);
  EXPECT_EQ(order, "013256");
}

TEST(Diagnostics, WarningsAreNoErrors) {
  Diagnostics diagnostics;
  EXPECT_FALSE(diagnostics.has_errors());
  diagnostics.Warning({"a", 1, 1}, "odd");
  EXPECT_FALSE(diagnostics.has_errors());
  diagnostics.Error({"a", 1, 1}, "wrong");
  EXPECT_TRUE(diagnostics.has_errors());
}

}  // namespace
}  // namespace tomada
