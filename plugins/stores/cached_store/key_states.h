// What this process knows of a cached key while something is under way. All races between fills, writes and drops are
// decided here; docs/decisions/0011-cached-store.md says why the rules are enough.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "flight.h"

namespace tomada::cached_store {

// The keys of one table. Thread-safe; holds its lock for a few steps only, never during a call.
class KeyStates {
 public:
  using Keys = std::vector<std::string>;

  // `ttl`: nothing that this or another process puts into the cache lives longer after its read. With more than
  // `max_keys` the doubtful ones are forgotten and the whole table is doubted instead.
  KeyStates(absl::Duration ttl, size_t max_keys) : ttl_(ttl), max_keys_(max_keys) {}

  // Whether what the cache holds for a key may be given out.
  enum class Trust {
    kYes,
    kIfDropped,  // not before a drop has been confirmed; nobody is trying just now
    kNo,
  };
  Trust TrustIn(const std::string& key);

  // Before the store is read. The first call is the leader, the others wait for its answer. No flight while a write is
  // under way: what is read then may be old when the write has ended, so each call reads for itself.
  struct Joined {
    std::shared_ptr<Flight> flight;
    bool leads = false;
  };
  Joined Join(const std::string& key);
  // The leader has its answer. True when what was read may be put into the cache; the caller then does and calls
  // EndPut. Never true when a write has begun since, nor without `wanted`.
  bool Leave(const std::string& key, const std::shared_ptr<Flight>& flight, bool wanted);
  // `known`: the put has certainly been made or certainly not; else it may yet happen, and what it leaves ends by
  // `until`. True when the key is to be dropped now.
  bool EndPut(const std::string& key, bool known, absl::Time until);

  // What a write has done to the store.
  enum class Effect { kNone, kDone, kUnknown };
  void BeginWrite(const Keys& keys);
  void EndWrite(const Keys& keys, Effect effect);

  // A drop of what the cache holds. Nothing when none is needed, or somebody else is changing the key in the cache.
  std::optional<uint64_t> BeginDrop(const std::string& key);
  // True when another write has ended meanwhile, so that it is to be dropped once more.
  bool EndDrop(const std::string& key, uint64_t mark, bool confirmed);

  // Forgets what time has settled.
  void Sweep();
  // How many keys are known: those with something under way, and the doubtful.
  size_t size() const;

 private:
  struct State {
    int writes = 0;                  // under way
    bool changing = false;           // a put or a drop is on its way to the cache; at most one is
    std::shared_ptr<Flight> flight;  // that others may join
    uint64_t mark = 0;               // of the last write that made it doubtful
    // Until then the cache may hold what a write has replaced, unless a drop is confirmed.
    absl::Time doubtful_until = absl::InfinitePast();
    // The same, when no drop can settle it: a write or a put may yet happen.
    absl::Time held_until = absl::InfinitePast();
  };
  using States = std::map<std::string, State>;  // ordered: no client can choose keys that fall together

  Trust TrustIn(const State& state, absl::Time now) const;
  States::iterator Forget(States::iterator it, absl::Time now);
  void Doubt(State& state, Effect effect, absl::Time until);
  void DoubtAll(absl::Time until);

  const absl::Duration ttl_;
  const size_t max_keys_;
  mutable std::mutex mutex_;  // guards what follows
  States states_;
  absl::Time all_until_ = absl::InfinitePast();  // doubt in all keys
  absl::Time last_read_ = absl::InfinitePast();  // began
  uint64_t last_mark_ = 0;
};

}  // namespace tomada::cached_store
