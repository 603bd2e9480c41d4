#pragma once

#include <atomic>
#include <cstdint>

namespace tomada::memory_store {

// About how many bytes a store's tables take together, and how many they may. Thread-safe.
class Budget {
 public:
  // 0 means no limit.
  explicit Budget(uint64_t limit) : limit_(limit) {}

  void Add(uint64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void Subtract(uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  uint64_t limit() const { return limit_; }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  // Asked before a write, which may then pass the limit by its own size.
  bool full() const { return limit_ != 0 && used() >= limit_; }

 private:
  const uint64_t limit_;
  std::atomic<uint64_t> used_{0};
};

}  // namespace tomada::memory_store
