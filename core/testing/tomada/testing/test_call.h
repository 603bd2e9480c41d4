#ifndef TOMADA_TESTING_TEST_CALL_H_
#define TOMADA_TESTING_TEST_CALL_H_

#include <chrono>

#include "tomada/call.h"
#include "tomada/executor.h"

namespace tomada::testing {

// A call as a transport makes it, by default a minute long and resumed on whichever thread finishes what it awaits.
// Nobody cancels it when its time is over: a test that wants that calls Cancel(absl::DeadlineExceededError("...")).
class TestCall : public Call {
 public:
  explicit TestCall(std::chrono::nanoseconds timeout = std::chrono::minutes(1), Executor& executor = InlineExecutor())
      : Call(executor, std::chrono::steady_clock::now() + timeout) {}
  explicit TestCall(Executor& executor) : TestCall(std::chrono::minutes(1), executor) {}

  // What the client sends and where it is; to be filled before the handler asks.
  Metadata sent;
  Peer from;

 protected:
  void LoadMetadata(Metadata& metadata) override { metadata = sent; }
  void LoadPeer(Peer& peer) override { peer = from; }
};

}  // namespace tomada::testing

#endif  // TOMADA_TESTING_TEST_CALL_H_
