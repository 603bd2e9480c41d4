#include "conversation.h"

#include <poll.h>

#include <optional>
#include <string>

#include <fmt/format.h>

#include "byte_stream_end.h"
#include "tomada/secret.h"

namespace tomada::redis_store {

absl::Status Conversation::Send(std::string_view bytes, Deadline deadline) {
  for (;;) {
    size_t taken = 0;
    if (!stream_.Write(bytes, false, taken)) return End();
    bytes.remove_prefix(taken);
    if (bytes.empty() && stream_.unsent() == 0) return absl::OkStatus();
    if (!net::WaitFor(stream_.fd(), POLLOUT, deadline, patience_.interrupt)) {
      return absl::UnavailableError("sending timed out");
    }
  }
}

absl::StatusOr<Reply> Conversation::Receive() { return Receive(NextDeadline()); }

absl::StatusOr<Reply> Conversation::Receive(Deadline deadline) {
  for (;;) {
    absl::StatusOr<std::optional<Reply>> reply = parser_.Next();
    if (!reply.ok()) return absl::UnavailableError(reply.status().message());
    if (reply->has_value() && (*reply)->type() == ReplyType::kTooLong) {
      return absl::UnavailableError("the answer is longer than any that is asked for");
    }
    if (reply->has_value()) return **reply;
    if (absl::Status failed = Read(deadline); !failed.ok()) return failed;
  }
}

// What has come, and all that TLS holds of it, so that no more than has_more() tells is left when nothing else comes.
absl::Status Conversation::Read(Deadline deadline) {
  using Result = net::ByteStream::Result;
  char bytes[4096];
  size_t size = 0;
  Result result = stream_.ReadHeld(bytes, size);
  if (result == Result::kNothing) {
    if (!net::WaitFor(stream_.fd(), POLLIN, deadline, patience_.interrupt)) {
      return absl::UnavailableError("no answer in time");
    }
    result = stream_.Read(bytes, size);
  }
  if (result == Result::kEnd) return End();
  for (; result == Result::kSome; result = stream_.ReadHeld(bytes, size)) {
    heard_ = true;
    parser_.Feed(std::string_view(bytes, size));
  }
  return absl::OkStatus();
}

absl::Status Conversation::End() const {
  absl::Status why = WhyEnded(stream_);
  if (heard_ || stream_.tls()) return why;
  return absl::UnavailableError(
      fmt::format("{}, without a word; a server that speaks TLS on that port does so: say rediss://, or its other port",
                  std::string(why.message())));
}

absl::StatusOr<Reply> Conversation::Ask(std::initializer_list<std::string_view> command) {
  // A server that refuses a client says why and closes, perhaps before it was asked anything: its words are read
  // even when nothing could be sent any more.
  const Deadline deadline = NextDeadline();
  std::string bytes = EncodeCommand(command);
  const absl::Status sent = Send(bytes, deadline);
  Wipe(bytes);  // a password may be in it
  absl::StatusOr<Reply> reply = Receive(deadline);
  if (!sent.ok() && reply.status().code() == absl::StatusCode::kUnavailable) return sent;
  return reply;
}

}  // namespace tomada::redis_store
