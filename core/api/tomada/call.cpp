#include "tomada/call.h"

#include <algorithm>

#include <sodium.h>

namespace tomada {
namespace {

constexpr size_t kMaxRequestId = 128;

bool IsUsableId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxRequestId &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

std::string RandomId() {
  unsigned char bytes[8];
  randombytes_buf(bytes, sizeof bytes);
  char hex[2 * sizeof bytes + 1];
  sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
  return hex;
}

}  // namespace

std::optional<std::string_view> Metadata::Find(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.first == name) return entry.second;
  }
  return std::nullopt;
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
  if (!metadata_) LoadMetadata(metadata_.emplace());
  return *metadata_;
}

const std::string& Call::id() {
  if (id_.empty()) {
    std::string_view given = metadata().Find("x-request-id").value_or("");
    id_ = IsUsableId(given) ? std::string(given) : RandomId();
  }
  return id_;
}

}  // namespace tomada
