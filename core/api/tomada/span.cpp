#include "tomada/span.h"

#include <algorithm>

#include <sodium.h>

#include "tomada/context.h"

namespace tomada {
namespace {

constexpr size_t kMaxAttributes = 32;
constexpr size_t kMaxText = 2048;

}  // namespace

SpanSink::~SpanSink() = default;

std::shared_ptr<void> Tracing::Attach(std::shared_ptr<SpanSink> sink) {
  {
    std::lock_guard lock(mutex_);
    Sinks sinks = sinks_ != nullptr ? *sinks_ : Sinks();
    sinks.push_back(sink);
    Set(std::move(sinks));
  }
  const auto detach = [tracing = shared_from_this(), sink](void*) {
    std::lock_guard lock(tracing->mutex_);
    Sinks sinks = *tracing->sinks_;
    sinks.erase(std::ranges::find(sinks, sink));
    tracing->Set(std::move(sinks));
  };
  return std::shared_ptr<void>(nullptr, detach);
}

void Tracing::Set(Sinks sinks) {
  attached_.store(!sinks.empty(), std::memory_order_relaxed);
  sinks_ = sinks.empty() ? nullptr : std::make_shared<const Sinks>(std::move(sinks));
}

std::shared_ptr<const Tracing::Sinks> Tracing::sinks() const {
  if (!attached_.load(std::memory_order_relaxed)) return nullptr;
  std::lock_guard lock(mutex_);
  return sinks_;
}

Step::Step(const Context& context, std::string name, Kind kind)
    : component_(context.id()), name_(std::move(name)), kind_(kind), tracing_(context.tracing()) {}

struct Span::Recording {
  Tracing::Sinks sinks;  // that want it
  SpanRecord record;
  Deadline begin;
};

Span::Span(Call& call, const Step& step) : call_(call), step_(step), outer_(std::exchange(call.innermost_, this)) {
  if (outer_ != nullptr) outer_->inner_ = this;
  call.waits_for_.store(&step, std::memory_order_relaxed);
  const std::shared_ptr<const Tracing::Sinks> sinks = step.tracing_->sinks();
  if (sinks == nullptr) return;
  Tracing::Sinks wanting;
  std::ranges::copy_if(*sinks, std::back_inserter(wanting), [&](const auto& sink) { return sink->Wants(call); });
  if (wanting.empty()) return;

  recording_ = std::make_unique<Recording>();
  recording_->sinks = std::move(wanting);
  recording_->begin = std::chrono::steady_clock::now();
  SpanRecord& record = recording_->record;
  record.step = &step;
  record.method = call.method();
  record.call_id = call.id();
  record.begin = std::chrono::system_clock::now();
  record.trace = call.trace();
  if (step.kind() == Step::Kind::kServer) return;
  record.trace.parent_id = outer_ != nullptr ? outer_->trace().span_id : record.trace.span_id;
  randombytes_buf(record.trace.span_id.data(), record.trace.span_id.size());
}

Span::~Span() {
  (inner_ != nullptr ? inner_->outer_ : call_.innermost_) = outer_;
  if (outer_ != nullptr) outer_->inner_ = inner_;
  call_.waits_for_.store(call_.innermost_ != nullptr ? &call_.innermost_->step_ : nullptr, std::memory_order_relaxed);
  call_.executor().SetRunning(&call_);  // it has resumed by now
  if (recording_ == nullptr) return;
  recording_->record.duration = std::chrono::steady_clock::now() - recording_->begin;
  for (const std::shared_ptr<SpanSink>& sink : recording_->sinks) sink->Ended(recording_->record);
}

void Span::SetStatus(absl::Status status) {
  if (recording_ != nullptr) recording_->record.status = std::move(status);
}

void Span::SetAttribute(std::string_view key, std::string_view value) {
  if (recording_ == nullptr || recording_->record.attributes.size() >= kMaxAttributes) return;
  recording_->record.attributes.emplace_back(key.substr(0, kMaxText), std::string(value.substr(0, kMaxText)));
}

void Span::SetAttribute(std::string_view key, int64_t value) {
  if (recording_ == nullptr || recording_->record.attributes.size() >= kMaxAttributes) return;
  recording_->record.attributes.emplace_back(key.substr(0, kMaxText), value);
}

const TraceContext& Span::trace() const {
  if (recording_ != nullptr) return recording_->record.trace;
  return outer_ != nullptr ? outer_->trace() : call_.trace();
}

}  // namespace tomada
