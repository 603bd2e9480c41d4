// Waiting for sockets, for threads that may.
#pragma once

#include <chrono>

#include <absl/status/status.h>

namespace tomada::net {

// UNAVAILABLE with the text of `error`, an errno.
absl::Status SocketError(int error);

// How long to wait, and what ends a wait before that.
struct Patience {
  std::chrono::nanoseconds timeout;  // of each step: a look-up, a connect, a question until the end of its answer
  int interrupt;                     // a descriptor; when it is readable, nothing is waited for any more. -1 for none
};

// Waits until `events` of poll(2) are there; false when the time was over, or the wait was interrupted, first.
bool WaitFor(int fd, short events, std::chrono::steady_clock::time_point deadline, int interrupt);

}  // namespace tomada::net
