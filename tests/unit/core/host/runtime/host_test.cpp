#include "runtime/host.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "support/sync.h"
#include "tomada/backup.h"
#include "tomada/host_control.h"
#include "tomada/store.h"

namespace tomada {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What happened, in order. Thread-safe.
class Events {
 public:
  void Add(std::string event) {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  std::vector<std::string> all() const {
    std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
};

// Keeps lines as "message name=value ..." and can act when one is written.
class RecordingSink final : public LogSink {
 public:
  void Write(LogLevel level, std::string_view component, std::string_view message,
             std::span<const LogField> fields) override {
    std::string line = fmt::format("{} {}: {}", LogLevelName(level), component, message);
    for (const LogField& field : fields) {
      if (field.name == "took" || field.name == "given_up_after" || field.name == "since") continue;
      line += fmt::format(" {}={}", field.name, field.value);
    }
    if (level > LogLevel::kDebug) lines.Add(line);
    if (auto action = on.find(std::string(message)); action != on.end() && action->second) action->second();
  }

  bool SetLevel(std::string_view component, LogLevel level) override {
    levels.Add(fmt::format("{}={}", component, LogLevelName(level)));
    return true;
  }

  Events lines, levels;
  std::map<std::string, std::function<void()>> on;  // by message; set before the host is made
};

// What a component does besides recording; each may be left out.
struct Behaviour {
  std::function<absl::Status()> create, start;
  std::function<absl::Status(Deadline grace)> stop;
  std::function<void()> drain;
  std::function<absl::Status(const std::string& directory)> back_up;  // without it, it keeps nothing
  bool counts = false;                                                // it is a CountingStore
};

class TestComponent : public Component, public Drainable {
 public:
  TestComponent(std::string id, Behaviour behaviour, Events& events)
      : id_(std::move(id)), behaviour_(std::move(behaviour)), events_(events) {}
  ~TestComponent() override { events_.Add("destroy " + id_); }

  absl::Status Start() override {
    events_.Add("start " + id_);
    return behaviour_.start ? behaviour_.start() : absl::OkStatus();
  }
  void Drain() override {
    events_.Add("drain " + id_);
    if (behaviour_.drain) behaviour_.drain();
  }
  absl::Status Stop(Deadline grace) override {
    events_.Add("stop " + id_);
    return behaviour_.stop ? behaviour_.stop(grace) : absl::OkStatus();
  }

 protected:
  const std::string id_;
  const Behaviour behaviour_;
  Events& events_;
};

class CountingStore final : public Store {
 public:
  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<Table>> OpenTable(TableOptions) override { return absl::UnimplementedError(""); }
  StoreCapabilities capabilities() const override { return {}; }
  StoreCounters counters() const override { return {7, std::nullopt}; }
};

class KeepingComponent final : public TestComponent, public HasBackup {
 public:
  using TestComponent::TestComponent;
  absl::Status BackUp(const std::string& directory) override { return behaviour_.back_up(directory); }
};

void SendSignal(int signal) { ::kill(::getpid(), signal); }

// Three components in a row: a is used by b, b by c, which also sees the host.
class HostTest : public ::testing::Test {
 protected:
  HostTest() {
    while (signals_.Take() != 0) continue;
    config_.start_deadline = config_.stop_deadline = absl::Seconds(20);
    sink_->on["started"] = [] { SendSignal(SIGTERM); };
  }

  RunResult Run() {
    Plan plan;
    plan.host = config_;
    for (const char* id : {"a", "b", "c"}) {
      Plugin& plugin = plugins_[id];
      plugin.create = [this, id](const Context& context) { return Create(id, context); };
      PlannedComponent planned;
      planned.id = id;
      planned.plugin = &plugin;
      planned.config = std::make_shared<std::string>(id);
      planned.uses = uses_[id];
      plan.components.push_back(std::move(planned));
    }
    Host host(std::move(plan), sink_, signals_);
    RunResult result = host.Run();
    at_return_ = events_.all();
    release_.set_value();
    return result;
  }

  absl::StatusOr<std::unique_ptr<Component>> Create(const std::string& id, const Context& context) {
    events_.Add("create " + id);
    const Behaviour& behaviour = behaviours_[id];
    if (behaviour.create) {
      if (absl::Status status = behaviour.create(); !status.ok()) return status;
    }
    contexts_.emplace(id, context);
    if (behaviour.counts) return std::make_unique<CountingStore>();
    if (behaviour.back_up) return std::make_unique<KeepingComponent>(id, behaviour, events_);
    return std::make_unique<TestComponent>(id, behaviour, events_);
  }

  // For a step that does not return before the host has given up.
  absl::Status Hang() {
    released_.wait();
    return absl::OkStatus();
  }

  std::vector<std::string> lines() const { return sink_->lines.all(); }

  Signals signals_;
  HostConfig config_;
  std::map<std::string, Behaviour> behaviours_;
  std::map<std::string, decltype(PlannedComponent::uses)> uses_ = {{"b", {{"below", {"a"}}}},
                                                                   {"c", {{"below", {"b"}}, {"host", {"host"}}}}};
  std::map<std::string, Plugin> plugins_;
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
  Events events_;
  std::vector<std::string> at_return_;  // events when Run returned
  std::map<std::string, Context> contexts_;
  std::vector<ComponentStatus> seen_;
  std::vector<MetricFamily> families_;
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future();
};

TEST_F(HostTest, StartsForwardAndStopsBackward) {
  EXPECT_EQ(Run(), RunResult::kStopped);
  EXPECT_THAT(at_return_, ElementsAre("create a", "create b", "create c",  //
                                      "start a", "start b", "start c",     //
                                      "drain c", "drain b", "drain a",     //
                                      "stop c", "stop b", "stop a",        //
                                      "destroy c", "destroy b", "destroy a"));
  EXPECT_THAT(lines(),
              ElementsAre("info host: component is up component=a", "info host: component is up component=b",
                          "info host: component is up component=c", "info host: started components=a,b,c",
                          "info host: ready", "info host: stopping signal=SIGTERM", "info host: draining",
                          "info host: component stopped component=c", "info host: component stopped component=b",
                          "info host: component stopped component=a", "info host: stopped"));
}

TEST_F(HostTest, AllStepsRunOnOneThreadThatIsNotTheCallers) {
  std::vector<std::thread::id> threads;
  auto note = [&] {
    threads.push_back(std::this_thread::get_id());
    return absl::OkStatus();
  };
  behaviours_["a"] = {note, note, [&](Deadline) { return note(); }, [&] { note().IgnoreError(); }};
  Run();
  ASSERT_EQ(threads.size(), 4u);
  EXPECT_THAT(threads, ::testing::Each(threads.front()));
  EXPECT_NE(threads.front(), std::this_thread::get_id());
}

TEST_F(HostTest, GivesEachComponentItsContext) {
  Run();
  const Context& context = contexts_.at("b");
  EXPECT_EQ(context.id(), "b");
  EXPECT_EQ(context.config<std::string>(), "b");
  auto below = context.uses<Component>("below");
  ASSERT_EQ(below.size(), 1u);
  EXPECT_EQ(below.front().first, "a");
  EXPECT_THAT(contexts_.at("a").uses<Component>("below"), IsEmpty());
}

TEST_F(HostTest, AFailingCreateStartsNothing) {
  behaviours_["b"].create = [] { return absl::InvalidArgumentError("no such file: x.binpb"); };
  EXPECT_EQ(Run(), RunResult::kFailed);
  EXPECT_THAT(at_return_, ElementsAre("create a", "create b", "destroy a"));
  EXPECT_THAT(lines(), Contains("error host: create failed component=b error=no such file: x.binpb"));
}

TEST_F(HostTest, AThrowingCreateNamesTheComponent) {
  behaviours_["b"].create = []() -> absl::Status { throw std::runtime_error("boom"); };
  EXPECT_EQ(Run(), RunResult::kFailed);
  EXPECT_THAT(lines(), Contains("error host: create failed component=b error=it threw: boom"));
}

TEST_F(HostTest, AFailingStartUnwindsWhatHadStarted) {
  behaviours_["b"].start = [] { return absl::UnavailableError("127.0.0.1:8000: address already in use"); };
  EXPECT_EQ(Run(), RunResult::kFailed);
  EXPECT_THAT(at_return_, ElementsAre("create a", "create b", "create c", "start a", "start b",  //
                                      "drain a", "stop b", "stop a", "destroy c", "destroy b", "destroy a"));
  EXPECT_THAT(lines(), ElementsAre("info host: component is up component=a",
                                   "error host: start failed component=b error=127.0.0.1:8000: address already in use",
                                   "info host: stopping reason=the start failed", "info host: draining",
                                   "info host: component stopped component=b",
                                   "info host: component stopped component=a", "info host: stopped",
                                   "error host: the start failed cause=start of b: 127.0.0.1:8000: address already in "
                                   "use"));
}

TEST_F(HostTest, ThrowingStartsAndStopsAreCaughtAndTheOthersStop) {
  behaviours_["c"].start = []() -> absl::Status { throw 42; };
  behaviours_["c"].stop = [](Deadline) -> absl::Status { throw std::runtime_error("half closed"); };
  behaviours_["b"].stop = [](Deadline) { return absl::DataLossError(""); };
  EXPECT_EQ(Run(), RunResult::kFailed);
  EXPECT_THAT(at_return_, Contains("stop a"));
  EXPECT_THAT(lines(), Contains("error host: start failed component=c error=it threw something that is no "
                                "std::exception"));
  EXPECT_THAT(lines(), Contains("error host: stop failed component=c error=it threw: half closed"));
  EXPECT_THAT(lines(), Contains("error host: stop failed component=b error=DATA_LOSS"));
}

TEST_F(HostTest, AStopThatFailsFailsTheRun) {
  behaviours_["b"].stop = [](Deadline) { return absl::DataLossError("not flushed"); };
  EXPECT_EQ(Run(), RunResult::kFailed);
}

TEST_F(HostTest, AStartThatHangsIsNamedAndTheOthersAreStopped) {
  config_.start_deadline = absl::Milliseconds(500);
  behaviours_["b"].start = [this] { return Hang(); };
  EXPECT_EQ(Run(), RunResult::kHung);
  EXPECT_THAT(at_return_, ElementsAre("create a", "create b", "create c", "start a", "start b", "drain a", "stop a"));
  EXPECT_THAT(lines(), Contains("error host: start hangs component=b"));
}

TEST_F(HostTest, ACreateThatHangsIsNamed) {
  config_.start_deadline = absl::Milliseconds(500);
  behaviours_["a"].create = [this] { return Hang(); };
  EXPECT_EQ(Run(), RunResult::kHung);
  EXPECT_THAT(lines(), Contains("error host: create hangs component=a"));
}

TEST_F(HostTest, StopsThatHangAreNamedAndTheOthersAreStopped) {
  config_.stop_deadline = absl::Milliseconds(500);
  config_.shutdown_grace = absl::Milliseconds(10);
  behaviours_["c"].stop = behaviours_["b"].stop = [this](Deadline) { return Hang(); };
  EXPECT_EQ(Run(), RunResult::kHung);
  EXPECT_THAT(at_return_, Contains("stop a"));
  EXPECT_THAT(at_return_, Not(Contains(HasSubstr("destroy"))));
  EXPECT_THAT(lines(), Contains("error host: stop hangs component=c"));
  EXPECT_THAT(lines(), Contains("error host: stop hangs component=b"));
}

TEST_F(HostTest, ADrainThatHangsIsNamedAndNotStopped) {
  config_.stop_deadline = absl::Milliseconds(500);
  config_.shutdown_grace = absl::ZeroDuration();
  behaviours_["b"].drain = [this] { Hang().IgnoreError(); };
  EXPECT_EQ(Run(), RunResult::kHung);
  EXPECT_THAT(at_return_, Contains("stop a"));
  EXPECT_THAT(at_return_, Not(Contains("stop b")));
  EXPECT_THAT(lines(), Contains("error host: drain hangs component=b"));
}

TEST_F(HostTest, TheStopDeadlineComesOnTopOfTheGrace) {
  config_.stop_deadline = absl::Milliseconds(10);
  config_.shutdown_grace = absl::Seconds(10);
  behaviours_["c"].stop = [](Deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return absl::OkStatus();
  };
  EXPECT_EQ(Run(), RunResult::kStopped);
}

TEST_F(HostTest, ComponentsShareOneGrace) {
  config_.shutdown_grace = absl::Seconds(5);
  std::vector<Deadline> graces;
  for (const char* id : {"a", "b", "c"}) {
    behaviours_[id].stop = [&](Deadline grace) {
      graces.push_back(grace);
      return absl::OkStatus();
    };
  }
  const Deadline begin = Deadline::clock::now();
  Run();
  ASSERT_EQ(graces.size(), 3u);
  EXPECT_THAT(graces, ::testing::Each(graces.front()));
  EXPECT_GE(graces.front(), begin + std::chrono::seconds(5));
}

TEST_F(HostTest, ReadinessIsOffBeforeAnythingDrains) {
  Readiness while_running, while_draining;
  sink_->on["ready"] = [&] { while_running = contexts_.at("c").readiness()->Of("c"); };
  behaviours_["c"].drain = [&] { while_draining = contexts_.at("c").readiness()->Of("a"); };
  Run();
  EXPECT_TRUE(while_running.ready);
  EXPECT_FALSE(while_draining.ready);
  EXPECT_EQ(while_draining.reason, "the host is stopping");
}

TEST_F(HostTest, BetweenReadinessOffAndTheDrainItWaits) {
  config_.shutdown_wait = absl::Milliseconds(300);
  Deadline unready, draining;
  std::shared_ptr<void> subscription;
  sink_->on["stopping"] = [&] {
    subscription = contexts_.at("c").readiness()->OnChange([&] {
      if (unready == Deadline()) unready = Deadline::clock::now();
    });
  };
  behaviours_["c"].drain = [&] { draining = Deadline::clock::now(); };
  EXPECT_EQ(Run(), RunResult::kStopped);
  EXPECT_NE(unready, Deadline());
  EXPECT_GE(draining, unready + std::chrono::milliseconds(290));
  EXPECT_THAT(lines(), Contains("info host: waited"));
}

TEST_F(HostTest, TheGraceBeginsAfterTheWait) {
  config_.shutdown_wait = absl::Milliseconds(100);
  config_.shutdown_grace = absl::Seconds(5);
  Deadline stopping, grace;
  sink_->on["stopping"] = [&] { stopping = Deadline::clock::now(); };
  behaviours_["c"].stop = [&](Deadline until) {
    grace = until;
    return absl::OkStatus();
  };
  Run();
  EXPECT_GE(grace, stopping + std::chrono::milliseconds(5100));
}

TEST_F(HostTest, ASecondSignalEndsTheWaitAndTheGrace) {
  config_.shutdown_wait = absl::Hours(1);
  sink_->on["stopping"] = [] { SendSignal(SIGTERM); };
  bool no_grace = false;
  behaviours_["c"].stop = [&](Deadline grace) {
    no_grace = grace <= Deadline::clock::now();
    return absl::OkStatus();
  };
  EXPECT_EQ(Run(), RunResult::kStopped);
  EXPECT_TRUE(no_grace);
}

TEST_F(HostTest, AFailedStartStopsWithoutAWait) {
  config_.shutdown_wait = absl::Hours(1);
  behaviours_["b"].start = [] { return absl::UnavailableError("no disk"); };
  EXPECT_EQ(Run(), RunResult::kFailed);
}

TEST_F(HostTest, WhoUsesNothingButTheHostStopsLast) {
  uses_ = {{"a", {{"host", {"host"}}}}, {"b", {{"services", {"a"}}}}};
  EXPECT_EQ(Run(), RunResult::kStopped);
  EXPECT_THAT(std::vector(at_return_.begin() + 6, at_return_.end()),
              ElementsAre("drain c", "stop c", "drain b", "drain a", "stop b", "stop a",  //
                          "destroy c", "destroy b", "destroy a"));
}

TEST_F(HostTest, WhoUsesMoreThanTheHostStopsWithTheOthers) {
  uses_ = {{"a", {{"host", {"host"}}}}, {"c", {{"services", {"a", "b"}}}}};
  EXPECT_EQ(Run(), RunResult::kStopped);
  EXPECT_THAT(std::vector(at_return_.begin() + 6, at_return_.begin() + 12),
              ElementsAre("drain c", "drain b", "stop c", "stop b", "drain a", "stop a"));
}

TEST_F(HostTest, WhatHasStoppedSaysSo) {
  uses_ = {{"a", {{"host", {"host"}}}}};
  behaviours_["a"].drain = [this] { seen_ = contexts_.at("a").use<HostView>("host").components(); };
  Run();
  ASSERT_EQ(seen_.size(), 3u);
  EXPECT_EQ(seen_[0].state, ComponentState::kReady);
  EXPECT_EQ(seen_[2].state, ComponentState::kNotReady);
  EXPECT_EQ(seen_[2].reason, "stopped");
}

TEST_F(HostTest, SaysWhyItIsNotReady) {
  behaviours_["a"].start = [this] {
    contexts_.at("a").status().NotReady("connection refused");
    return absl::OkStatus();
  };
  sink_->on["not ready"] = [this] { contexts_.at("a").status().Ready(); };
  EXPECT_EQ(Run(), RunResult::kStopped);
  const std::vector<std::string> all = lines();
  const auto started = std::ranges::find(all, "info host: started components=a,b,c");
  ASSERT_GE(all.end() - started, 4);
  EXPECT_THAT(std::vector(started + 1, started + 4),
              ElementsAre("warning host: not ready reason=a: connection refused", "info host: ready",
                          "info host: stopping signal=SIGTERM"));
}

TEST_F(HostTest, SaysWhoWaitsForAStartThatTakesLong) {
  config_.start_report = absl::Milliseconds(20);
  std::promise<void> said;
  sink_->on["waiting"] = [&, once = std::make_shared<std::once_flag>()] {
    std::call_once(*once, [&] { said.set_value(); });
  };
  behaviours_["b"].start = [&] {
    said.get_future().wait();
    return absl::OkStatus();
  };
  EXPECT_EQ(Run(), RunResult::kStopped);
  EXPECT_THAT(lines(), Contains("info host: waiting for=start of b components=c"));
}

TEST_F(HostTest, SaysWhoWaitsUntilItIsReady) {
  config_.start_report = absl::Milliseconds(20);
  behaviours_["a"].start = [this] {
    contexts_.at("a").status().NotReady("connection refused");
    return absl::OkStatus();
  };
  sink_->on["started"] = nullptr;
  // A slow start is told of as well, before.
  const std::string said = "info host: waiting for=a: connection refused components=a,b,c";
  sink_->on["waiting"] = [this, said] {
    const std::vector<std::string> all = lines();
    if (std::find(all.begin(), all.end(), said) != all.end()) SendSignal(SIGTERM);
  };
  EXPECT_EQ(Run(), RunResult::kStopped);
  EXPECT_THAT(lines(), Contains(said));
}

TEST_F(HostTest, OnceItWasReadyNobodyIsSaidToWait) {
  config_.start_report = absl::Milliseconds(10);
  sink_->on["started"] = nullptr;
  sink_->on["ready"] = [] {
    std::thread([] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      SendSignal(SIGTERM);
    }).detach();
  };
  EXPECT_EQ(Run(), RunResult::kStopped);
  const std::vector<std::string> all = lines();
  const auto ready = std::find(all.begin(), all.end(), "info host: ready");
  ASSERT_NE(ready, all.end());
  EXPECT_THAT(std::vector(ready, all.end()), Not(Contains(HasSubstr("waiting"))));
}

TEST_F(HostTest, AComponentSeesTheHost) {
  behaviours_["c"].start = [this] {
    const HostView& view = contexts_.at("c").use<HostView>("host");
    seen_ = view.components();
    contexts_.at("c").metrics().counter("tomada_tests_total", "Tests.").Add(2);
    families_ = view.CollectMetrics();
    return absl::OkStatus();
  };
  Run();
  ASSERT_EQ(seen_.size(), 3u);
  EXPECT_EQ(seen_[0].id, "a");
  EXPECT_EQ(seen_[0].state, ComponentState::kReady);
  EXPECT_EQ(seen_[2].state, ComponentState::kStarting);
  std::vector<std::string> names;
  for (const MetricFamily& family : families_) names.push_back(family.name);
  for (const char* name : {"tomada_tests_total", "tomada_component_state", "tomada_ready", "tomada_build_info",
                           "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
                           "process_max_fds", "process_start_time_seconds", "process_threads"}) {
    EXPECT_THAT(names, Contains(name));
  }
}

TEST_F(HostTest, ShowsWhatStoresCount) {
  behaviours_["a"].counts = true;
  behaviours_["c"].start = [this] {
    families_ = contexts_.at("c").use<HostView>("host").CollectMetrics();
    return absl::OkStatus();
  };
  Run();
  const auto records = std::ranges::find(families_, "tomada_store_records", &MetricFamily::name);
  ASSERT_NE(records, families_.end());
  ASSERT_EQ(records->samples.size(), 1u);
  EXPECT_EQ(records->samples[0].labels, (MetricLabels{{"component", "a"}}));
  EXPECT_EQ(records->samples[0].value, 7);
  EXPECT_EQ(std::ranges::find(families_, "tomada_store_bytes", &MetricFamily::name), families_.end())
      << "what is not known";
}

TEST_F(HostTest, LendsBudgetsAndShowsThem) {
  config_.budgets["bytes"].limit.bytes = 10;
  config_.budgets["bytse"].limit.bytes = 10;
  std::vector<Lease> leases;
  for (const char* id : {"a", "b"}) {
    behaviours_[id].start = [&, id] {
      leases.push_back(contexts_.at(id).budget("bytes").Take(7));
      return absl::OkStatus();
    };
  }
  behaviours_["c"].start = [this] {
    families_ = contexts_.at("c").use<HostView>("host").CollectMetrics();
    return absl::OkStatus();
  };
  Run();
  ASSERT_EQ(leases.size(), 2u);
  EXPECT_TRUE(leases[0]);
  EXPECT_FALSE(leases[1]) << "they share it";
  for (const auto& [name, value] :
       {std::pair("tomada_budget_limit", 10), {"tomada_budget_used", 7}, {"tomada_budget_refused_total", 1}}) {
    const auto family = std::ranges::find(families_, name, &MetricFamily::name);
    ASSERT_NE(family, families_.end()) << name;
    EXPECT_EQ(family->samples[0].labels, (MetricLabels{{"budget", "bytes"}}));
    EXPECT_EQ(family->samples[0].value, value) << name;
  }
  EXPECT_THAT(lines(), Contains("warning host: no component takes from a budget of the profile budget=bytse"));
}

TEST_F(HostTest, AComponentChangesLogLevels) {
  std::vector<ConfigSetting> settings;
  behaviours_["c"].start = [&] {
    auto& control = contexts_.at("c").use<HostControl>("host");
    EXPECT_EQ(control.SetLogLevel("a", LogLevel::kDebug), absl::OkStatus());
    EXPECT_EQ(control.SetLogLevel("host", LogLevel::kError), absl::OkStatus());
    EXPECT_EQ(control.SetLogLevel("a", LogLevel::kWarning), absl::OkStatus());
    EXPECT_EQ(control.SetLogLevel("d", LogLevel::kDebug), absl::NotFoundError("there is no component `d`"));
    settings = contexts_.at("c").use<HostView>("host").config();
    return absl::OkStatus();
  };
  Run();
  EXPECT_THAT(sink_->levels.all(), ElementsAre("a=debug", "host=error", "a=warning"));
  EXPECT_THAT(lines(), Contains("info host: log level changed component=a level=debug"));
  ASSERT_EQ(settings.size(), 2u);
  EXPECT_EQ(settings[0].key, "log.levels");
  EXPECT_EQ(settings[0].value, "[a=warning]");
  EXPECT_EQ(settings[0].origin, "changed while it runs");
}

TEST_F(HostTest, AComponentHasOthersBackedUp) {
  std::thread::id thread;
  behaviours_["a"].back_up = [&](const std::string& directory) {
    events_.Add("back up to " + directory);
    thread = std::this_thread::get_id();
    return directory == "/full" ? absl::ResourceExhaustedError("the disk is full") : absl::OkStatus();
  };
  behaviours_["c"].start = [&] {
    auto& control = contexts_.at("c").use<HostControl>("host");
    testing::TestCall call;
    EXPECT_EQ(testing::Await(control.BackUp(call, "a", "/copy")), absl::OkStatus());
    EXPECT_NE(thread, std::this_thread::get_id()) << "a thread that may be blocked";
    EXPECT_EQ(testing::Await(control.BackUp(call, "a", "/full")), absl::ResourceExhaustedError("the disk is full"));
    EXPECT_EQ(testing::Await(control.BackUp(call, "b", "/copy")).code(), absl::StatusCode::kUnimplemented);
    EXPECT_EQ(testing::Await(control.BackUp(call, "host", "/copy")).code(), absl::StatusCode::kNotFound);
    return absl::OkStatus();
  };
  EXPECT_EQ(Run(), RunResult::kStopped);
  EXPECT_THAT(at_return_, ::testing::IsSupersetOf({"back up to /copy", "back up to /full"}));
  EXPECT_THAT(lines(), ::testing::IsSupersetOf({"info host: backup begins component=a directory=/copy",
                                                "info host: backup done component=a",
                                                "warning host: no backup component=a error=the disk is full"}));
}

TEST_F(HostTest, OneBackupIsMadeAtATime) {
  std::promise<void> begun, end;
  behaviours_["a"].back_up = [&](const std::string&) {
    begun.set_value();
    end.get_future().wait();
    return absl::OkStatus();
  };
  behaviours_["c"].start = [&] {
    auto& control = contexts_.at("c").use<HostControl>("host");
    testing::TestCall first, second;
    std::promise<absl::Status> done;
    Spawn(control.BackUp(first, "a", "/one"), [&](absl::Status status) { done.set_value(std::move(status)); });
    begun.get_future().wait();
    EXPECT_EQ(testing::Await(control.BackUp(second, "a", "/two")),
              absl::ResourceExhaustedError("another backup is under way"));
    end.set_value();
    EXPECT_EQ(done.get_future().get(), absl::OkStatus());
    return absl::OkStatus();
  };
  EXPECT_EQ(Run(), RunResult::kStopped);
}

TEST_F(HostTest, WithoutMetricsNothingIsCounted) {
  config_.metrics_enabled = false;
  behaviours_["c"].start = [this] {
    EXPECT_FALSE(contexts_.at("c").metrics().enabled());
    families_ = contexts_.at("c").use<HostView>("host").CollectMetrics();
    return absl::OkStatus();
  };
  Run();
  EXPECT_THAT(families_, IsEmpty());
}

TEST_F(HostTest, ASignalDuringTheStartStopsItAfterTheComponentUnderWay) {
  behaviours_["b"].start = [] {
    SendSignal(SIGINT);
    return absl::OkStatus();
  };
  EXPECT_EQ(Run(), RunResult::kStopped);
  EXPECT_THAT(at_return_, ElementsAre("create a", "create b", "create c", "start a", "start b",  //
                                      "drain b", "drain a", "stop b", "stop a", "destroy c", "destroy b", "destroy a"));
  EXPECT_THAT(lines(), Contains("info host: stopping signal=SIGINT"));
  EXPECT_THAT(lines(), Not(Contains("info host: component is up component=c")));
}

TEST_F(HostTest, ASecondSignalLeavesNoGraceToTheOthers) {
  config_.shutdown_grace = absl::Seconds(100);
  behaviours_["c"].stop = [](Deadline) {
    SendSignal(SIGTERM);
    return absl::OkStatus();
  };
  bool no_grace = false;
  behaviours_["b"].stop = [&](Deadline grace) {
    no_grace = grace <= Deadline::clock::now();
    return absl::OkStatus();
  };
  EXPECT_EQ(Run(), RunResult::kStopped);
  EXPECT_TRUE(no_grace);
  EXPECT_THAT(lines(), Contains("info host: stopping at once signal=SIGTERM"));
}

TEST_F(HostTest, ASecondSignalGivesUpOnAStopThatHangs) {
  config_.shutdown_grace = absl::Seconds(100);
  behaviours_["c"].stop = [this](Deadline) {
    SendSignal(SIGTERM);
    return Hang();
  };
  const Deadline begin = Deadline::clock::now();
  EXPECT_EQ(Run(), RunResult::kHung);
  EXPECT_LT(Deadline::clock::now() - begin, std::chrono::seconds(15));
  EXPECT_THAT(at_return_, Contains("stop a"));
}

TEST_F(HostTest, ASecondSignalGivesUpOnAStartThatHangs) {
  behaviours_["b"].start = [this] {
    SendSignal(SIGTERM);
    SendSignal(SIGINT);
    return Hang();
  };
  EXPECT_EQ(Run(), RunResult::kHung);
  EXPECT_THAT(lines(), Contains("error host: start hangs component=b"));
}

TEST_F(HostTest, AfterASignalAStartThatHangsHasTheGrace) {
  config_.start_deadline = absl::Hours(1);
  config_.shutdown_grace = absl::Milliseconds(10);
  behaviours_["b"].start = [this] {
    SendSignal(SIGTERM);
    return Hang();
  };
  EXPECT_EQ(Run(), RunResult::kHung);
  EXPECT_THAT(lines(), Contains("error host: start hangs component=b"));
  EXPECT_THAT(at_return_, Contains("stop a"));
}

TEST_F(HostTest, OtherSignalsAreLoggedAndChangeNothing) {
  behaviours_["b"].start = [] {
    SendSignal(SIGHUP);
    return absl::OkStatus();
  };
  sink_->on["started"] = [] {
    SendSignal(SIGUSR1);
    SendSignal(SIGTERM);
  };
  behaviours_["b"].drain = [] { SendSignal(SIGUSR2); };
  behaviours_["b"].stop = [](Deadline) {
    SendSignal(SIGHUP);
    return absl::OkStatus();
  };
  EXPECT_EQ(Run(), RunResult::kStopped);
  std::vector<std::string> seen;
  std::ranges::copy_if(lines(), std::back_inserter(seen),
                       [](const std::string& line) { return line.find("signal") != std::string::npos; });
  EXPECT_THAT(seen, ElementsAre("info host: signal without effect signal=SIGHUP",
                                "info host: signal without effect signal=SIGUSR1", "info host: stopping signal=SIGTERM",
                                "info host: signal without effect signal=SIGUSR2",
                                "info host: signal without effect signal=SIGHUP"));
}

}  // namespace
}  // namespace tomada
