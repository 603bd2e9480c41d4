#include "runtime/watched_thread.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <exception>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace tomada {
namespace {

int MakeEventFd() {
  int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

// The barrier: whatever a plugin throws ends here.
absl::Status Guarded(const std::function<absl::Status()>& call) {
  try {
    return call();
  } catch (const std::exception& error) {
    return absl::InternalError(fmt::format("it threw: {}", error.what()));
  } catch (...) {
    return absl::InternalError("it threw something that is no std::exception");
  }
}

}  // namespace

WatchedThread::WatchedThread() : finished_fd_(MakeEventFd()), thread_([this] { Work(); }) {}

WatchedThread::~WatchedThread() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
  ::close(finished_fd_);
}

void WatchedThread::Begin(std::function<absl::Status()> call) {
  {
    std::lock_guard lock(mutex_);
    call_ = std::move(call);
  }
  wake_.notify_one();
}

std::optional<absl::Status> WatchedThread::Take() {
  std::lock_guard lock(mutex_);
  if (result_) {
    uint64_t count;
    [[maybe_unused]] ssize_t size = ::read(finished_fd_, &count, sizeof count);
  }
  return std::exchange(result_, std::nullopt);
}

void WatchedThread::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return ending_ || call_; });
    if (!call_) return;
    std::function<absl::Status()> call = std::exchange(call_, nullptr);
    lock.unlock();
    absl::Status result = Guarded(call);
    call = nullptr;
    lock.lock();
    result_ = std::move(result);
    const uint64_t one = 1;
    [[maybe_unused]] ssize_t size = ::write(finished_fd_, &one, sizeof one);
  }
}

}  // namespace tomada
