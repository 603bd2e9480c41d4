#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "shard.h"

namespace tomada::memory_store {

// Numbers of shards, ascending and each once. Shards are only ever locked in this order, so that two writes cannot wait
// for each other in a circle.
class ShardNumbers {
 public:
  // False when it was there already.
  bool Add(size_t number) {
    auto place = std::lower_bound(numbers_.begin(), numbers_.end(), number);
    if (place != numbers_.end() && *place == number) return false;
    numbers_.insert(place, number);
    return true;
  }

  auto begin() const { return numbers_.begin(); }
  auto end() const { return numbers_.end(); }
  size_t size() const { return numbers_.size(); }

 private:
  std::vector<size_t> numbers_;
};

// Holds several shards alone, for a write that concerns them all.
class WriteLocks {
 public:
  WriteLocks(std::deque<Shard>& shards, const ShardNumbers& numbers) {
    locks_.reserve(numbers.size());
    for (size_t number : numbers) locks_.emplace_back(shards[number].mutex);
  }

 private:
  std::vector<std::unique_lock<std::shared_mutex>> locks_;
};

}  // namespace tomada::memory_store
