// Holds answers back for a moment while the server says goodbye.
//
// gRPC 1.51 cancels the calls that reach a server between its Shutdown and the moment the client reads the GOAWAY.
// Clients that wait for answers send nothing new, so for that moment they get none.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

namespace tomada::grpc_server {

// Open at first. Thread-safe.
class DrainGate {
 public:
  class Held {
   public:
    // Called once, by Open.
    virtual void OnRelease() = 0;

   protected:
    ~Held() = default;
  };

  // False when the gate is open, and the caller goes on. Else `call` is kept until Open releases it.
  bool Hold(Held& call) {
    if (!closed_.load(std::memory_order_relaxed)) return false;
    std::lock_guard lock(mutex_);
    if (!closed_) return false;
    held_.push_back(&call);
    kept_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }

  // How many calls have been kept since it was made; grows only.
  size_t kept() const { return kept_.load(std::memory_order_relaxed); }

  void Close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }

  void Open() {
    std::vector<Held*> held;
    {
      std::lock_guard lock(mutex_);
      closed_ = false;
      held.swap(held_);
    }
    for (Held* call : held) call->OnRelease();
  }

 private:
  std::atomic<bool> closed_{false};
  std::atomic<size_t> kept_{0};
  std::mutex mutex_;
  std::vector<Held*> held_;
};

}  // namespace tomada::grpc_server
