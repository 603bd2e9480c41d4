#include "key_states.h"

#include <algorithm>

#include <absl/time/clock.h>

namespace tomada::cached_store {

KeyStates::Trust KeyStates::TrustIn(const std::string& key) {
  std::lock_guard lock(mutex_);
  auto it = states_.find(key);
  static const State kNothing;
  if (it == states_.end() && all_until_ == absl::InfinitePast()) return Trust::kYes;  // without asking for the time
  return TrustIn(it == states_.end() ? kNothing : it->second, absl::Now());
}

KeyStates::Trust KeyStates::TrustIn(const State& state, absl::Time now) const {
  if (state.writes > 0 || now < state.held_until || now < all_until_) return Trust::kNo;
  if (now >= state.doubtful_until) return Trust::kYes;
  return state.changing ? Trust::kNo : Trust::kIfDropped;
}

KeyStates::Joined KeyStates::Join(const std::string& key) {
  std::lock_guard lock(mutex_);
  State& state = states_[key];
  Joined joined;
  if (state.writes > 0) return joined;
  if (!state.flight) {
    const absl::Time now = absl::Now();
    last_read_ = std::max(last_read_, now);
    state.flight = std::make_shared<Flight>(now);
    joined.leads = true;
  }
  joined.flight = state.flight;
  return joined;
}

bool KeyStates::Leave(const std::string& key, const std::shared_ptr<Flight>& flight, bool wanted) {
  std::lock_guard lock(mutex_);
  auto it = states_.find(key);
  // A write has begun since, and took the flight away from those who come later.
  if (it == states_.end() || it->second.flight != flight) return false;
  State& state = it->second;
  state.flight.reset();
  const absl::Time now = absl::Now();
  const bool puts = wanted && !state.changing && TrustIn(state, now) == Trust::kYes;
  if (puts) state.changing = true;
  Forget(it, now);
  return puts;
}

bool KeyStates::EndPut(const std::string& key, bool known, absl::Time until) {
  std::lock_guard lock(mutex_);
  auto it = states_.find(key);
  State& state = it->second;
  state.changing = false;
  if (!known) state.held_until = std::max(state.held_until, until);
  const absl::Time now = absl::Now();
  const bool doubtful = now < state.doubtful_until;
  Forget(it, now);
  return doubtful;
}

void KeyStates::BeginWrite(const Keys& keys) {
  std::lock_guard lock(mutex_);
  for (const std::string& key : keys) {
    State& state = states_[key];
    ++state.writes;
    state.flight.reset();
  }
}

void KeyStates::EndWrite(const Keys& keys, Effect effect) {
  std::lock_guard lock(mutex_);
  const absl::Time now = absl::Now();
  // Also when the clock has gone back since the last fill, which went by the time before.
  const absl::Time until = std::max(now, last_read_) + ttl_;
  for (const std::string& key : keys) {
    auto it = states_.find(key);
    --it->second.writes;
    Doubt(it->second, effect, until);
    Forget(it, now);
  }
  if (states_.size() > max_keys_) DoubtAll(until);
}

void KeyStates::Doubt(State& state, Effect effect, absl::Time until) {
  if (effect == Effect::kNone) return;
  state.mark = ++last_mark_;
  state.doubtful_until = std::max(state.doubtful_until, until);
  if (effect == Effect::kUnknown) state.held_until = std::max(state.held_until, until);
}

void KeyStates::DoubtAll(absl::Time until) {
  const absl::Time now = absl::Now();
  for (auto it = states_.begin(); it != states_.end();) {
    until = std::max({until, it->second.doubtful_until, it->second.held_until});
    it->second.doubtful_until = it->second.held_until = absl::InfinitePast();
    it = Forget(it, now);
  }
  all_until_ = std::max(all_until_, until);
}

std::optional<uint64_t> KeyStates::BeginDrop(const std::string& key) {
  std::lock_guard lock(mutex_);
  auto it = states_.find(key);
  if (it == states_.end() || it->second.changing || absl::Now() >= it->second.doubtful_until) return std::nullopt;
  it->second.changing = true;
  return it->second.mark;
}

bool KeyStates::EndDrop(const std::string& key, uint64_t mark, bool confirmed) {
  std::lock_guard lock(mutex_);
  auto it = states_.find(key);
  State& state = it->second;
  state.changing = false;
  const bool latest = state.mark == mark;
  if (confirmed && latest) state.doubtful_until = absl::InfinitePast();
  Forget(it, absl::Now());
  return confirmed && !latest;
}

void KeyStates::Sweep() {
  std::lock_guard lock(mutex_);
  const absl::Time now = absl::Now();
  for (auto it = states_.begin(); it != states_.end();) it = Forget(it, now);
  if (now >= all_until_) all_until_ = absl::InfinitePast();
}

size_t KeyStates::size() const {
  std::lock_guard lock(mutex_);
  return states_.size();
}

// Unless there is something left to know. What comes after it.
KeyStates::States::iterator KeyStates::Forget(States::iterator it, absl::Time now) {
  const State& state = it->second;
  if (state.writes > 0 || state.changing || state.flight) return std::next(it);
  if (now < state.doubtful_until || now < state.held_until) return std::next(it);
  return states_.erase(it);
}

}  // namespace tomada::cached_store
