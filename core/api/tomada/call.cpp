#include "tomada/call.h"

#include <algorithm>
#include <memory>

#include <sodium.h>

namespace tomada {
namespace {

// Of tracestate so much is to be passed on at least (W3C Trace Context, 3.3.1.5).
constexpr size_t kMaxTraceState = 512;
// Bits of traceparent's flags.
constexpr uint8_t kSampled = 1, kRandom = 2;

template <size_t kSize>
std::string ToHex(const std::array<uint8_t, kSize>& bytes) {
  char hex[2 * kSize + 1];
  sodium_bin2hex(hex, sizeof hex, bytes.data(), kSize);
  return hex;
}

// Digits of lower case alone, as many as the bytes need.
template <size_t kSize>
bool FromHex(std::string_view hex, std::array<uint8_t, kSize>& bytes) {
  const bool digits = std::ranges::all_of(hex, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return digits && hex.size() == 2 * kSize &&
         sodium_hex2bin(bytes.data(), kSize, hex.data(), hex.size(), nullptr, nullptr, nullptr) == 0;
}

template <size_t kSize>
bool IsZero(const std::array<uint8_t, kSize>& bytes) {
  return std::ranges::all_of(bytes, [](uint8_t byte) { return byte == 0; });
}

bool IsPrintable(char c) { return c >= 0x20 && c < 0x7f; }

std::string RandomId() {
  std::array<uint8_t, 8> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  return ToHex(bytes);
}

}  // namespace

bool IsCallId(std::string_view text) {
  constexpr size_t kLongest = 128;
  return !text.empty() && text.size() <= kLongest &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::optional<std::string_view> Metadata::Find(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.first == name) return entry.second;
  }
  return std::nullopt;
}

void Metadata::RemovePrefix(std::string_view prefix) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.first.starts_with(prefix); });
}

TraceContext TraceContext::Continue(std::string_view traceparent, std::string_view tracestate) {
  // "vv-" 32 digits "-" 16 digits "-" 2 digits, and of a later version perhaps "-" and more.
  constexpr size_t kLength = 55;
  TraceContext trace;
  randombytes_buf(trace.span_id.data(), trace.span_id.size());
  std::array<uint8_t, 1> version, flags;
  const bool valid = traceparent.size() >= kLength && FromHex(traceparent.substr(0, 2), version) &&
                     version[0] != 0xff && traceparent[2] == '-' &&
                     FromHex(traceparent.substr(3, 32), trace.trace_id) && traceparent[35] == '-' &&
                     FromHex(traceparent.substr(36, 16), trace.parent_id) && traceparent[52] == '-' &&
                     FromHex(traceparent.substr(53, 2), flags) &&
                     (traceparent.size() == kLength || (version[0] != 0 && traceparent[kLength] == '-')) &&
                     !IsZero(trace.trace_id) && !IsZero(trace.parent_id);
  if (!valid) {
    randombytes_buf(trace.trace_id.data(), trace.trace_id.size());
    trace.parent_id = {};
    trace.random = true;
    return trace;
  }
  trace.sampled = (flags[0] & kSampled) != 0;
  trace.random = (flags[0] & kRandom) != 0;
  if (tracestate.size() <= kMaxTraceState && std::ranges::all_of(tracestate, IsPrintable)) trace.state = tracestate;
  return trace;
}

std::string TraceContext::ToTraceparent() const {
  const std::array<uint8_t, 1> flags{static_cast<uint8_t>((sampled ? kSampled : 0) | (random ? kRandom : 0))};
  return "00-" + ToHex(trace_id) + '-' + ToHex(span_id) + '-' + ToHex(flags);
}

Call::~Call() = default;

std::chrono::nanoseconds Call::time_left() const {
  return std::max(std::chrono::nanoseconds::zero(),
                  std::chrono::nanoseconds(deadline_ - std::chrono::steady_clock::now()));
}

void Call::Cancel(absl::Status reason) {
  std::stop_source stop(std::nostopstate);
  {
    std::lock_guard lock(mutex_);
    if (cancelled_.load(std::memory_order_relaxed)) return;
    reason_ = std::move(reason);
    cancelled_.store(true, std::memory_order_release);
    stop = stop_;
  }
  stop.request_stop();  // outside the lock: callbacks ask for status()
}

absl::Status Call::status() const {
  std::lock_guard lock(mutex_);
  return reason_;
}

std::stop_token Call::stop_token() {
  std::lock_guard lock(mutex_);
  if (!stop_.stop_possible()) {
    stop_ = std::stop_source();
    if (cancelled_.load(std::memory_order_relaxed)) stop_.request_stop();  // nobody listens yet
  }
  return stop_.get_token();
}

const Metadata& Call::metadata() {
  if (!metadata_) {
    LoadMetadata(metadata_.emplace());
    metadata_->RemovePrefix(kReservedPrefix);
  }
  return *metadata_;
}

const Peer& Call::peer() {
  if (peer_ == nullptr) {
    auto peer = std::make_unique<Peer>();
    LoadPeer(*peer);
    peer_ = std::move(peer);
  }
  return *peer_;
}

const TraceContext& Call::trace() {
  if (trace_ == nullptr) {
    trace_ = std::make_unique<TraceContext>(TraceContext::Continue(metadata().Find("traceparent").value_or(""),
                                                                   metadata().Find("tracestate").value_or("")));
  }
  return *trace_;
}

const std::string& Call::id() {
  if (id_.empty()) {
    std::string_view given = metadata().Find("x-request-id").value_or("");
    id_ = IsCallId(given) ? std::string(given) : RandomId();
  }
  return id_;
}

}  // namespace tomada
