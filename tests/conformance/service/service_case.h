// What is asked of every service: each file here is an area. They run in `tomada-conformance service`, on the handlers
// themselves, without a transport. Nothing is known of a service but its descriptors, so requests are made from those.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/handler_call.h"
#include "conformance/watched_call.h"

namespace tomada::testing {

// A service and what it uses, alive.
class ServiceInstance {
 public:
  virtual ~ServiceInstance() = default;
  virtual const std::vector<Service>& services() const = 0;
  virtual void Drain() = 0;
  virtual absl::Status Stop(Deadline grace) = 0;
};

struct ServiceSubject {
  std::function<std::unique_ptr<ServiceInstance>()> start;  // throws std::runtime_error when it cannot
  Metadata metadata;                                        // what each call carries
  std::chrono::nanoseconds patience{20'000'000'000};        // nothing that is expected takes as long
};

// Before the first case.
void SelectService(ServiceSubject subject);

// How a call ended.
struct Ended {
  absl::Status status;
  int resumed = 0;                   // how many times its executor resumed something
  std::vector<std::string> answers;  // serialized
  bool given_up = false;             // the client has cancelled it, for it waited or went on answering
};

// How it is made.
struct Asking {
  std::vector<std::string> requests;                         // serialized; of a method that takes one, the first
  absl::Status then = absl::OkStatus();                      // what comes after the last of a stream
  int cancel_at = 0;                                         // before this number of resumption; 0: not
  bool cancelled = false;                                    // before the handler begins
  std::chrono::nanoseconds timeout = std::chrono::hours(1);  // nobody cancels it when it is over
};

class ServiceCase : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Those with a handler.
  std::vector<const Method*> Methods() const;
  // Calls the handler and fails the test for what no handler may do. A client does not wait for ever: it cancels a call
  // that waits, or has given many answers.
  Ended Ask(const Method& method, const Asking& asking);
  // The same on an executor whose calls `watch` watches, for threads of their own.
  Ended Ask(const Method& method, const Asking& asking, CallWatch& watch);

  // Requests of the method worth trying again: the empty one, one that it took if there was any, the one that led it
  // through most awaits, and one that it refused. Found once, on the instance of the first case that asks.
  const std::vector<std::string>& KnownRequests(const Method& method);
  // Whether the method took any.
  bool Took(const Method& method);
  // Has every method called with what it took before, in their order: what one makes, another finds.
  void Fill();

  ServiceInstance& instance() { return *instance_; }
  absl::Status Stop() { return instance_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(1)); }

 private:
  void Explore(const Method& method);
  // With what it took, if it took anything.
  void AskAgain(const Method& method);

  std::unique_ptr<ServiceInstance> instance_;
  CallWatch watch_;
  std::atomic<bool> hangs_{false};
};

}  // namespace tomada::testing
