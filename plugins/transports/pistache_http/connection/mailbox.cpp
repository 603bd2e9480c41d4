#include "connection/mailbox.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

namespace tomada::pistache_http {

Mailbox::Mailbox() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Mailbox::Post(std::coroutine_handle<> coroutine) { PostAll({&coroutine, 1}); }

void Mailbox::PostAll(std::span<const std::coroutine_handle<>> coroutines) {
  if (coroutines.empty()) return;
  // The write is made under the lock: the worker cannot run the coroutines, finish and be destroyed before it.
  std::lock_guard lock(mutex_);
  posted_.insert(posted_.end(), coroutines.begin(), coroutines.end());
  if (asleep_) Wake();
}

void Mailbox::RunBatch() {
  {
    std::lock_guard lock(mutex_);
    batch_.swap(posted_);
  }
  for (std::coroutine_handle<> coroutine : batch_) coroutine.resume();
  batch_.clear();
  std::lock_guard lock(mutex_);
  asleep_ = true;
  if (!posted_.empty()) Wake();
}

// The counter is never read: each write is a new edge.
void Mailbox::Wake() {
  asleep_ = false;
  eventfd_write(fd_.get(), 1);
}

}  // namespace tomada::pistache_http
