// What is asked of every middleware that lets a call through: each file here is an area. They run in
// `tomada-conformance middleware`, on the handlers themselves, without a transport.
#pragma once

#include <coroutine>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/handler_call.h"
#include "conformance/probe_service.h"
#include "tomada/testing/await.h"
#include "tomada/testing/test_call.h"
#include "tomada/testing/test_host.h"

namespace tomada::testing {

struct MiddlewareSubject {
  std::string plugin;  // its file
  std::string port;    // where it takes services
  TestHost::Settings settings;
  Metadata metadata;  // what it wants of a call that it lets through
};

// Before the first case. Throws std::runtime_error when it does not start or does not offer the service.
void SelectMiddleware(MiddlewareSubject subject);

// One thread's, which counts what it resumes, and may cancel a call just before.
class CountingExecutor final : public Executor {
 public:
  void Post(std::coroutine_handle<> coroutine) override;
  bool InThread() const override { return thread_.InThread(); }
  TimerQueue& timers() override { return thread_.timers(); }

  // Before the `at`th coroutine is resumed.
  void CancelAt(int at, Call& call) { at_ = at, call_ = &call; }
  int resumed() const { return resumed_; }
  TestExecutor& thread() { return thread_; }

 private:
  Task<void> Deliver(std::coroutine_handle<> coroutine);

  TestExecutor thread_{ProbeService::patience};
  int resumed_ = 0, at_ = 0;
  Call* call_ = nullptr;
};

// One call of the middleware, with the client's side of it.
struct Exchange {
  explicit Exchange(std::vector<Probe> sent) : requests(std::move(sent)) {}

  CountingExecutor executor;
  TestCall call{executor};
  std::vector<Probe> requests;  // of a method that takes one, the first
  std::vector<Probe> answers;
  std::vector<size_t> answers_at_read;  // how many there were when each request was asked for
  bool threw = false;
};

class MiddlewareCase : public ::testing::TestWithParam<MethodKind> {
 protected:
  void SetUp() override;
  void TearDown() override;

  static MethodKind kind() { return GetParam(); }
  const Method& method() const;
  // Calls it and waits for its end: its handler, or as a transport does.
  enum class Through { kHandler, kBarrier };
  absl::Status Run(Exchange& exchange, Through through = Through::kHandler);
  absl::Status Stop();

  static Probe MakeProbe(int64_t number, std::string text = "");

  ProbeService service;
  TestHost host;
  ServiceProvider* middleware = nullptr;
};

}  // namespace tomada::testing
