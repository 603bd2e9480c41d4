#include "support/stream_service.h"

#include <stdexcept>
#include <string>

#include "support/until_cancelled.h"
#include "tomada/status.h"

namespace tomada::testing {
namespace {

using ::streams_test::Number;
using ::streams_test::Sum;

// Counts a call while it runs, also one that throws.
class Running {
 public:
  explicit Running(std::atomic<int>& count) : count_(count) { ++count_; }
  ~Running() { --count_; }

 private:
  std::atomic<int>& count_;
};

}  // namespace

StreamService::StreamService() {
  services_.push_back(ServiceBuilder(*Number::descriptor()->file()->service(0))
                          .ClientStreaming("Add", this, &StreamService::Add)
                          .BidiStreaming("Echo", this, &StreamService::Echo)
                          .Build());
}

absl::Status StreamService::last_end() const {
  std::lock_guard lock(mutex_);
  return last_end_;
}

Deadline StreamService::last_deadline() const {
  std::lock_guard lock(mutex_);
  return last_deadline_;
}

void StreamService::SetEnd(const absl::Status& status) {
  std::lock_guard lock(mutex_);
  last_end_ = status;
}

Task<absl::Status> StreamService::Add(Call& call, Numbers requests, Sum& sum) {
  Running one(running);
  call.response_metadata().Add("resposta", "sim");
  absl::Status status = co_await AddAll(call, requests, sum);
  SetEnd(status);
  co_return status;
}

Task<absl::Status> StreamService::Echo(Call& call, Numbers requests, Answers responses) {
  Running one(running);
  call.response_metadata().Add("resposta", "sim");
  absl::Status status = co_await EchoAll(call, requests, responses);
  SetEnd(status);
  co_return status;
}

Task<absl::Status> StreamService::AddAll(Call& call, Numbers requests, Sum& sum) {
  absl::Status end;
  for (Number number;;) {
    absl::StatusOr<bool> more = co_await requests.Read(number);
    if (!more.ok()) co_return more.status();
    if (!*more) co_return absl::OkStatus();
    ++read;
    sum.set_value(sum.value() + number.value());
    sum.set_count(sum.count() + 1);
    const bool go_on = co_await Obey(call, number, end);
    if (!go_on) co_return end;
  }
}

Task<absl::Status> StreamService::EchoAll(Call& call, Numbers requests, Answers responses) {
  absl::Status end;
  Number number;
  for (int count = 0;; ++count) {
    absl::StatusOr<bool> more = co_await requests.Read(number);
    if (!more.ok()) co_return more.status();
    if (!*more) {
      number.Clear();
      number.set_value(count);
      co_return co_await responses.Write(number);
    }
    ++read;
    if (number.text() == "flood") {
      auto [dropped, flooded] = co_await Both(Drop(requests), Flood(responses));
      co_return dropped.ok() ? flooded : dropped;
    }
    const bool go_on = co_await Obey(call, number, end);
    if (!go_on) co_return end;
    absl::Status status = co_await responses.Write(number);
    if (!status.ok()) co_return status;
    ++written;
  }
}

Task<bool> StreamService::Obey(Call& call, const Number& request, absl::Status& end) {
  if (request.text() == "stop") co_return false;
  if (request.text() == "throw") throw std::runtime_error("segredo");
  if (request.text() == "fail") {
    FieldViolations violations;
    violations.Add("text", "another one would be right");
    end = violations.ToStatus();
    co_return false;
  }
  if (request.text() != "wait") co_return true;
  {
    std::lock_guard lock(mutex_);
    last_deadline_ = call.deadline();
  }
  ++waiting;
  UntilCancelled cancelled(call);
  co_await cancelled;
  --waiting;
  end = call.status();
  co_return false;
}

Task<absl::Status> StreamService::Drop(Numbers requests) {
  for (Number number;;) {
    absl::StatusOr<bool> more = co_await requests.Read(number);
    if (!more.ok()) co_return more.status();
    if (!*more) co_return absl::OkStatus();
    ++read;
  }
}

Task<absl::Status> StreamService::Flood(Answers responses) {
  Number number;
  number.set_padding(std::string(10000, 'x'));
  for (;;) {
    absl::Status status = co_await responses.Write(number);
    if (!status.ok()) co_return status;
    ++written;
  }
}

}  // namespace tomada::testing
