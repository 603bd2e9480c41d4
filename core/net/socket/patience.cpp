#include "net/socket/patience.h"

#include <poll.h>

#include <system_error>

namespace tomada::net {

absl::Status SocketError(int error) { return absl::UnavailableError(std::generic_category().message(error)); }

bool WaitFor(int fd, short events, std::chrono::steady_clock::time_point deadline, int interrupt) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    // Whoever always has something to read gets no more time than others.
    if (left <= 0) return false;
    pollfd polls[] = {{fd, events, 0}, {interrupt, POLLIN, 0}};
    ::poll(polls, 2, static_cast<int>(left));
    if (polls[1].revents != 0) return false;
    if (polls[0].revents != 0) return true;
  }
}

}  // namespace tomada::net
