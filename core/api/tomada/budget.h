// Budgets: what the components of a process may take together, such as bytes of requests or calls of a kind.
//
//   const Budget bytes_ = context.budget("request_bytes");     // kept
//   Lease lease = bytes_.Take(request.size());                 // given back when it goes
//   if (!lease) co_return absl::ResourceExhaustedError("too much at once");
//
// Components that name the same budget share it. How large it is the profile says, under host.budgets; one that it does
// not name has no bound and is only counted.
#ifndef TOMADA_BUDGET_H_
#define TOMADA_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomada {

namespace budget_internal {

struct State {
  std::atomic<uint64_t> limit{std::numeric_limits<uint64_t>::max()};
  std::atomic<uint64_t> used{0}, refused{0};
  std::atomic<bool> named{false};  // by a component

  bool Take(uint64_t amount);
};

}  // namespace budget_internal

// A part of a budget. One thread at a time.
class Lease {
 public:
  Lease() = default;  // refused
  Lease(std::shared_ptr<budget_internal::State> of, uint64_t amount) : of_(std::move(of)), amount_(amount) {}
  Lease(Lease&& other) noexcept : of_(std::move(other.of_)), amount_(std::exchange(other.amount_, 0)) {}
  Lease& operator=(Lease&& other) noexcept {
    Lease old = std::move(*this);
    of_ = std::move(other.of_);
    amount_ = std::exchange(other.amount_, 0);
    return *this;
  }
  ~Lease() {
    if (of_) of_->used.fetch_sub(amount_, std::memory_order_relaxed);
  }

  explicit operator bool() const { return of_ != nullptr; }
  uint64_t amount() const { return amount_; }
  // Takes so much more, or false and nothing.
  bool Extend(uint64_t more) {
    if (!of_ || !of_->Take(more)) return false;
    amount_ += more;
    return true;
  }

 private:
  std::shared_ptr<budget_internal::State> of_;  // null when it was refused, or moved away
  uint64_t amount_ = 0;
};

// A small value to copy and keep. Thread-safe; nothing here waits.
class Budget {
 public:
  // One of its own, without a bound.
  Budget() : state_(std::make_shared<budget_internal::State>()) {}
  explicit Budget(std::shared_ptr<budget_internal::State> state) : state_(std::move(state)) {}

  // All of `amount` or, when not so much is left, a lease that is false.
  Lease Take(uint64_t amount) const { return state_->Take(amount) ? Lease(state_, amount) : Lease(); }

 private:
  std::shared_ptr<budget_internal::State> state_;
};

// All budgets of a process, by name. Kept by the host. Thread-safe.
class Budgets {
 public:
  struct Status {
    std::string name;
    uint64_t limit, used, refused;  // `limit`: the largest number when there is none. `refused`: how often
    bool named;                     // whether a component has it
  };

  // May be set before or after somebody has it; what was taken stays taken.
  void SetLimit(std::string_view name, uint64_t limit);
  Budget Find(std::string_view name);
  std::vector<Status> All() const;

 private:
  std::shared_ptr<budget_internal::State>& StateOf(std::string_view name);

  mutable std::mutex mutex_;  // guards the map, not the states
  std::map<std::string, std::shared_ptr<budget_internal::State>, std::less<>> states_;
};

}  // namespace tomada

#endif  // TOMADA_BUDGET_H_
