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
#include "unique_fd.h"

namespace tomada::redis_store {

using TimePoint = std::chrono::steady_clock::time_point;

// UNAVAILABLE with the text of `error`, an errno.
absl::Status SocketError(int error);

// Connects to `address`, trying each address that its name has, each for at most `timeout`. The socket does not block,
// is closed on exec, sends at once (TCP_NODELAY) and gives up unacknowledged data after 2 s (TCP_USER_TIMEOUT). Name
// look-up is given `timeout` too; a resolver that hangs is left behind on a thread of its own.
absl::StatusOr<UniqueFd> Dial(const ServerAddress& address, std::chrono::nanoseconds timeout);

// A request and its replies on a fresh connection, one after the other: handshakes, Sentinels.
class Conversation {
 public:
  // `fd` outlives it.
  explicit Conversation(int fd) : fd_(fd) {}

  absl::Status Send(std::string_view bytes, TimePoint deadline);
  // The next reply. UNAVAILABLE when it does not come in time or the connection ends. Valid until the next call.
  absl::StatusOr<Reply> Receive(TimePoint deadline);
  // Both. An error reply is a Reply, not an error.
  absl::StatusOr<Reply> Ask(std::initializer_list<std::string_view> command, TimePoint deadline);

 private:
  const int fd_;
  ReplyParser parser_;
};

}  // namespace tomada::redis_store
