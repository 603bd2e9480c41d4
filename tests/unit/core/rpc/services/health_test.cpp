#include "rpc/services/health.h"

#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/eventually.h"
#include "support/sync.h"
#include "tomada/testing/test_host.h"
#include "tomada/thread_executor.h"

namespace tomada::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using ::testing::ElementsAre;
using testing::Eventually;
using testing::TestBoard;
using testing::TestCall;

using Statuses = std::vector<HealthCheckResponse::ServingStatus>;
constexpr auto kServing = HealthCheckResponse::SERVING;
constexpr auto kNotServing = HealthCheckResponse::NOT_SERVING;
constexpr auto kUnknown = HealthCheckResponse::SERVICE_UNKNOWN;

HealthCheckRequest About(std::string service) {
  HealthCheckRequest request;
  request.set_service(std::move(service));
  return request;
}

// A client that watches one service from when it is made.
class Watcher final : private MessageWriter {
 public:
  // `on_told` runs inside each write.
  Watcher(
      const Service& health, Executor& executor, std::string service, std::function<void()> on_told = [] {})
      : call(executor),
        executor_(executor),
        method_(health.methods[1]),
        request_(About(std::move(service))),
        on_told_(std::move(on_told)) {
    Spawn(Serve(), [this](const absl::Status& status) { end_.set_value(status); });
  }
  ~Watcher() override {
    call.Cancel(absl::CancelledError("the test is over"));
    if (ended_.valid()) ended_.wait();
  }

  Statuses told() const {
    std::lock_guard lock(mutex_);
    return told_;
  }
  // Waits for the end of the call.
  absl::Status End() { return ended_.get(); }

  TestCall call;

 private:
  Task<absl::Status> Serve() {
    Hop hop(executor_);
    co_await hop;
    co_return co_await InvokeServerStreaming(method_, call, log_, request_, *this);
  }
  Task<absl::Status> Write(const google::protobuf::Message& message) override {
    EXPECT_TRUE(executor_.InThread());
    {
      std::lock_guard lock(mutex_);
      told_.push_back(static_cast<const HealthCheckResponse&>(message).status());
    }
    on_told_();
    co_return absl::OkStatus();
  }

  Executor& executor_;
  const Method& method_;
  const Logger log_{std::make_shared<testing::TestLog>(), "transporte"};
  const HealthCheckRequest request_;
  const std::function<void()> on_told_;
  std::promise<absl::Status> end_;
  std::future<absl::Status> ended_ = end_.get_future();
  mutable std::mutex mutex_;
  Statuses told_;
};

class HealthServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    health_.Add("usuarios.Usuarios", "usuarios");
    health_.Start();
    board_->Report("usuarios", Readiness{true, {}});
    board_->Report("transporte", Readiness{true, {}});
  }

  absl::StatusOr<HealthCheckResponse::ServingStatus> Check(std::string service) {
    TestCall call;
    HealthCheckResponse response;
    absl::Status status =
        testing::Await(InvokeUnary(description_.methods[0], call, log_, About(std::move(service)), response));
    if (!status.ok()) return status;
    return response.status();
  }

  const std::shared_ptr<TestBoard> board_ = std::make_shared<TestBoard>();
  HealthService health_{board_, "transporte"};
  const Service description_ = health_.Describe();
  const Logger log_{std::make_shared<testing::TestLog>(), "transporte"};
  ThreadExecutor executor_;
};

TEST_F(HealthServiceTest, CheckFollowsTheBoard) {
  EXPECT_EQ(*Check(""), kServing);
  EXPECT_EQ(*Check("usuarios.Usuarios"), kServing);
  board_->Report("usuarios", Readiness{false, "the store is away"});
  EXPECT_EQ(*Check("usuarios.Usuarios"), kNotServing);
  EXPECT_EQ(*Check(""), kServing) << "what the transport itself is, the board says";
  board_->Report("transporte", Readiness{false, "usuarios <- the store is away"});
  EXPECT_EQ(*Check(""), kNotServing);
  EXPECT_TRUE(absl::IsNotFound(Check("outro.Servico").status()));
}

TEST_F(HealthServiceTest, WatchTellsEachChangeOnce) {
  Watcher watcher(description_, executor_, "usuarios.Usuarios");
  ASSERT_TRUE(Eventually([&] { return watcher.told() == Statuses{kServing}; }));
  board_->Report("outro", Readiness{false, "no change for this service"});
  board_->Report("usuarios", Readiness{false, "the store is away"});
  ASSERT_TRUE(Eventually([&] { return watcher.told().size() == 2; }));
  board_->Report("usuarios", Readiness{false, "the store is still away"});
  board_->Report("usuarios", Readiness{true, {}});
  ASSERT_TRUE(Eventually([&] { return watcher.told().size() == 3; }));
  EXPECT_THAT(watcher.told(), ElementsAre(kServing, kNotServing, kServing));
}

TEST_F(HealthServiceTest, WatchOfAnUnknownServiceLastsAsLongAsItsCall) {
  Watcher watcher(description_, executor_, "outro.Servico");
  ASSERT_TRUE(Eventually([&] { return watcher.told() == Statuses{kUnknown}; }));
  watcher.call.Cancel(absl::CancelledError("the client is gone"));
  EXPECT_EQ(watcher.End(), absl::CancelledError("the client is gone"));
}

TEST_F(HealthServiceTest, StopTellsWatchersAndEndsTheirCalls) {
  Watcher before(description_, executor_, "");
  ASSERT_TRUE(Eventually([&] { return before.told() == Statuses{kServing}; }));
  health_.Stop();
  health_.Stop();
  EXPECT_TRUE(absl::IsUnavailable(before.End()));
  EXPECT_THAT(before.told(), ElementsAre(kServing, kNotServing));
  Watcher after(description_, executor_, "usuarios.Usuarios");
  EXPECT_TRUE(absl::IsUnavailable(after.End()));
  EXPECT_THAT(after.told(), ElementsAre(kNotServing));
  EXPECT_EQ(*Check("usuarios.Usuarios"), kNotServing);
}

TEST_F(HealthServiceTest, WhatChangesWhileAWatcherIsToldIsToldNext) {
  int left = 5;
  Watcher watcher(description_, executor_, "usuarios.Usuarios", [&] {
    if (left > 0) board_->Report("usuarios", Readiness{left-- % 2 == 0, {}});
  });
  ASSERT_TRUE(Eventually([&] { return watcher.told().size() == 6; }));
  EXPECT_THAT(watcher.told(), ElementsAre(kServing, kNotServing, kServing, kNotServing, kServing, kNotServing));
}

TEST_F(HealthServiceTest, NoWatcherMissesTheLastOfManyChanges) {
  ThreadExecutor other;
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < 20; ++i)
    watchers.push_back(std::make_unique<Watcher>(description_, i % 2 == 0 ? executor_ : other, "usuarios.Usuarios"));
  for (int round = 0; round < 5; ++round) {
    const bool ready = round % 2 == 0;
    std::vector<std::thread> reporters;
    for (int i = 0; i < 2; ++i) {
      reporters.emplace_back([&] {
        for (int change = 0; change < 50; ++change) {
          board_->Report("usuarios", Readiness{change % 2 == 0, {}});
          Watcher passing(description_, executor_, "usuarios.Usuarios");
        }
      });
    }
    for (std::thread& reporter : reporters) reporter.join();
    board_->Report("usuarios", Readiness{ready, {}});
    for (const auto& watcher : watchers) {
      ASSERT_TRUE(Eventually([&] {
        const Statuses told = watcher->told();
        return !told.empty() && told.back() == (ready ? kServing : kNotServing);
      })) << round;
    }
  }
  health_.Stop();
  for (const auto& watcher : watchers) EXPECT_TRUE(absl::IsUnavailable(watcher->End()));
}

}  // namespace
}  // namespace tomada::rpc
