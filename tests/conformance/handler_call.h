// A call of a handler without a transport, and the client's side of it: what the cases for middleware and for services
// share. Messages are bytes here, whatever their type.
#pragma once

#include <atomic>
#include <coroutine>
#include <functional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "tomada/service.h"

namespace tomada::testing {

// Suspends always, and goes on where a transport's operation would.
class Turn {
 public:
  explicit Turn(Executor& executor) : executor_(executor) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) const { executor_.Post(coroutine); }
  void await_resume() const noexcept {}

 private:
  Executor& executor_;
};

// The client's side. Both streams end with an error when the call is cancelled.
class ClientSide final : public MessageReader, public MessageWriter {
 public:
  explicit ClientSide(Call& call) : call_(call) {}

  std::vector<std::string> requests;  // of a method that takes one, the first
  // After the last request of a stream: OK for its end, else what came instead.
  absl::Status then = absl::OkStatus();
  std::function<void(size_t answers)> answered = [](size_t) {};  // of a stream, after each

  std::vector<std::string> answers;
  std::vector<size_t> answers_at_read;  // how many there were when each request was asked for
  // What the handler does and must not, the last of it; empty for nothing.
  std::string mistake;
  absl::Status read_refused, write_refused;  // what the last one gave

  Task<absl::StatusOr<bool>> Read(google::protobuf::Message& message) override;
  void Stop() override { stopped_ = true; }
  Task<absl::Status> Write(const google::protobuf::Message& message) override;
  // That no read or write is under way any more.
  void End();

 private:
  // `what` begins or, on the executor, ends.
  void Begin(bool& under_way, const char* what);
  static absl::Status Finish(bool& under_way, absl::Status& refused, absl::Status status);

  Call& call_;
  std::atomic<bool> stopped_{false};
  size_t next_ = 0;
  bool reading_ = false, writing_ = false;
};

struct HandlerEnd {
  absl::Status status;
  bool threw = false;
  bool on_executor = true;
};

// Calls the method's handler on the call's executor, as it is or, with `barrier`, as every transport does. `client`
// gets the answer of a method that gives one. Both outlive the task.
Task<HandlerEnd> CallHandler(const Method& method, Call& call, ClientSide& client, const Logger* barrier = nullptr);

}  // namespace tomada::testing
