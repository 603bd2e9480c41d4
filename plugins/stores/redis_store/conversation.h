#pragma once

#include <chrono>
#include <initializer_list>
#include <string_view>

#include <absl/status/statusor.h>

#include "net/socket/patience.h"
#include "net/tls/byte_stream.h"
#include "resp.h"
#include "tomada/call.h"

namespace tomada::redis_store {

// A request and its replies on a fresh connection, one after the other: handshakes, Sentinels. Blocks nobody for longer
// than its patience. For the thread that connects.
class Conversation {
 public:
  // The stream outlives it.
  Conversation(net::ByteStream& stream, const net::Patience& patience) : stream_(stream), patience_(patience) {}

  // Sends a command and gives its reply, which is valid until the next call. An error reply is a Reply, not an error;
  // UNAVAILABLE when the whole of it has not come in time, it is longer than 1 MiB, or the connection ends.
  absl::StatusOr<Reply> Ask(std::initializer_list<std::string_view> command);
  // The next reply that comes by itself.
  absl::StatusOr<Reply> Receive();
  // Another reply, or a part of one, has been read already: no poll will tell of it.
  bool has_more() const { return parser_.has_more(); }

 private:
  absl::Status Send(std::string_view bytes, Deadline deadline);
  absl::StatusOr<Reply> Receive(Deadline deadline);
  absl::Status Read(Deadline deadline);
  absl::Status End() const;
  Deadline NextDeadline() const { return std::chrono::steady_clock::now() + patience_.timeout; }

  static constexpr size_t kMaxAnswer = 1 << 20;

  net::ByteStream& stream_;
  const net::Patience patience_;
  ReplyParser parser_{{kMaxAnswer, kMaxAnswer}};
  bool heard_ = false;  // anything
};

}  // namespace tomada::redis_store
