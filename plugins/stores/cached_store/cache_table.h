// A table of the cache, as the cached store wants one: it never fails, and never takes long.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "breaker.h"
#include "timed_call.h"
#include "tomada/store.h"

namespace tomada::cached_store {

// Each call gets a Call of its own that ends after `timeout`, whatever the cache does; one that fails tells the
// breaker. Thread-safe.
class CacheTable {
 public:
  // `home` and `breaker` outlive it. Only those with the same `salt` see each other's entries.
  CacheTable(std::unique_ptr<Table> table, std::string salt, uint64_t max_value_bytes, std::chrono::nanoseconds timeout,
             Home& home, Breaker& breaker)
      : table_(std::move(table)),
        salt_(std::move(salt)),
        max_value_bytes_(max_value_bytes),
        timeout_(timeout),
        home_(home),
        breaker_(breaker) {}

  // Null for what is not there or not to be had. End with `call` at the latest.
  Task<RecordPtr> Get(Call& call, std::string key);
  Task<std::vector<RecordPtr>> GetMany(Call& call, std::vector<std::string> keys);

  enum class Put { kMade, kNotMade, kUnknown };
  // Belongs to no call: resumes on the store's own thread.
  Task<Put> Keep(std::string key, std::string value, absl::Time until);
  bool Fits(const std::string& value) const { return value.size() <= max_value_bytes_; }

  // True when certainly nothing is there any more. Ends with `call`, which may be null: see Keep.
  Task<bool> Drop(Call* call, std::string key);

 private:
  // When a call to the cache ends that is made on behalf of `parent`, or of nobody.
  Deadline EndFor(const Call* parent) const;
  void ReportToBreaker(const Call* parent, const absl::Status& status);

  const std::unique_ptr<Table> table_;
  const std::string salt_;
  const uint64_t max_value_bytes_;
  const std::chrono::nanoseconds timeout_;
  Home& home_;
  Breaker& breaker_;
};

}  // namespace tomada::cached_store
