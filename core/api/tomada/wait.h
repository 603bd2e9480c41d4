// What a handler waits for besides stores and other services: a time, an event, a value from elsewhere.
//
//   absl::Status slept = co_await Sleep(call, std::chrono::seconds(1));
//
//   absl::Status changed = co_await event.Wait(call);                 // event.Set() on any thread
//
//   Channel<Visita> visitas(16);
//   absl::Status sent = co_await visitas.Send(call, visita);          // waits while 16 are there
//   absl::StatusOr<std::optional<Visita>> next = co_await visitas.Receive(call);
//
// Each ends exactly once: with OK when it has happened, else with the call's status when the call is cancelled first.
// It resumes on the call's executor, through its queue and never inside the one who set, sent or cancelled. What has
// happened already does not suspend.
#ifndef TOMADA_WAIT_H_
#define TOMADA_WAIT_H_

#include <cassert>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "tomada/call.h"
#include "tomada/executor.h"
#include "tomada/timer.h"

namespace tomada {
namespace wait_internal {

class Waiter;

// Those who wait for the same, first come first served. Whoever takes a waiter out resumes it, so each is resumed once.
class WaiterList {
 public:
  void Append(Waiter& waiter);
  // Null when there is none.
  Waiter* TakeFirst();
  // The first of all, for ResumeAll; null when there is none.
  Waiter* TakeAll();
  void Remove(Waiter& waiter);
  // Without the mutex.
  static void ResumeAll(Waiter* first);

 private:
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

// A coroutine that waits; the awaiter of it, in its frame.
class Waiter {
 public:
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // For who has taken it out of its list, without the mutex: posts the coroutine. It may be gone after this.
  void Resume() { call_.executor().Post(coroutine_); }

 protected:
  // `mutex` guards `list` and whatever the waiter waits for.
  Waiter(Call& call, std::mutex& mutex, WaiterList& list) : call_(call), mutex_(mutex), list_(list) {}
  ~Waiter() = default;

  // For await_suspend: false when there is nothing to wait for, as the call is cancelled or `happened`, asked under the
  // mutex, says so.
  template <class Happened>
  bool Suspend(std::coroutine_handle<> coroutine, Happened happened) {
    coroutine_ = coroutine;
    on_cancel_.emplace(call_.stop_token(), OnCancel{this});  // at once when it is cancelled
    std::lock_guard lock(mutex_);
    if (cancelled_ || happened()) return false;
    list_.Append(*this);
    return true;
  }
  // For await_resume. OK unless the call was cancelled first.
  absl::Status End() {
    call_.executor().SetRunning(&call_);
    on_cancel_.reset();
    return cancelled_ ? call_.status() : absl::OkStatus();
  }

  Call& call_;

 private:
  friend WaiterList;
  struct OnCancel {
    void operator()() const { waiter->Cancel(); }
    Waiter* waiter;
  };

  void Cancel();

  std::mutex& mutex_;
  WaiterList& list_;
  std::coroutine_handle<> coroutine_;
  std::optional<std::stop_callback<OnCancel>> on_cancel_;
  enum class Place { kBefore, kInList, kTaken } place_ = Place::kBefore;
  bool cancelled_ = false;
  Waiter* previous_ = nullptr;
  Waiter* next_ = nullptr;
};

class Sleeping final : private Waiter, private Timer {
 public:
  Sleeping(Call& call, Deadline until) : Waiter(call, mutex_, list_), Timer(call.executor().timers()), until_(until) {}

  bool await_ready() const { return !call_.cancelled() && until_ <= std::chrono::steady_clock::now(); }
  bool await_suspend(std::coroutine_handle<> coroutine) {
    assert(call_.executor().InThread());
    SetDeadline(until_);
    return Suspend(coroutine, [] { return false; });
  }
  absl::Status await_resume() {
    Unqueue();
    return End();
  }

 private:
  void Expired() override;

  const Deadline until_;
  std::mutex mutex_;
  WaiterList list_;
};

}  // namespace wait_internal

// Finishes after `duration`. On the thread of the call's executor, which keeps the time.
inline wait_internal::Sleeping Sleep(Call& call, std::chrono::nanoseconds duration) {
  return wait_internal::Sleeping(call, std::chrono::steady_clock::now() + duration);
}

// Something that happens, until it is reset. Thread-safe; nobody waits when it is destroyed.
class Event {
 private:
  class Waiting final : private wait_internal::Waiter {
   public:
    Waiting(Event& event, Call& call) : Waiter(call, event.mutex_, event.waiters_), event_(event) {}
    bool await_ready() const { return event_.is_set(); }
    bool await_suspend(std::coroutine_handle<> coroutine) {
      return Suspend(coroutine, [this] { return event_.set_; });
    }
    absl::Status await_resume() { return End(); }

   private:
    Event& event_;
  };

 public:
  bool is_set() const {
    std::lock_guard lock(mutex_);
    return set_;
  }
  // Whoever waits goes on, and whoever comes later does not wait.
  void Set();
  void Reset() {
    std::lock_guard lock(mutex_);
    set_ = false;
  }
  // Finishes once it has been set, even if it is reset before the waiter has its turn.
  Waiting Wait(Call& call) { return Waiting(*this, call); }

 private:
  mutable std::mutex mutex_;  // guards what follows
  bool set_ = false;
  wait_internal::WaiterList waiters_;
};

// A bounded queue of values between coroutines, and from any thread to them. Values come out in the order in which they
// went in, each once; of several who wait the first goes on first. Thread-safe; nobody waits when it is destroyed.
template <class T>
class Channel {
 private:
  using Waiter = wait_internal::Waiter;
  enum class Put { kIn, kFull, kClosed };

  class Sending final : private Waiter {
   public:
    Sending(Channel& channel, Call& call, T value)
        : Waiter(call, channel.mutex_, channel.senders_), channel_(channel), value_(std::move(value)) {}
    bool await_ready() { return !this->call_.cancelled() && (put_ = channel_.TryPut(value_)) != Put::kFull; }
    bool await_suspend(std::coroutine_handle<> coroutine) {
      Waiter* receiver = nullptr;
      const auto put = [&] { return (put_ = channel_.PutLocked(value_, receiver)) != Put::kFull; };
      const bool waits = this->Suspend(coroutine, put);
      if (receiver != nullptr) receiver->Resume();
      return waits;
    }
    absl::Status await_resume() {
      absl::Status end = this->End();
      if (put_ == Put::kIn) return absl::OkStatus();
      // Neither in nor cancelled: it waited, or came, when the channel was closed.
      return end.ok() ? absl::FailedPreconditionError("the channel is closed") : end;
    }

   private:
    friend Channel;
    Channel& channel_;
    T value_;
    Put put_ = Put::kFull;
  };

  class Receiving final : private Waiter {
   public:
    Receiving(Channel& channel, Call& call) : Waiter(call, channel.mutex_, channel.receivers_), channel_(channel) {}
    bool await_ready() { return !this->call_.cancelled() && channel_.TryTake(value_); }
    bool await_suspend(std::coroutine_handle<> coroutine) {
      Waiter* sender = nullptr;
      const bool waits = this->Suspend(coroutine, [&] { return channel_.TakeLocked(value_, sender); });
      if (sender != nullptr) sender->Resume();
      return waits;
    }
    absl::StatusOr<std::optional<T>> await_resume() {
      absl::Status end = this->End();
      if (!end.ok()) return end;
      return std::move(value_);
    }

   private:
    friend Channel;
    Channel& channel_;
    std::optional<T> value_;
  };

 public:
  // Holds up to `capacity` values, at least 1, that nobody has received yet.
  explicit Channel(size_t capacity) : capacity_(capacity) { assert(capacity > 0); }

  // Waits while the channel is full. FAILED_PRECONDITION when it is closed; the value is gone then.
  Sending Send(Call& call, T value) { return Sending(*this, call, std::move(value)); }
  // Without waiting: false, and `value` is as it was, when the channel is full or closed.
  bool TrySend(T&& value) { return TryPut(value) == Put::kIn; }

  // The next value; nothing when the channel is closed and empty.
  Receiving Receive(Call& call) { return Receiving(*this, call); }

  // Takes no more in. What is there is still received; who waits to send gets FAILED_PRECONDITION.
  void Close() {
    Waiter *senders, *receivers;
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
      senders = senders_.TakeAll();
      receivers = receivers_.TakeAll();
    }
    wait_internal::WaiterList::ResumeAll(senders);
    wait_internal::WaiterList::ResumeAll(receivers);
  }

 private:
  Put TryPut(T& value) {
    Waiter* receiver = nullptr;
    std::unique_lock lock(mutex_);
    const Put put = PutLocked(value, receiver);
    lock.unlock();
    if (receiver != nullptr) receiver->Resume();
    return put;
  }
  bool TryTake(std::optional<T>& value) {
    Waiter* sender = nullptr;
    std::unique_lock lock(mutex_);
    const bool taken = TakeLocked(value, sender);
    lock.unlock();
    if (sender != nullptr) sender->Resume();
    return taken;
  }

  // Who waits at the other end and has what it waited for is given back, to be resumed without the mutex.
  Put PutLocked(T& value, Waiter*& receiver) {
    if (closed_) return Put::kClosed;
    if ((receiver = receivers_.TakeFirst()) != nullptr) {
      static_cast<Receiving*>(receiver)->value_ = std::move(value);
      return Put::kIn;
    }
    if (values_.size() == capacity_) return Put::kFull;
    values_.push_back(std::move(value));
    return Put::kIn;
  }
  // Whether there is nothing more to wait for; without a value the channel is closed and empty.
  bool TakeLocked(std::optional<T>& value, Waiter*& sender) {
    if (values_.empty()) return closed_;
    value = std::move(values_.front());
    values_.pop_front();
    if ((sender = senders_.TakeFirst()) != nullptr) {
      auto& sending = *static_cast<Sending*>(sender);
      values_.push_back(std::move(sending.value_));
      sending.put_ = Put::kIn;
    }
    return true;
  }

  const size_t capacity_;
  std::mutex mutex_;  // guards what follows
  std::deque<T> values_;
  bool closed_ = false;
  wait_internal::WaiterList receivers_;  // none when there are values
  wait_internal::WaiterList senders_;    // none when there is room
};

}  // namespace tomada

#endif  // TOMADA_WAIT_H_
