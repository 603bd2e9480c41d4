// One end of a TLS connection: bytes in, bytes out. No socket and no thread.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

// OpenSSL's own names, so that who includes this includes nothing of it.
struct ssl_ctx_st;
struct ssl_st;

namespace tomada::net {

class TlsSession {
 public:
  // A client's. `context` is kept until the session goes. Without `protocol` nothing is agreed on (ALPN).
  TlsSession(std::shared_ptr<ssl_ctx_st> context, const std::string& name, const std::string& protocol);
  // A server's. `context` is kept as well.
  explicit TlsSession(std::shared_ptr<ssl_ctx_st> context);

  enum class State {
    kHandshake,
    kOpen,
    kEnded,   // the other end has said goodbye: all that it sent has come
    kBroken,  // error() says why
  };
  State state() const { return state_; }
  // For people: "certificate verify failed: ...".
  const std::string& error() const { return error_; }

  // What has come from the other end, encrypted. Drives the handshake.
  void Receive(std::string_view encrypted);
  // Up to a buffer of what it says in clear; 0 when there is no more for now.
  size_t Read(std::span<char> buffer);
  // Encrypts, once it is open, and also when the other end has said goodbye. How much was taken.
  size_t Write(std::string_view bytes);
  // Appends to `out` what is to be sent.
  void Send(std::string& out);
  // Says goodbye, so that the other end knows that it has all. Nothing is written after it.
  void SayGoodbye();
  // Bytes that have come are still in here.
  bool HasUnread() const;

  // Once it is open:
  // What ALPN has chosen; empty when the client offered nothing.
  const std::string& protocol() const { return protocol_; }
  // By a ticket: the other end was known.
  bool resumed() const;
  // What the other end's certificate names, which has been verified: a URI of its subject alternative names, or else a
  // DNS name. Empty without a certificate, and for one that has neither: a common name says nothing.
  std::string PeerIdentity() const;

 private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  struct Wire;  // what OpenSSL reads from and writes to

  void Begin(bool server);
  void Shake();
  // After a call of OpenSSL that gave `result`.
  void Look(int result);
  std::string Reason() const;

  std::shared_ptr<ssl_ctx_st> context_;
  std::string name_;      // of the server, at a client
  std::string protocol_;  // at a client that which the server must choose
  std::shared_ptr<Wire> wire_;
  std::unique_ptr<ssl_st, Free> ssl_;
  State state_ = State::kHandshake;
  std::string error_;
};

}  // namespace tomada::net
