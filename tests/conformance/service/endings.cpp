// Every call ends: when it is cancelled, at whichever await, when its deadline is over, and when the host stops.
#include <malloc.h>

#include <thread>

#include "conformance/service/service_case.h"

namespace tomada::testing {
namespace {

TEST_F(ServiceCase, ACancelledCallEndsAtEveryAwait) {
  Fill();
  for (const Method* method : Methods()) {
    for (const std::string& request : KnownRequests(*method)) {
      for (int at = 1;; ++at) {
        ASSERT_LT(at, 1000) << method->descriptor->full_name() << " goes on for ever";
        const Ended ended = Ask(*method, {.requests = {request, request}, .cancel_at = at});
        if (HasFailure()) FAIL() << "cancelled before resumption " << at;
        if (ended.resumed < at) break;
      }
    }
  }
}

TEST_F(ServiceCase, ACallThatIsCancelledBeforeItBeginsEnds) {
  for (const Method* method : Methods()) {
    for (const std::string& request : KnownRequests(*method)) Ask(*method, {.requests = {request}, .cancelled = true});
  }
}

// Who made the call has not come to cancel it yet.
TEST_F(ServiceCase, ACallWhoseDeadlineIsOverEnds) {
  Fill();
  for (const Method* method : Methods()) {
    for (const std::string& request : KnownRequests(*method)) {
      Ask(*method, {.requests = {request}, .timeout = -std::chrono::seconds(1)});
    }
  }
}

TEST_F(ServiceCase, ManyAtOnceDoNotMeet) {
  Fill();
  std::vector<std::jthread> clients;
  for (int client = 0; client < 8; ++client) {
    clients.emplace_back([this, client] {
      CallWatch watch;
      for (int round = 0; round < 5; ++round) {
        for (const Method* method : Methods()) {
          for (const std::string& request : KnownRequests(*method)) {
            Ask(*method, {.requests = {request}, .cancel_at = (client + round) % 4}, watch);
          }
        }
      }
      watch.Check();
    });
  }
}

TEST_F(ServiceCase, ACallWhileItDrainsIsAnswered) {
  Fill();
  instance().Drain();
  for (const Method* method : Methods()) {
    for (const std::string& request : KnownRequests(*method)) Ask(*method, {.requests = {request}});
  }
}

// Those that wait are under way when it stops.
TEST_F(ServiceCase, ACallUnderWayAtAStopEnds) {
  Fill();
  std::jthread stops([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(Stop(), absl::OkStatus());
  });
  for (int round = 0; round < 3; ++round) {
    for (const Method* method : Methods()) Ask(*method, {.requests = {KnownRequests(*method).back()}});
  }
}

TEST_F(ServiceCase, ACallAfterAStopEnds) {
  for (const Method* method : Methods()) KnownRequests(*method);
  EXPECT_EQ(Stop(), absl::OkStatus());
  EXPECT_EQ(Stop(), absl::OkStatus()) << "twice";
  for (const Method* method : Methods()) {
    for (const std::string& request : KnownRequests(*method)) Ask(*method, {.requests = {request}});
  }
}

// What a call that came to nothing keeps, it keeps for ever.
TEST_F(ServiceCase, NothingIsLeftOfACall) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizers' allocator does not say how much is in use";
#endif
  constexpr int kCalls = 256;
  constexpr int64_t kLeast = 24;  // a call leaves, if it leaves anything: the smallest piece of memory there is
  for (const Method* method : Methods()) {
    for (const std::string& request : KnownRequests(*method)) {
      // Twice: the first time may fill what is kept once for all.
      int windows = 0, refused = 0;
      for (int window = 0; window < 3; ++window) {
        const auto before = static_cast<int64_t>(::mallinfo2().uordblks);
        {
          CallWatch watch;
          for (int i = 0; i < kCalls; ++i)
            refused += !Ask(*method, {.requests = {request}, .cancelled = true}, watch).status.ok();
          watch.Check();
        }
        windows += static_cast<int64_t>(::mallinfo2().uordblks) - before >= kCalls * kLeast;
      }
      if (refused < 3 * kCalls) continue;  // it may have made what lasts
      EXPECT_LT(windows, 3) << method->descriptor->full_name() << ": memory grows with each cancelled call";
    }
  }
}

}  // namespace
}  // namespace tomada::testing
