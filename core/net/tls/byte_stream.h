// A connection's bytes, with TLS or without.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "net/tls/session.h"
#include "tomada/unique_fd.h"

namespace tomada::net {

// For one thread. Waits for nothing.
class ByteStream {
 public:
  // The socket does not block.
  explicit ByteStream(UniqueFd socket, std::optional<TlsSession> tls = {});

  int fd() const { return socket_.get(); }

  // Sends what the socket takes of `bytes`, and removes it there; with TLS nothing before the handshake is done, which
  // it sends as well. False when the connection is gone.
  bool Write(std::string& bytes);

  enum class Result {
    kSome,
    kNothing,  // for now
    kEnd,      // there will be no more: the other end has closed, or error() says what is wrong
  };
  // Up to a buffer. `size` is how much.
  Result Read(std::span<char> buffer, size_t& size);

  // With TLS, what has ended the stream; empty for a close.
  const std::string& error() const;

 private:
  // Sends the front of `bytes` as far as the socket takes it.
  bool Flush(std::string& bytes);
  Result Receive(std::span<char> buffer, size_t& size);

  UniqueFd socket_;
  std::optional<TlsSession> tls_;
  std::string encrypted_;  // not sent yet
};

}  // namespace tomada::net
