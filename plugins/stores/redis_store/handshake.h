#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "command.h"
#include "config.h"
#include "conversation.h"

namespace tomada::redis_store {

// A connection to a server, named so that the server can be told to end it.
struct ServerSideId {
  std::string run_id;     // of the server process
  int64_t client_id = 0;  // of the connection, in that process
};

struct Greeted {
  Session session;
  ServerSideId id;
};

// What is said before the first command of a caller: who we are, whether the server is the one to use and can give what
// the config asks for, what format it holds, the script, and whether the server's user has the rights that calls need.
// No command of a caller's is sent before all of it was answered, so that an error of the server's is never taken for
// the answer to a command.
//
// `previous`: a connection that was given up. The server is told to end it, so that commands which it still holds
// unread are never executed later.
//
// UNAVAILABLE when it may go better next time: no answer, loading, a replica, too many clients. FAILED_PRECONDITION
// when a person must act: wrong password, a right that the user lacks, another format, another number of buckets, a
// durability that the server does not give, an eviction policy.
absl::StatusOr<Greeted> Greet(net::ByteStream& stream, const Config& config, const ServerAddress& address,
                              const std::optional<ServerSideId>& previous, const net::Patience& patience);

// Whether the server takes writes, and the user may make them: makes one that means nothing. On a connection of its
// own, which nothing was said on.
absl::Status TryWrite(net::ByteStream& stream, const Config& config, const ServerAddress& address,
                      const net::Patience& patience);

}  // namespace tomada::redis_store
