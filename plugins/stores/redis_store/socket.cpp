#include "socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "tomada/secret.h"

namespace tomada::redis_store {

absl::Status SocketError(int error) { return absl::UnavailableError(std::generic_category().message(error)); }

bool WaitFor(int fd, short events, TimePoint deadline, int interrupt) {
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

absl::Status Conversation::Send(std::string_view bytes, TimePoint deadline) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size >= 0) {
      bytes.remove_prefix(static_cast<size_t>(size));
    } else if (errno != EAGAIN && errno != EINTR) {
      return SocketError(errno);
    } else if (!WaitFor(fd_, POLLOUT, deadline, patience_.interrupt)) {
      return absl::UnavailableError("sending timed out");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Reply> Conversation::Receive() { return Receive(End()); }

absl::StatusOr<Reply> Conversation::Receive(TimePoint deadline) {
  for (;;) {
    absl::StatusOr<std::optional<Reply>> reply = parser_.Next();
    if (!reply.ok()) return absl::UnavailableError(reply.status().message());
    if (reply->has_value() && (*reply)->type() == ReplyType::kTooLong) {
      return absl::UnavailableError("the answer is longer than any that is asked for");
    }
    if (reply->has_value()) return **reply;
    if (!WaitFor(fd_, POLLIN, deadline, patience_.interrupt)) return absl::UnavailableError("no answer in time");
    char bytes[4096];
    const ssize_t size = ::recv(fd_, bytes, sizeof bytes, 0);
    if (size == 0) return absl::UnavailableError("connection closed by the server");
    if (size < 0 && errno != EAGAIN && errno != EINTR) return SocketError(errno);
    if (size <= 0) continue;
    parser_.Feed(std::string_view(bytes, static_cast<size_t>(size)));
  }
}

absl::StatusOr<Reply> Conversation::Ask(std::initializer_list<std::string_view> command) {
  // A server that refuses a client says why and closes, perhaps before it was asked anything: its words are read
  // even when nothing could be sent any more.
  const TimePoint deadline = End();
  std::string bytes = EncodeCommand(command);
  const absl::Status sent = Send(bytes, deadline);
  Wipe(bytes);  // a password may be in it
  absl::StatusOr<Reply> reply = Receive(deadline);
  if (!reply.ok() && !sent.ok()) return sent;
  return reply;
}

}  // namespace tomada::redis_store
