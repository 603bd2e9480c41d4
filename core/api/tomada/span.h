// Span: a step of a call that takes its time, such as an operation of a store or a request to another server.
//
//   const Step get_{context, "get"};  // in the component, made once
//   ...
//   Span span(call, get_);  // from here on the call waits for it, to the end of the scope
//   absl::StatusOr<RecordPtr> record = co_await Fetch(call, id);
//   span.SetStatus(record.status());
//
// While it lives, Call::waits_for names it. While somebody records spans, it becomes one of the call's trace; while
// nobody does, nothing is allocated and no clock is read.
#ifndef TOMADA_SPAN_H_
#define TOMADA_SPAN_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <absl/status/status.h>

#include "tomada/call.h"

namespace tomada {

class Context;
class Step;

// A span that has ended.
struct SpanRecord {
  using Value = std::variant<int64_t, std::string>;

  const Step* step = nullptr;
  // Null for a call without a method.
  const google::protobuf::MethodDescriptor* method = nullptr;
  std::string call_id;
  TraceContext trace;  // with the span's id and its parent's
  std::chrono::system_clock::time_point begin;
  std::chrono::nanoseconds duration{};
  absl::Status status;
  std::vector<std::pair<std::string, Value>> attributes;
};

// Who takes spans: an exporter, a log of slow calls. Called on any thread, by many at once; it neither waits nor
// throws.
class SpanSink {
 public:
  virtual ~SpanSink();
  // Whether it wants the spans of this call. Asked when each begins, on the call's executor.
  virtual bool Wants(Call& call) = 0;
  // `record.step` and `record.method` live as long as their components.
  virtual void Ended(const SpanRecord& record) = 0;
};

// Who takes the spans of this process. Kept by the host. Thread-safe.
class Tracing : public std::enable_shared_from_this<Tracing> {
 public:
  using Sinks = std::vector<std::shared_ptr<SpanSink>>;

  // Until the handle is dropped. A span that has begun may still end in the sink after that.
  [[nodiscard]] std::shared_ptr<void> Attach(std::shared_ptr<SpanSink> sink);

  // Null when there is none.
  std::shared_ptr<const Sinks> sinks() const;

 private:
  void Set(Sinks sinks);  // under the mutex

  std::atomic<bool> attached_{false};  // so that most spans take no lock
  mutable std::mutex mutex_;           // guards the following
  std::shared_ptr<const Sinks> sinks_;
};

// Something that a component does for calls, under a name. Made in its constructor and kept as long as it. Thread-safe.
class Step {
 public:
  // As OpenTelemetry's span kinds: something within the process, the whole of a call at the transport that took it, a
  // request to another process.
  enum class Kind : uint8_t { kInternal, kServer, kClient };

  // `name` in a few words without anything of a call: "get", "hash the password".
  Step(const Context& context, std::string name, Kind kind = Kind::kInternal);
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  const std::string& component() const { return component_; }  // its id
  const std::string& name() const { return name_; }
  Kind kind() const { return kind_; }

 private:
  friend class Span;

  const std::string component_, name_;
  const Kind kind_;
  const std::shared_ptr<const Tracing> tracing_;
};

// On the thread of the call's executor, as is all of a Call. It ends before its call does.
class Span {
 public:
  // Beneath the innermost span of the call that has not ended, else beneath the call; of Kind::kServer it is the call's
  // own. Of two that run side by side (Both) the later may be shown beneath the other.
  Span(Call& call, const Step& step);
  ~Span();
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

  // OK unless it is set.
  void SetStatus(absl::Status status);
  // Nothing that may be secret, and of a user's data nothing. At most 32, each text at most 2 KiB; what is more is cut.
  void SetAttribute(std::string_view key, std::string_view value);
  void SetAttribute(std::string_view key, int64_t value);
  // What a request that is made within the span carries on: the span's ids when it is recorded, else the call's.
  const TraceContext& trace() const;

 private:
  struct Recording;

  Call& call_;
  const Step& step_;
  Span* outer_;                           // begun before this and not ended; null when there is none
  Span* inner_ = nullptr;                 // begun after this and not ended
  std::unique_ptr<Recording> recording_;  // null while nobody wants it
};

}  // namespace tomada

#endif  // TOMADA_SPAN_H_
