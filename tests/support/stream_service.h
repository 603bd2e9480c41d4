// streams_test.Streams: methods that take streams and do what their requests say.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "streams_test.pb.h"
#include "tomada/service.h"

namespace tomada::testing {

// Add answers with the sum of the values and their count. Echo answers each number with itself, and the end of the
// requests with a number whose value is their count. Both set the response metadata "resposta" and obey the texts:
//   stop    returns OK at once, reading no more: Add with the sum so far
//   fail    INVALID_ARGUMENT with a BadRequest for the field `text`
//   throw   throws std::runtime_error("segredo")
//   wait    waits until the call is cancelled and returns why
//   flood   Echo alone: from here on it writes without end while it reads what comes
class StreamService : public ServiceProvider {
 public:
  StreamService();
  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  const std::vector<Service>& services() const override { return services_; }

  std::atomic<int> read{0}, written{0};  // numbers
  std::atomic<int> running{0};           // calls inside a handler
  std::atomic<int> waiting{0};           // of those, inside "wait"
  // Why the last call ended; not of one that threw.
  absl::Status last_end() const;
  // Of the last call that waited.
  Deadline last_deadline() const;

 private:
  using Numbers = Reader<::streams_test::Number>;
  using Answers = Writer<::streams_test::Number>;

  Task<absl::Status> Add(Call& call, Numbers requests, ::streams_test::Sum& sum);
  Task<absl::Status> Echo(Call& call, Numbers requests, Answers responses);
  Task<absl::Status> AddAll(Call& call, Numbers requests, ::streams_test::Sum& sum);
  Task<absl::Status> EchoAll(Call& call, Numbers requests, Answers responses);
  // False when the call is to end with `end`.
  Task<bool> Obey(Call& call, const ::streams_test::Number& request, absl::Status& end);
  Task<absl::Status> Drop(Numbers requests);
  Task<absl::Status> Flood(Answers responses);
  void SetEnd(const absl::Status& status);

  std::vector<Service> services_;
  mutable std::mutex mutex_;
  absl::Status last_end_;
  Deadline last_deadline_{};
};

}  // namespace tomada::testing
