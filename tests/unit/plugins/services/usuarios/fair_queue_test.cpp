#include "fair_queue.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "fixture.h"

namespace tomada::usuarios {
namespace {

using ::testing::ElementsAre;

absl::Duration RetryDelay(const absl::Status& status) {
  google::rpc::RetryInfo info;
  auto payload = status.GetPayload("type.googleapis.com/google.rpc.RetryInfo");
  EXPECT_TRUE(payload && info.ParseFromString(std::string(*payload))) << status;
  return absl::Seconds(info.retry_delay().seconds()) + absl::Nanoseconds(info.retry_delay().nanos());
}

// Everything happens on the test's thread.
class FairQueueTest : public ::testing::Test {
 protected:
  // A call that enters the queue, under a name that stands in `served` once it is let through.
  void Enter(const std::string& account, const std::string& name) {
    calls_[name] = std::make_unique<TestCall>();
    Spawn(queue_.Enter(*calls_[name], account), [this, name](const absl::Status& status) {
      if (status.ok()) served_.push_back(name);
      if (!status.ok()) refused_.emplace(name, status);
    });
  }
  void ServeAll(int count) {
    for (int i = 0; i < count; ++i) queue_.Next();
  }

  FairQueue queue_{4};
  std::map<std::string, std::unique_ptr<TestCall>> calls_;
  std::vector<std::string> served_;
  std::map<std::string, absl::Status> refused_;
};

TEST_F(FairQueueTest, ServesAccountsRoundRobinAndTheCallsOfOneInOrder) {
  Enter("ana", "ana1");
  for (const char* name : {"ana2", "ana3"}) Enter("ana", name);
  for (const char* name : {"bia1", "bia2"}) Enter("bia", name);
  EXPECT_THAT(served_, ElementsAre("ana1"));
  ServeAll(4);
  EXPECT_THAT(served_, ElementsAre("ana1", "ana2", "bia1", "ana3", "bia2"));
  ServeAll(1);
  Enter("caio", "caio1");
  EXPECT_EQ(served_.back(), "caio1");
}

TEST_F(FairQueueTest, AFullQueueMakesRoomForAnAccountWithFewerCalls) {
  Enter("", "first");
  for (int i = 1; i <= 5; ++i) Enter("ana", fmt::format("ana{}", i));
  EXPECT_EQ(refused_.count("ana5"), 1u);
  Enter("bia", "bia1");
  EXPECT_EQ(refused_.count("ana4"), 1u);
  Enter("bia", "bia2");  // three of ana against one
  EXPECT_EQ(refused_.count("ana3"), 1u);
  Enter("bia", "bia3");  // two against two
  EXPECT_EQ(refused_.count("bia3"), 1u);
  for (const auto& [name, status] : refused_) {
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_GE(RetryDelay(status), absl::Seconds(1));
  }
  ServeAll(4);
  EXPECT_THAT(served_, ElementsAre("first", "ana1", "bia1", "ana2", "bia2"));
}

TEST_F(FairQueueTest, ACancelledCallGivesUpItsPlace) {
  Enter("", "first");
  for (const char* name : {"ana1", "ana2"}) Enter("ana", name);
  Enter("bia", "bia1");
  calls_["ana1"]->Cancel(absl::CancelledError("gone"));
  calls_["bia1"]->Cancel(absl::DeadlineExceededError("late"));
  EXPECT_EQ(refused_["ana1"].code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(refused_["bia1"].code(), absl::StatusCode::kDeadlineExceeded);
  ServeAll(2);
  EXPECT_THAT(served_, ElementsAre("first", "ana2"));
  calls_["ana2"]->Cancel(absl::CancelledError("too late to matter"));
  EXPECT_EQ(refused_.size(), 2u);
}

TEST_F(FairQueueTest, ACallCancelledBeforeIsNotLetThrough) {
  TestCall call;
  call.Cancel(absl::CancelledError("gone"));
  EXPECT_EQ(Await(queue_.Enter(call, "ana")).code(), absl::StatusCode::kCancelled);
  Enter("ana", "ana1");
  EXPECT_THAT(served_, ElementsAre("ana1"));
}

// Guessers at the real service, as many as give its pool no pause, each with a new guess as soon as the last is
// answered.
class GuessersTest : public UsuariosTest {
 protected:
  static PasswordCost Cost() {
    PasswordCost cost;
    cost.memory_bytes = 1 << 20;
    cost.passes = 2;
    return cost;
  }
  GuessersTest() : UsuariosTest(Cost()) {}
  ~GuessersTest() override {
    for (std::jthread& thread : threads_) thread.request_stop();  // all, before one is waited for
  }

  void SetUp() override { ASSERT_TRUE(Criar(NewUsuario("bia", "Bia", "bia@exemplo.com", "correct horse")).ok()); }
  // `email` of the i-th guesser.
  void Guess(int guessers, const std::function<std::string(int)>& email) {
    for (int i = 0; i < guessers; ++i) {
      threads_.emplace_back([this, account = email(i)](const std::stop_token& stop) {
        for (; !stop.stop_requested(); ++guesses_) {
          const absl::Status status = Verificar(account, "guess").status();
          EXPECT_FALSE(status.ok());
          // Not by its RetryInfo, but so that hashing gets a part of the processor.
          if (absl::IsResourceExhausted(status)) std::this_thread::sleep_for(std::chrono::milliseconds(500));
        }
      });
    }
    while (guesses_ < guessers) std::this_thread::yield();
  }
  void ExpectHonestLoginsToSucceed() {
    std::vector<double> milliseconds;
    for (int i = 0; i < 14; ++i) {
      const auto began = std::chrono::steady_clock::now();
      const absl::Status status = Verificar("bia@exemplo.com", "correct horse").status();
      EXPECT_EQ(status, absl::OkStatus());
      milliseconds.push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
    }
    std::printf("%d guesses; honest logins took up to %.0f ms\n", guesses_.load(),
                *std::ranges::max_element(milliseconds));
  }

  std::atomic<int> guesses_ = 0;
  std::vector<std::jthread> threads_;
};

TEST_F(GuessersTest, OfOneOtherAccountDoNotKeepHonestUsersOut) {
  Guess(300, [](int) { return "ana@exemplo.com"; });  // more than wait at once
  ExpectHonestLoginsToSucceed();
}

TEST_F(GuessersTest, OfManyAccountsDoNotKeepHonestUsersOut) {
  Guess(40, [](int i) { return fmt::format("u{}@exemplo.com", i); });
  ExpectHonestLoginsToSucceed();
}

}  // namespace
}  // namespace tomada::usuarios
