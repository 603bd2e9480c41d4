// A connection's bytes, with TLS or without.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/tls/session.h"
#include "tomada/unique_fd.h"

namespace tomada::net {

// For one thread. Waits for nothing.
class ByteStream {
 public:
  // The socket does not block.
  explicit ByteStream(UniqueFd socket, std::optional<TlsSession> tls = {});

  int fd() const { return socket_.get(); }
  enum class Result {
    kSome,
    kNothing,  // for now
    kEnd,      // there will be no more: the other end has closed, or error() says what is wrong
  };

  // From now on with TLS. `received` has come before, encrypted.
  void Secure(TlsSession tls, std::string_view received = {});
  // For who wants to know that the handshake is done before anything else: goes on with it. kSome once it is done; what
  // has come after it is for Read. With TLS only.
  Result Shake();
  // Null without TLS.
  const TlsSession* tls() const { return tls_ ? &*tls_ : nullptr; }

  // Sends what the socket takes of `bytes`, and removes it there; with TLS nothing before the handshake is done, which
  // it sends as well. False when the connection is gone.
  bool Write(std::string& bytes);
  // The same of bytes that stay where they are: `taken` is how many of them it has taken. With `more` the socket waits
  // a moment for what is given next (MSG_MORE).
  bool Write(std::string_view bytes, bool more, size_t& taken);
  // Taken and encrypted, and not sent yet.
  size_t unsent() const { return encrypted_.size(); }
  // Ends what is sent; with TLS it says so. Once. False when the connection is gone; the socket's sending side is shut
  // when all is sent.
  bool Finish();
  void Close() { socket_.Reset(), tls_.reset(), encrypted_.clear(); }

  // Up to a buffer. `size` is how much.
  Result Read(std::span<char> buffer, size_t& size);
  // The same of what has come already and lies here, where no poll tells of it. Without TLS there is nothing.
  Result ReadHeld(std::span<char> buffer, size_t& size);
  // Bytes lie here or in the socket that nobody has read. One system call.
  bool HasUnread() const;
  // It ended by no close of the other end: TLS is broken, or the connection is and error() is empty; errno says how, as
  // the call that found it left it.
  bool broken() const { return broken_; }

  // With TLS, what has ended the stream; empty for a close.
  const std::string& error() const;

 private:
  // Sends as far as the socket takes it.
  bool Put(std::string_view bytes, bool more, size_t& sent);
  bool Flush();
  Result Receive(std::span<char> buffer, size_t& size);
  // kNothing while TLS goes on.
  Result TlsEnd();

  UniqueFd socket_;
  std::optional<TlsSession> tls_;
  std::string encrypted_;  // not sent yet
  bool broken_ = false;
  bool finished_ = false;
};

}  // namespace tomada::net
