#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "tomada/config.h"
#include "tomada/secret.h"

namespace tomada::redis_store {

// Where a server is and who one is to it.
struct ServerAddress {
  HostPort at{"", 6379};
  std::string path;  // of a Unix socket, and then nothing is `at`
  std::string user;  // empty: the default user
  Secret password;
  int db = 0;
  bool tls = false;

  // redis://[[user]:password@]host[:port][/db], with IPv6 in brackets, rediss:// for TLS, or unix:/path[?db=n]. User
  // and password are percent-encoded (RFC 3986). INVALID_ARGUMENT never quotes the text: it may hold a password.
  static absl::StatusOr<ServerAddress> Parse(std::string_view url);

  // Without user and password: "127.0.0.1:6379", "[::1]:6379", "/run/redis.sock".
  std::string ToString() const;
};

}  // namespace tomada::redis_store
