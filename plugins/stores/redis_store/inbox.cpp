#include "inbox.h"

namespace tomada::redis_store {
namespace {

constexpr size_t kCommandOverhead = 256;  // about what a command takes besides its caller's bytes

}  // namespace

void Inbox::Open() {
  std::lock_guard lock(mutex_);
  open_ = true;
}

bool Inbox::Submit(Command& command) {
  const size_t size = kCommandOverhead + command.size();
  {
    std::lock_guard lock(mutex_);
    if (!open_) {
      command.status = command.Failure(absl::UnavailableError("the store has stopped"), false);
      return false;
    }
    // Finished calls are taken off without the lock, which can only make room.
    if (calls_.load() >= max_calls_ || bytes_.load() + size > max_bytes_) {
      command.status = command.Failure(absl::ResourceExhaustedError("too many calls wait for Redis"), false);
      return false;
    }
    calls_.fetch_add(1);
    gauge_.Add(1);
    bytes_.fetch_add(size);
    command.charged = size;
    mail_.submitted.push_back(&command);
  }
  Wake();
  return true;
}

void Inbox::Send(const std::function<void(Mail&)>& fill) {
  {
    std::lock_guard lock(mutex_);
    fill(mail_);
  }
  Wake();
}

void Inbox::Close(Deadline stop) {
  Send([&](Mail& mail) {
    open_ = false;
    mail.stop = stop;
  });
}

void Inbox::Wake() {
  if (asleep_.exchange(false)) event_.Signal();
}

void Inbox::Take(Mail& mail) {
  std::lock_guard lock(mutex_);
  mail.submitted.swap(mail_.submitted);
  std::swap(mail.attach, mail_.attach);
  std::swap(mail.drop, mail_.drop);
  std::swap(mail.refuse, mail_.refuse);
  std::swap(mail.stop, mail_.stop);
}

bool Inbox::PrepareToSleep() {
  asleep_.store(true);
  std::lock_guard lock(mutex_);
  return mail_.empty();
}

void Inbox::Finished(const Command& command) {
  bytes_.fetch_sub(command.charged);
  calls_.fetch_sub(1, std::memory_order_release);
  gauge_.Add(-1);
}

}  // namespace tomada::redis_store
