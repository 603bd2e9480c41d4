#include "runtime/status_board.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <absl/time/clock.h>
#include <gmock/gmock.h>

namespace tomada {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PlannedComponent Planned(std::string id, std::vector<std::string> uses) {
  PlannedComponent planned;
  planned.id = std::move(id);
  if (!uses.empty()) planned.uses["port"] = std::move(uses);
  return planned;
}

// store <- usuarios <- http, grpc
Plan FourComponents() {
  Plan plan;
  plan.components = {Planned("store", {}), Planned("usuarios", {"store"}), Planned("grpc", {"usuarios"}),
                     Planned("http", {"usuarios"})};
  return plan;
}

class StatusBoardTest : public ::testing::Test {
 protected:
  void StartAll() {
    for (const char* id : {"store", "usuarios", "grpc", "http"}) board_.Started(id);
    board_.Running();
  }
  std::string Reason(std::string_view id) { return board_.Of(id).reason; }

  StatusBoard board_{FourComponents()};
};

TEST_F(StatusBoardTest, BeforeItsStartAComponentIsStarting) {
  EXPECT_FALSE(board_.Of("store").ready);
  EXPECT_EQ(Reason("store"), "store: starting");
  board_.Started("store");
  EXPECT_EQ(Reason("http"), "http: starting");
}

TEST_F(StatusBoardTest, WhoIsReadyMaySayWhatWillNeedSomebody) {
  StartAll();
  board_.Report("http", {true, "the certificate ends in 13 days", {}});
  EXPECT_TRUE(board_.OfAll().ready);
  EXPECT_EQ(Reason("http"), "");
  EXPECT_EQ(board_.Statuses()[3].state, ComponentState::kReady);
  EXPECT_EQ(board_.Statuses()[3].reason, "the certificate ends in 13 days");
  board_.Report("http", {true, {}, {}});
  EXPECT_EQ(board_.Statuses()[3].reason, "");
}

TEST_F(StatusBoardTest, NothingIsReadyBeforeEverythingHasStarted) {
  for (const char* id : {"store", "usuarios", "grpc"}) board_.Started(id);
  EXPECT_EQ(Reason("grpc"), "the host is starting");
  board_.Started("http");
  EXPECT_EQ(Reason("grpc"), "the host is starting");
  board_.Running();
  EXPECT_TRUE(board_.Of("grpc").ready);
  EXPECT_EQ(Reason("grpc"), "");
  EXPECT_TRUE(board_.OfAll().ready);
}

TEST_F(StatusBoardTest, NamesTheChainToTheCause) {
  StartAll();
  board_.Report("store", {false, "127.0.0.1:6379: connection refused"});
  EXPECT_EQ(Reason("http"), "http <- usuarios <- store: 127.0.0.1:6379: connection refused");
  EXPECT_EQ(Reason("store"), "store: 127.0.0.1:6379: connection refused");
  EXPECT_EQ(board_.OfAll().reason, "store: 127.0.0.1:6379: connection refused");
  board_.Report("store", {true, {}});
  EXPECT_TRUE(board_.Of("http").ready);
}

TEST_F(StatusBoardTest, OnlyUsersOfTheCauseAreAffected) {
  StartAll();
  board_.Report("grpc", {false, "no descriptors"});
  EXPECT_FALSE(board_.Of("grpc").ready);
  EXPECT_TRUE(board_.Of("http").ready);
  EXPECT_FALSE(board_.OfAll().ready);
}

// disk, redis <- store: it needs the first, and is degraded without the second.
class DegradingPortTest : public ::testing::Test {
 protected:
  static Plan Components(const Plugin& plugin) {
    Plan plan;
    plan.components = {Planned("server", {}), Planned("disk", {}), Planned("redis", {"server"}), Planned("store", {}),
                       Planned("http", {"store"})};
    plan.components[3].plugin = &plugin;
    plan.components[3].uses = {{"cache", {"redis"}}, {"store", {"disk"}}};
    return plan;
  }
  DegradingPortTest() {
    plugin_.ports = {Port("store", Kind::kStore, Port::Count::kOne, "Keeps."),
                     Port("cache", Kind::kStore, Port::Count::kOne, "Remembers.")};
    plugin_.ports[1].degrades = true;
  }

  Plugin plugin_;
};

TEST_F(DegradingPortTest, WhatIsUnreadyThereDoesNotMakeItsUserUnready) {
  StatusBoard board(Components(plugin_));
  for (const char* id : {"server", "disk", "redis", "store", "http"}) board.Started(id);
  board.Running();
  for (const char* id : {"redis", "server"}) {
    board.Report(id, {false, "connection refused"});
    EXPECT_FALSE(board.Of("redis").ready);
    EXPECT_TRUE(board.Of("store").ready);
    EXPECT_TRUE(board.Of("http").ready);
    EXPECT_TRUE(board.OfAll().ready) << board.OfAll().reason;
    board.Report(id, {true, {}});
  }
  board.Report("disk", {false, "full"});
  EXPECT_EQ(board.Of("http").reason, "http <- store <- disk: full");
  EXPECT_FALSE(board.OfAll().ready);
}

TEST_F(DegradingPortTest, WhatAnotherNeedsStillCounts) {
  Plan plan = Components(plugin_);
  plan.components.push_back(Planned("sessions", {"redis"}));
  StatusBoard board(plan);
  for (const char* id : {"server", "disk", "redis", "store", "http", "sessions"}) board.Started(id);
  board.Running();
  board.Report("redis", {false, "connection refused"});
  EXPECT_TRUE(board.Of("http").ready);
  EXPECT_EQ(board.Of("sessions").reason, "sessions <- redis: connection refused");
  EXPECT_FALSE(board.OfAll().ready);
}

TEST_F(StatusBoardTest, EachStatusLeadsToTheCause) {
  EXPECT_EQ(board_.Statuses()[0].state, ComponentState::kStarting);
  EXPECT_EQ(board_.Statuses()[0].reason, "starting");
  StartAll();
  const Deadline next_try = Deadline::clock::now() + std::chrono::seconds(1);
  board_.Report("store", {false, "127.0.0.1:6379: connection refused", next_try});
  const std::vector<ComponentStatus> statuses = board_.Statuses();
  ASSERT_EQ(statuses.size(), 4u);
  EXPECT_EQ(statuses[0].id, "store");
  EXPECT_THAT(statuses[0].through, IsEmpty());
  EXPECT_EQ(statuses[3].id, "http");
  EXPECT_EQ(statuses[3].state, ComponentState::kNotReady);
  EXPECT_THAT(statuses[3].through, ElementsAre("usuarios", "store"));
  EXPECT_EQ(statuses[3].reason, "127.0.0.1:6379: connection refused");
  EXPECT_EQ(statuses[3].next_try, next_try);
}

TEST_F(StatusBoardTest, AStateIsAsOldAsItsLastChange) {
  const absl::Time begin = absl::Now();
  StartAll();
  const absl::Time ready = board_.Statuses()[0].since;
  EXPECT_GE(ready, begin);
  absl::SleepFor(absl::Milliseconds(2));
  board_.Report("store", {false, "one"});
  const absl::Time down = board_.Statuses()[0].since;
  EXPECT_GT(down, ready);
  absl::SleepFor(absl::Milliseconds(2));
  board_.Report("store", {false, "another"});
  EXPECT_EQ(board_.Statuses()[0].since, down);
  EXPECT_EQ(board_.Statuses()[0].reason, "another");
}

TEST_F(DegradingPortTest, WhatIsUnreadyThereDegradesItsUser) {
  StatusBoard board(Components(plugin_));
  for (const char* id : {"server", "disk", "redis", "store", "http"}) board.Started(id);
  board.Running();
  board.Report("server", {false, "connection refused"});
  const std::vector<ComponentStatus> statuses = board.Statuses();
  EXPECT_EQ(statuses[3].state, ComponentState::kDegraded);
  EXPECT_THAT(statuses[3].through, ElementsAre("redis", "server"));
  EXPECT_EQ(statuses[3].reason, "connection refused");
  EXPECT_EQ(statuses[4].state, ComponentState::kReady);
}

TEST(StatusBoard, TheHostIsNoComponentToWaitFor) {
  Plan plan;
  plan.components = {Planned("admin", {"host"})};
  StatusBoard board(plan);
  board.Started("admin");
  board.Running();
  EXPECT_TRUE(board.OfAll().ready);
}

TEST_F(StatusBoardTest, AReportMadeDuringStartIsKept) {
  board_.Report("store", {false, "connecting"});
  StartAll();
  EXPECT_EQ(Reason("http"), "http <- usuarios <- store: connecting");
}

TEST_F(StatusBoardTest, SaysNotReadyForAReportWithoutReason) {
  StartAll();
  board_.Report("store", {false, ""});
  EXPECT_EQ(Reason("store"), "store: not ready");
}

TEST_F(StatusBoardTest, StoppingIsForGood) {
  StartAll();
  board_.Stopping();
  EXPECT_EQ(Reason("http"), "the host is stopping");
  board_.Report("http", {true, {}});
  board_.Running();
  EXPECT_FALSE(board_.Of("http").ready);
}

TEST_F(StatusBoardTest, AnUnknownComponentIsNotReady) {
  StartAll();
  EXPECT_FALSE(board_.Of("htpp").ready);
  EXPECT_EQ(Reason("htpp"), "htpp: no such component");
  board_.Report("htpp", {true, {}});
}

TEST_F(StatusBoardTest, TellsEachChangeOnceUntilTheHandleIsDropped) {
  StartAll();
  int calls = 0;
  std::shared_ptr<void> handle = board_.OnChange([&] { ++calls; });
  board_.Report("store", {false, "away"});
  EXPECT_EQ(calls, 1);
  board_.Report("store", {false, "away"});
  EXPECT_EQ(calls, 1) << "nothing has changed";
  board_.Report("store", {false, "still away"});
  EXPECT_EQ(calls, 2);
  board_.Stopping();
  EXPECT_EQ(calls, 3);
  handle.reset();
  board_.Report("store", {true, {}});
  EXPECT_EQ(calls, 3);
}

TEST_F(StatusBoardTest, ASubscriberSeesTheNewStateAndMayDropItself) {
  StartAll();
  std::string seen;
  std::shared_ptr<void> handle;
  handle = board_.OnChange([&] {
    seen = Reason("http");
    handle.reset();
    seen += '!';  // what the function holds is still there
  });
  board_.Report("http", {false, "no"});
  EXPECT_EQ(seen, "http: no!");
}

TEST_F(StatusBoardTest, ASubscriberMayReport) {
  StartAll();
  std::shared_ptr<void> handle = board_.OnChange([&] { board_.Report("grpc", {false, "following"}); });
  board_.Report("http", {false, "no"});
  EXPECT_EQ(Reason("grpc"), "grpc: following");
}

TEST_F(StatusBoardTest, AfterReportsFromManyThreadsSubscribersKnowTheLastState) {
  StartAll();
  std::string known;  // not guarded: calls come one at a time
  std::shared_ptr<void> handle = board_.OnChange([&] { known = board_.OfAll().reason; });
  std::vector<std::thread> threads;
  for (const char* id : {"store", "usuarios", "grpc", "http"}) {
    threads.emplace_back([this, id] {
      for (int i = 0; i < 500; ++i) board_.Report(id, {i % 2 == 0, std::to_string(i)});
      board_.Report(id, {true, {}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(known, "");
  EXPECT_TRUE(board_.OfAll().ready);
}

}  // namespace
}  // namespace tomada
