#pragma once

#include <charconv>
#include <cstdint>
#include <string>

#include <sodium.h>

namespace tomada::rocksdb_store {

// Versions for all records of a store: a counter behind 64 random bits that are drawn anew at each start. A counter
// kept on disk would come again after a power cut that took its last steps, and with a restored backup; this does not.
// Not thread-safe: the commit thread has it.
class VersionSource {
 public:
  VersionSource() {
    uint64_t random;
    randombytes_buf(&random, sizeof random);
    start_ = InBase36(random);
    start_ += '-';
  }

  std::string Next() { return start_ + InBase36(next_++); }

 private:
  static std::string InBase36(uint64_t number) {
    char digits[13];
    auto [end, error] = std::to_chars(digits, digits + sizeof digits, number, 36);
    return std::string(digits, end);
  }

  std::string start_;
  uint64_t next_ = 0;
};

}  // namespace tomada::rocksdb_store
