// What a handler awaits that has nothing left to do.
#pragma once

#include <atomic>
#include <coroutine>
#include <functional>
#include <optional>
#include <stop_token>

#include "tomada/call.h"

namespace tomada::testing {

// Finishes when the call is cancelled, on its executor.
class UntilCancelled {
 public:
  explicit UntilCancelled(Call& call) : call_(call) {}
  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> self) {
    self_ = self;
    std::stop_token token = call_.stop_token();
    callback_.emplace(std::move(token), std::function<void()>([this] {
                        if (IsSecond()) call_.executor().Post(self_);
                      }));
    return !IsSecond();
  }
  void await_resume() {}

 private:
  // Of the callback and await_suspend, the second goes on.
  bool IsSecond() { return arrived_.exchange(true); }

  Call& call_;
  std::coroutine_handle<> self_;
  std::atomic<bool> arrived_{false};
  std::optional<std::stop_callback<std::function<void()>>> callback_;
};

}  // namespace tomada::testing
