#include "config/start_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomada {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(StartOrder, IsThatOfTheProfileWhenNothingUsesAnything) {
  EXPECT_THAT(OrderByUse({{}, {}, {}}).order, ElementsAre(0, 1, 2));
  EXPECT_THAT(OrderByUse({}).order, IsEmpty());
}

TEST(StartOrder, PutsWhatIsUsedFirst) {
  EXPECT_THAT(OrderByUse({{1}, {2}, {}}).order, ElementsAre(2, 1, 0));
  EXPECT_THAT(OrderByUse({{1, 2}, {3}, {3}, {}}).order, ElementsAre(3, 1, 2, 0));
}

TEST(StartOrder, KeepsTheProfilesOrderAmongIndependentOnes) {
  EXPECT_THAT(OrderByUse({{2}, {}, {}}).order, ElementsAre(1, 2, 0));
}

TEST(StartOrder, NamesEachCycleOnceFromItsFirstMember) {
  StartOrder result = OrderByUse({{2}, {}, {3}, {0, 2}, {4}});
  EXPECT_THAT(result.order, ElementsAre(1));
  EXPECT_THAT(result.cycles, ElementsAre(ElementsAre(0, 2, 3), ElementsAre(4)));
}

TEST(StartOrder, WhatUsesACycleIsNoPartOfIt) {
  EXPECT_THAT(OrderByUse({{1}, {2}, {1}}).cycles, ElementsAre(ElementsAre(1, 2)));
}

TEST(StartOrder, ALongChain) {
  std::vector<std::vector<size_t>> uses(5000);
  for (size_t i = 0; i + 1 < uses.size(); ++i) uses[i] = {i + 1};
  EXPECT_EQ(OrderByUse(uses).order.front(), 4999u);
  uses.back() = {0};
  EXPECT_EQ(OrderByUse(uses).cycles.at(0).size(), 5000u);
}

}  // namespace
}  // namespace tomada
