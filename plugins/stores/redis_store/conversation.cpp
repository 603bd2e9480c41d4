#include "conversation.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>

#include "tomada/secret.h"

namespace tomada::redis_store {

absl::Status Conversation::Send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size >= 0) {
      bytes.remove_prefix(static_cast<size_t>(size));
    } else if (errno != EAGAIN && errno != EINTR) {
      return net::SocketError(errno);
    } else if (!net::WaitFor(fd_, POLLOUT, deadline, patience_.interrupt)) {
      return absl::UnavailableError("sending timed out");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Reply> Conversation::Receive() { return Receive(End()); }

absl::StatusOr<Reply> Conversation::Receive(Deadline deadline) {
  for (;;) {
    absl::StatusOr<std::optional<Reply>> reply = parser_.Next();
    if (!reply.ok()) return absl::UnavailableError(reply.status().message());
    if (reply->has_value() && (*reply)->type() == ReplyType::kTooLong) {
      return absl::UnavailableError("the answer is longer than any that is asked for");
    }
    if (reply->has_value()) return **reply;
    if (!net::WaitFor(fd_, POLLIN, deadline, patience_.interrupt)) return absl::UnavailableError("no answer in time");
    char bytes[4096];
    const ssize_t size = ::recv(fd_, bytes, sizeof bytes, 0);
    if (size == 0) return absl::UnavailableError("connection closed by the server");
    if (size < 0 && errno != EAGAIN && errno != EINTR) return net::SocketError(errno);
    if (size <= 0) continue;
    parser_.Feed(std::string_view(bytes, static_cast<size_t>(size)));
  }
}

absl::StatusOr<Reply> Conversation::Ask(std::initializer_list<std::string_view> command) {
  // A server that refuses a client says why and closes, perhaps before it was asked anything: its words are read
  // even when nothing could be sent any more.
  const Deadline deadline = End();
  std::string bytes = EncodeCommand(command);
  const absl::Status sent = Send(bytes, deadline);
  Wipe(bytes);  // a password may be in it
  absl::StatusOr<Reply> reply = Receive(deadline);
  if (!reply.ok() && !sent.ok()) return sent;
  return reply;
}

}  // namespace tomada::redis_store
