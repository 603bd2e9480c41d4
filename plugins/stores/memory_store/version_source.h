#pragma once

#include <atomic>
#include <charconv>
#include <cstdint>
#include <string>

namespace tomada::memory_store {

// Versions for all records of a store: a counter, so that none is given twice, that starts at a random number, so that
// a client who kept one from an earlier process does not meet it again. Thread-safe.
class VersionSource {
 public:
  explicit VersionSource(uint64_t start) : next_(start) {}

  std::string Next() {
    // In base 36 the largest has 13 digits, which std::string holds without allocating.
    char digits[13];
    auto [end, error] =
        std::to_chars(digits, digits + sizeof digits, next_.fetch_add(1, std::memory_order_relaxed), 36);
    return std::string(digits, end);
  }

 private:
  std::atomic<uint64_t> next_;
};

}  // namespace tomada::memory_store
