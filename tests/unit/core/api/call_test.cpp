#include "tomada/call.h"

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/sync.h"

namespace tomada {
namespace {

using testing::TestCall;

class CallWithMetadata : public Call {
 public:
  explicit CallWithMetadata(std::string request_id)
      : Call(InlineExecutor(), Deadline::max()), request_id_(std::move(request_id)) {}
  int loaded() const { return loaded_; }

 protected:
  void LoadMetadata(Metadata& metadata) override {
    ++loaded_;
    metadata.Add("x-request-id", request_id_);
  }

 private:
  const std::string request_id_;
  int loaded_ = 0;
};

TEST(Call, GoesOnUntilItIsCancelled) {
  TestCall call;
  EXPECT_FALSE(call.cancelled());
  EXPECT_EQ(call.status(), absl::OkStatus());
  call.Cancel(absl::CancelledError("the client went away"));
  EXPECT_TRUE(call.cancelled());
  EXPECT_EQ(call.status(), absl::CancelledError("the client went away"));
}

TEST(Call, OnlyTheFirstCancelCounts) {
  TestCall call;
  int told = 0;
  std::stop_callback on_cancel(call.stop_token(), [&] { ++told; });
  call.Cancel(absl::DeadlineExceededError("late"));
  call.Cancel(absl::CancelledError("gone"));
  EXPECT_EQ(call.status(), absl::DeadlineExceededError("late"));
  EXPECT_EQ(told, 1);
}

TEST(Call, TokensTakenBeforeAndAfterCancelAreTold) {
  TestCall call;
  std::stop_token before = call.stop_token();
  EXPECT_FALSE(before.stop_requested());
  call.Cancel(absl::CancelledError("gone"));
  EXPECT_TRUE(before.stop_requested());
  EXPECT_TRUE(call.stop_token().stop_requested());
}

TEST(Call, AFirstTokenTakenAfterCancelRunsItsCallbackAtOnce) {
  TestCall call;
  call.Cancel(absl::CancelledError("gone"));
  bool told = false;
  std::stop_callback on_cancel(call.stop_token(), [&] { told = true; });
  EXPECT_TRUE(told);
}

TEST(Call, ACallbackMayAskForTheReason) {
  TestCall call;
  absl::Status seen;
  std::stop_callback on_cancel(call.stop_token(), [&] { seen = call.status(); });
  call.Cancel(absl::CancelledError("gone"));
  EXPECT_EQ(seen, absl::CancelledError("gone"));
}

TEST(Call, CancelsFromManyThreadsAreToldOnce) {
  for (int round = 0; round < 200; ++round) {
    TestCall call;
    std::atomic<int> told = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&, i] { call.Cancel(absl::CancelledError(std::to_string(i))); });
      }
      // Registers while the others cancel: it is told at once, later, or by them.
      std::stop_callback on_cancel(call.stop_token(), [&] {
        ++told;
        EXPECT_FALSE(call.status().ok());
      });
      threads.clear();
    }
    EXPECT_EQ(told, 1);
    EXPECT_TRUE(call.cancelled());
  }
}

TEST(Call, TimeLeftIsNeverNegative) {
  EXPECT_EQ(Call(InlineExecutor(), Deadline::clock::now() - std::chrono::seconds(1)).time_left().count(), 0);
  EXPECT_GT(TestCall(std::chrono::hours(1)).time_left(), std::chrono::minutes(59));
  EXPECT_GT(Call(InlineExecutor(), Deadline::max()).time_left(), std::chrono::hours(1));
}

TEST(Call, MetadataIsLoadedOnceAndOnlyWhenAskedFor) {
  CallWithMetadata call("one");
  EXPECT_EQ(call.loaded(), 0);
  EXPECT_EQ(call.metadata().Find("x-request-id"), "one");
  EXPECT_EQ(call.id(), "one");
  EXPECT_EQ(call.loaded(), 1);
}

TEST(Call, IdIsTheClientsWhenItIsShortAndPrintable) {
  for (const std::string& good : {std::string("a"), std::string("7f3a-req_1"), std::string(128, 'x')}) {
    EXPECT_EQ(CallWithMetadata(good).id(), good);
  }
  for (const std::string& bad : {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a\nb"),
                                 std::string("caf\xc3\xa9"), std::string("a\0b", 3), std::string("\x7f")}) {
    const std::string id = CallWithMetadata(bad).id();
    EXPECT_NE(id, bad);
    EXPECT_EQ(id.size(), 16u);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
}

TEST(Call, RandomIdsAreStableAndDiffer) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    TestCall call;
    const std::string id = call.id();
    EXPECT_EQ(call.id(), id);
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 100u);
}

TEST(Metadata, KeepsOrderAndRepetitions) {
  Metadata metadata;
  EXPECT_EQ(metadata.Find("a"), std::nullopt);
  metadata.Add("a", "1");
  metadata.Add("b", "");
  metadata.Add("a", "2");
  EXPECT_EQ(metadata.Find("a"), "1");
  EXPECT_EQ(metadata.Find("b"), "");
  EXPECT_EQ(metadata.Find("A"), std::nullopt);
  EXPECT_EQ(metadata.entries(), (std::vector<Metadata::Entry>{{"a", "1"}, {"b", ""}, {"a", "2"}}));
}

}  // namespace
}  // namespace tomada
