// Sockets that block nobody for longer than a deadline. For the thread that connects.
#pragma once

#include <chrono>
#include <initializer_list>
#include <string_view>

#include <absl/status/statusor.h>

#include "resp.h"

namespace tomada::redis_store {

using TimePoint = std::chrono::steady_clock::time_point;

// UNAVAILABLE with the text of `error`, an errno.
absl::Status SocketError(int error);

// How long to wait, and what ends a wait before that.
struct Patience {
  std::chrono::nanoseconds timeout;  // of each step: a look-up, a connect, a question until the end of its answer
  int interrupt;                     // a descriptor; when it is readable, nothing is waited for any more
};

// Waits until `events` of poll(2) are there; false when the time was over, or the wait was interrupted, first.
bool WaitFor(int fd, short events, TimePoint deadline, int interrupt);

// A request and its replies on a fresh connection, one after the other: handshakes, Sentinels.
class Conversation {
 public:
  // `fd` outlives it.
  Conversation(int fd, const Patience& patience) : fd_(fd), patience_(patience) {}

  // Sends a command and gives its reply, which is valid until the next call. An error reply is a Reply, not an error;
  // UNAVAILABLE when the whole of it has not come in time, it is longer than 1 MiB, or the connection ends.
  absl::StatusOr<Reply> Ask(std::initializer_list<std::string_view> command);
  // The next reply that comes by itself.
  absl::StatusOr<Reply> Receive();
  // Another reply, or a part of one, has been read already: no poll will tell of it.
  bool has_more() const { return parser_.has_more(); }

 private:
  absl::Status Send(std::string_view bytes, TimePoint deadline);
  absl::StatusOr<Reply> Receive(TimePoint deadline);
  TimePoint End() const { return std::chrono::steady_clock::now() + patience_.timeout; }

  static constexpr size_t kMaxAnswer = 1 << 20;

  const int fd_;
  const Patience patience_;
  ReplyParser parser_{{kMaxAnswer, kMaxAnswer}};
};

}  // namespace tomada::redis_store
