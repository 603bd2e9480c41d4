#pragma once

#include <charconv>
#include <cstdint>
#include <string>

#include <sodium.h>

namespace tomada::rocksdb_store {

// Versions for all records of a store: 64 random bits, drawn anew at each start, and a counter. A counter kept on disk
// would give versions twice, after a power cut that took its last values and in a restored backup.
// Not thread-safe: used by the commit thread only.
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
