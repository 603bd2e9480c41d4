#pragma once

#include <memory>
#include <string>

#include <absl/status/statusor.h>

#include "config.h"
#include "net/socket/dialer.h"
#include "net/tls/byte_stream.h"
#include "net/tls/context.h"
#include "server_address.h"
#include "tomada/log.h"

namespace tomada::redis_store {

// Connections to servers and Sentinels, with TLS when the config says so; nothing has been said on them but its
// handshake. Of one thread, which waits for no step longer than its patience.
//
// The files of `tls` are read for each connection. When they cannot be used, those that were read last are, and it is
// logged; without any the error says why.
class StreamDialer {
 public:
  // The config outlives it, and is checked.
  StreamDialer(const Config& config, Logger log);

  // UNAVAILABLE when it may go better next time; FAILED_PRECONDITION when a person must act.
  absl::StatusOr<net::ByteStream> Dial(const ServerAddress& server, const net::Patience& patience);
  absl::StatusOr<net::ByteStream> DialSentinel(const HostPort& sentinel, const net::Patience& patience);

 private:
  absl::StatusOr<net::ByteStream> Secure(UniqueFd fd, const std::string& host, const net::Patience& patience);
  absl::Status ReadFiles();

  const Config& config_;
  const bool tls_to_sentinels_;
  const Logger log_;
  net::Dialer dialer_;
  std::unique_ptr<net::TlsClientContext> context_;  // null until it is needed
  std::string reported_;                            // what was wrong with the files, so that it is logged once
};

}  // namespace tomada::redis_store
