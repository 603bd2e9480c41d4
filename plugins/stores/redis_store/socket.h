// Sockets that block nobody for longer than a deadline. For the thread that connects.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "resp.h"
#include "server_address.h"
#include "tomada/unique_fd.h"

namespace tomada::redis_store {

using TimePoint = std::chrono::steady_clock::time_point;

// UNAVAILABLE with the text of `error`, an errno.
absl::Status SocketError(int error);

// How long to wait, and what ends a wait before that.
struct Patience {
  std::chrono::nanoseconds timeout;  // of each step
  int interrupt;                     // a descriptor; when it is readable, nothing is waited for any more
};

// Connects to `address`, trying each address that its name has, each with `patience`. The socket does not block,
// is closed on exec, sends at once (TCP_NODELAY) and gives up unacknowledged data after 2 s (TCP_USER_TIMEOUT). Name
// look-up is one step too; a resolver that hangs is left behind on a thread of its own.
absl::StatusOr<UniqueFd> Dial(const ServerAddress& address, const Patience& patience);

// A request and its replies on a fresh connection, one after the other: handshakes, Sentinels.
class Conversation {
 public:
  // `fd` outlives it.
  Conversation(int fd, const Patience& patience) : fd_(fd), patience_(patience) {}

  // Sends a command and gives its reply, which is valid until the next call. An error reply is a Reply, not an error;
  // UNAVAILABLE when none comes in time or the connection ends.
  absl::StatusOr<Reply> Ask(std::initializer_list<std::string_view> command);
  // The next reply that comes by itself.
  absl::StatusOr<Reply> Receive();

 private:
  absl::Status Send(std::string_view bytes);

  const int fd_;
  const Patience patience_;
  ReplyParser parser_;
};

}  // namespace tomada::redis_store
