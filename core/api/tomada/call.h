// Call: one invocation of a method, as the handler and everything beneath it sees it.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/status.h>

#include "tomada/executor.h"

namespace tomada {

// A point on the monotonic clock: jumps of the wall clock move no deadline.
using Deadline = std::chrono::steady_clock::time_point;

// Names and values that travel beside a message: gRPC metadata, HTTP headers. Names are lower case; a name ending in
// "-bin" holds raw bytes, any other printable ASCII. Names may repeat; order is kept.
class Metadata {
 public:
  using Entry = std::pair<std::string, std::string>;

  void Add(std::string name, std::string value) { entries_.emplace_back(std::move(name), std::move(value)); }
  // The first value of `name`; nothing when absent. Valid until the next Add.
  std::optional<std::string_view> Find(std::string_view name) const;
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

// Made by a transport for each request, and by anyone who works without one (a sweeper, a warm-up). It outlives the
// task that serves it. Cancel, cancelled and status may be called from any thread; the rest from the thread that runs
// the handler at the moment; of two that run at once (Both in task.h), from one of them.
class Call {
 public:
  // Every call has a deadline; whoever makes the call chooses it and cancels the call when it passes.
  // `executor` outlives the call.
  Call(Executor& executor, Deadline deadline) : executor_(executor), deadline_(deadline) {}
  virtual ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Executor& executor() const { return executor_; }
  Deadline deadline() const { return deadline_; }
  // Never negative: zero when the deadline has passed.
  std::chrono::nanoseconds time_left() const;

  // Ends the call early: the client went away (CANCELLED) or the deadline passed (DEADLINE_EXCEEDED). The operation
  // that the handler awaits finishes early, on this thread or its own. Only the first call counts. It frees nothing:
  // the handler still runs to its end.
  void Cancel(absl::Status reason);
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  // OK while the call goes on, then the reason given to Cancel.
  absl::Status status() const;

  // For operations that wait: a std::stop_callback on this token runs when the call is cancelled, at once when it
  // already was.
  std::stop_token stop_token();

  // What the client sent. Empty for a call that no client made.
  const Metadata& metadata();
  // What goes back before the first response message; of no effect once that has been sent.
  Metadata& response_metadata() { return response_metadata_; }

  // Names this call in log lines and errors: the client's x-request-id when it is short and printable, else a random
  // one. Stable for the life of the call.
  const std::string& id();

 protected:
  // Called once, at the first use of metadata(): most handlers never look, and a copy for each call would be wasted.
  virtual void LoadMetadata(Metadata&) {}

 private:
  Executor& executor_;
  const Deadline deadline_;
  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;                 // guards the two below
  std::stop_source stop_{std::nostopstate};  // made when first asked for: most calls never wait
  absl::Status reason_;
  std::optional<Metadata> metadata_;
  Metadata response_metadata_;
  std::string id_;
};

}  // namespace tomada
