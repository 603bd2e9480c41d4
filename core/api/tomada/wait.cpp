#include "tomada/wait.h"

namespace tomada {
namespace wait_internal {

void WaiterList::Append(Waiter& waiter) {
  waiter.place_ = Waiter::Place::kInList;
  waiter.previous_ = last_;
  waiter.next_ = nullptr;
  (last_ != nullptr ? last_->next_ : first_) = &waiter;
  last_ = &waiter;
}

Waiter* WaiterList::TakeFirst() {
  Waiter* waiter = first_;
  if (waiter != nullptr) Remove(*waiter);
  return waiter;
}

Waiter* WaiterList::TakeAll() {
  for (Waiter* waiter = first_; waiter != nullptr; waiter = waiter->next_) waiter->place_ = Waiter::Place::kTaken;
  last_ = nullptr;
  return std::exchange(first_, nullptr);
}

void WaiterList::ResumeAll(Waiter* first) {
  while (first != nullptr) {
    Waiter* next = first->next_;  // it may be gone once it is resumed
    first->Resume();
    first = next;
  }
}

void WaiterList::Remove(Waiter& waiter) {
  waiter.place_ = Waiter::Place::kTaken;
  (waiter.previous_ != nullptr ? waiter.previous_->next_ : first_) = waiter.next_;
  (waiter.next_ != nullptr ? waiter.next_->previous_ : last_) = waiter.previous_;
}

// On any thread, once. Before the waiter is in the list: Suspend sees it.
void Waiter::Cancel() {
  {
    std::lock_guard lock(mutex_);
    if (place_ == Place::kTaken) return;
    cancelled_ = true;
    if (place_ == Place::kBefore) return;
    list_.Remove(*this);
  }
  Resume();
}

void Sleeping::Expired() {
  {
    std::lock_guard lock(mutex_);
    if (list_.TakeFirst() == nullptr) return;  // cancelled
  }
  Resume();
}

}  // namespace wait_internal

void Event::Set() {
  wait_internal::Waiter* waiting;
  {
    std::lock_guard lock(mutex_);
    set_ = true;
    waiting = waiters_.TakeAll();
  }
  wait_internal::WaiterList::ResumeAll(waiting);
}

}  // namespace tomada
