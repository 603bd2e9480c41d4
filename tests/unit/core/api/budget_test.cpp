#include "tomada/budget.h"

#include <thread>

#include <gtest/gtest.h>

namespace tomada {
namespace {

TEST(Budget, IsSharedByAllWhoNameIt) {
  Budgets budgets;
  budgets.SetLimit("bytes", 100);
  const Budget one = budgets.Find("bytes"), two = budgets.Find("bytes"), other = budgets.Find("calls");
  const Lease first = one.Take(60);
  EXPECT_TRUE(first);
  EXPECT_EQ(first.amount(), 60u);
  EXPECT_FALSE(two.Take(41));
  const Lease rest = two.Take(40);
  EXPECT_TRUE(rest);
  EXPECT_TRUE(one.Take(0));
  EXPECT_FALSE(one.Take(1));
  EXPECT_FALSE(one.Take(UINT64_MAX));
  EXPECT_TRUE(other.Take(UINT64_MAX)) << "has no bound";

  const std::vector<Budgets::Status> all = budgets.All();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "bytes");
  EXPECT_EQ(all[0].limit, 100u);
  EXPECT_EQ(all[0].used, 100u);
  EXPECT_EQ(all[0].refused, 3u);
  EXPECT_EQ(all[1].used, 0u);
}

TEST(Budget, HasBackWhatALeaseHadWhenThatGoes) {
  Budgets budgets;
  budgets.SetLimit("bytes", 10);
  const Budget bytes = budgets.Find("bytes");
  const auto used = [&] { return budgets.All()[0].used; };
  {
    Lease lease = bytes.Take(4), moved = std::move(lease);
    EXPECT_FALSE(lease);  // NOLINT(bugprone-use-after-move): that is what is asked
    EXPECT_FALSE(lease.Extend(1));
    EXPECT_EQ(used(), 4u);
    EXPECT_TRUE(moved.Extend(6));
    EXPECT_FALSE(moved.Extend(1));
    EXPECT_EQ(moved.amount(), 10u);
    EXPECT_EQ(used(), 10u);
    moved = Lease();
    EXPECT_EQ(used(), 0u);
    moved = bytes.Take(3);
  }
  EXPECT_EQ(used(), 0u);
}

TEST(Budget, ALowerLimitTakesNothingAway) {
  Budgets budgets;
  const Budget bytes = budgets.Find("bytes");
  Lease lease = bytes.Take(10);
  budgets.SetLimit("bytes", 5);
  EXPECT_FALSE(bytes.Take(0));
  lease = Lease();
  EXPECT_TRUE(bytes.Take(5));
}

TEST(Budget, SaysWhetherAnybodyHasIt) {
  Budgets budgets;
  budgets.SetLimit("bytse", 10);
  EXPECT_FALSE(budgets.All()[0].named);
  budgets.Find("bytse");
  EXPECT_TRUE(budgets.All()[0].named);
}

TEST(Budget, IsNeverOverdrawn) {
  Budgets budgets;
  budgets.SetLimit("calls", 3);
  std::atomic<int> inside{0}, most{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, calls = budgets.Find("calls")] {
      for (int j = 0; j < 20'000; ++j) {
        const Lease lease = calls.Take(1);
        if (!lease) continue;
        const int now = ++inside;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
        --inside;
      }
    });
  }
  threads.clear();
  EXPECT_LE(most, 3);
  EXPECT_EQ(budgets.All()[0].used, 0u);
}

}  // namespace
}  // namespace tomada
