// Call: one invocation of a method, as the handler and everything beneath it sees it.
#ifndef TOMADA_CALL_H_
#define TOMADA_CALL_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
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

class Step;
class Span;

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
  // All entries whose name begins with `prefix`.
  void RemovePrefix(std::string_view prefix);

 private:
  std::vector<Entry> entries_;
};

// Names of metadata that begin with it are for middleware: what the outside sends under them is never seen.
inline constexpr std::string_view kReservedPrefix = "tomada-";

// Who is at the other end of a call's connection.
struct Peer {
  // "192.0.2.1", "2001:db8::1", or "unix" for a client of this machine without an address. Of a client that came
  // through proxies which the transport trusts, its own. Empty for a call that no client made, or whose client had gone
  // before anybody asked.
  std::string address;
  // What its TLS certificate names, a URI or else a DNS name of its subject alternative names; empty without one.
  std::string identity;
};

// Who makes a call, as a middleware has found out. Nothing that a client sends is one by itself.
struct Principal {
  std::string kind;  // how it was found out: "api_key", "jwt", "mtls"
  std::string name;
  std::vector<std::string> scopes;
};

// What joins the work of several processes for one request (W3C Trace Context, level 2).
struct TraceContext {
  std::array<uint8_t, 16> trace_id{};
  std::array<uint8_t, 8> span_id{};    // this call's
  std::array<uint8_t, 8> parent_id{};  // the caller's; zero for the first of a trace
  bool sampled = false;
  bool random = false;  // the trace id's last seven bytes are random, as its maker says
  std::string state;    // tracestate, as it came

  // A new span of the trace that the headers name, of a new trace when they name none (section 3.2: lower case, version
  // ff and ids of zero are invalid). `tracestate` counts only beside a valid traceparent, and when it is at most 512
  // bytes of printable ASCII.
  static TraceContext Continue(std::string_view traceparent, std::string_view tracestate);
  // "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01": what those who are called by this call are sent.
  std::string ToTraceparent() const;
};

// Whether `text` may name a call: 1 to 128 bytes of visible ASCII, fit for a header and a log line.
bool IsCallId(std::string_view text);

// Which calls go first when not all can be served.
enum class Priority : uint8_t {
  kSystem,     // of those who run the host: health, admin
  kDefault,    // of clients
  kSheddable,  // may be asked for again later: exports, retries
};

// A transport makes one for each request; so does code that works without a request (a sweeper, a warm-up). It outlives
// the task that serves it. Cancel, cancelled and status may be called from any thread. Everything else is for one
// thread at a time: the one that runs the handler, which is its executor's.
class Call {
 public:
  // Every call has a deadline. Who makes the call chooses it, and cancels the call when it has passed: nothing here
  // does. `executor` outlives the call.
  Call(Executor& executor, Deadline deadline) : executor_(executor), deadline_(deadline) {}
  virtual ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Executor& executor() const { return executor_; }
  Deadline deadline() const { return deadline_; }
  // Never negative: zero when the deadline has passed.
  std::chrono::nanoseconds time_left() const;

  // Ends the call early: the client went away (CANCELLED) or the deadline passed (DEADLINE_EXCEEDED). The operation
  // that the handler awaits finishes early, on the calling thread or its own. After the first, Cancel has no effect.
  // Nothing is freed: the handler still runs to its end.
  void Cancel(absl::Status reason);
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  // OK while the call goes on, then the reason given to Cancel.
  absl::Status status() const;

  // For operations that wait: a std::stop_callback on this token runs when the call is cancelled, at once when it
  // already was.
  std::stop_token stop_token();

  // What the client sent, without names under kReservedPrefix. Empty for a call that no client made.
  const Metadata& metadata();
  // What is sent before the first response message. What is added after that has been sent is lost.
  Metadata& response_metadata() { return response_metadata_; }

  // Names this call in log lines and errors: the client's x-request-id when that is one (IsCallId), else a random one.
  // Stable for the life of the call.
  const std::string& id();

  const Peer& peer();

  // Null while nobody has found out. Set by a middleware before it passes the call on, for everything beneath it. It
  // never leaves the process.
  const std::shared_ptr<const Principal>& principal() const { return principal_; }
  void set_principal(std::shared_ptr<const Principal> principal) { principal_ = std::move(principal); }

  // Stable for the life of the call. Continues the trace that the client's traceparent names, else begins one.
  const TraceContext& trace();
  // Whether there is one: the client has sent a traceparent, or trace() has been called.
  bool traced() { return trace_ != nullptr || metadata().Find("traceparent").has_value(); }

  Priority priority() const { return priority_; }
  // By the transport, or a middleware.
  void set_priority(Priority priority) { priority_ = priority; }

  // Which method is called. Null before the handler is, and for a call that no transport made. Set by Invoke.
  const google::protobuf::MethodDescriptor* method() const { return method_; }
  void set_method(const google::protobuf::MethodDescriptor& method) { method_ = &method; }

  // What the call is at: the innermost Span (span.h) that has not ended; null when there is none. From any thread; it
  // lives as long as its component.
  const Step* waits_for() const { return waits_for_.load(std::memory_order_relaxed); }

 protected:
  // Each is called once, at the first use of what it loads: most handlers never look, and a copy for each call would be
  // wasted.
  virtual void LoadMetadata(Metadata&) {}
  virtual void LoadPeer(Peer&) {}

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
  std::shared_ptr<const Principal> principal_;
  std::unique_ptr<const Peer> peer_;           // null until it is asked for
  std::unique_ptr<const TraceContext> trace_;  // null until it is asked for
  Priority priority_ = Priority::kDefault;
  const google::protobuf::MethodDescriptor* method_ = nullptr;
  friend Span;
  Span* innermost_ = nullptr;
  std::atomic<const Step*> waits_for_{nullptr};
};

}  // namespace tomada

#endif  // TOMADA_CALL_H_
