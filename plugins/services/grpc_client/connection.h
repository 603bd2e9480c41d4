// One connection to a server.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config.h"
#include "exchange.h"
#include "net/http2/client_session.h"
#include "net/socket/address.h"
#include "net/tls/byte_stream.h"

namespace tomada::grpc_client {

// Of the wire's thread; waits for nothing.
class Connection {
 public:
  // What connections of one server have in common.
  struct Settings {
    const Backend& backend;
    std::string authority;
    std::chrono::nanoseconds connect_timeout, keepalive_time, keepalive_timeout;
    bool tls;
  };
  // Not yet open; it becomes so, or is closed within connect_timeout. The addresses are one server's, tried in turn.
  // `settings` outlives it, and says whether there is `tls`.
  Connection(Wire& wire, const Settings& settings, uint32_t server, net::SocketAddresses addresses,
             std::optional<net::TlsSession> tls);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  enum class State {
    kConnecting,
    kSettling,  // connected; the server has not sent its settings
    kOpen,      // takes calls
    kLeaving,   // the server has said goodbye: it answers what it has
    kClosed,    // cause() says why
  };
  State state() const { return state_; }
  bool open() const { return state_ == State::kOpen; }
  // Empty when the server has closed it.
  const std::string& cause() const { return cause_; }
  // True once, when it takes no more calls: it is leaving or closed.
  bool TakeParting() { return !std::exchange(parted_, true); }
  // It was of use.
  bool was_open() const { return opened_ != Deadline::max(); }
  Deadline opened() const { return opened_; }
  const Backend& backend() const { return settings_.backend; }
  uint32_t server() const { return server_; }
  // The server lets no more calls be open at once. Those that come wait.
  bool full() const { return calls_ >= session_->max_streams(); }

  // False when it takes no call any more, also for others.
  bool Submit(Exchange& exchange);
  void MoreToGive(Exchange& exchange);
  void Credit(Exchange& exchange, size_t size);
  // Resets its stream.
  void Abandon(Exchange& exchange);
  // The call is no longer on this.
  void Leave(Exchange& exchange);

  // The socket has something to tell.
  void OnEvent() { event_ = true; }
  // There is more to read, of which no event will tell.
  bool unread() const { return event_; }
  // Reads. Not all that an endless sender has: deadlines are looked at between.
  void Receive();
  // Sends, and looks at the times.
  void Send(Deadline now);
  // When it is to be looked at again.
  Deadline next() const;

  // It is closed as soon as it has no calls.
  void Retire() { retired_ = true; }

 private:
  void TryNextAddress();
  void OnConnected();
  void Close(std::string cause = {});
  void CheckAlive(Deadline now);
  // When the server is pinged while calls wait, or what it has been pinged is to be answered.
  Deadline ping_at() const;

  Wire& wire_;
  const Settings& settings_;
  const uint32_t server_;
  const net::SocketAddresses addresses_;
  size_t next_address_ = 0;
  UniqueFd socket_;  // while it connects
  std::optional<net::TlsSession> tls_;
  std::optional<net::ByteStream> stream_;
  const std::unique_ptr<net::ClientSession> session_;
  State state_ = State::kConnecting;
  std::string cause_;
  std::string out_;  // what the socket has not taken yet
  bool event_ = false, to_send_ = true, retired_ = false, parted_ = false;
  size_t calls_ = 0;
  Deadline heard_{};    // when the server last sent something, or there was last no call to answer
  Deadline settle_by_;  // until when it must be open
  Deadline opened_ = Deadline::max();
  Deadline pinged_ = Deadline::max();
  int pings_ = 0;         // since the last frame of an answer
  uint64_t answers_ = 0;  // frames of answers so far
};

}  // namespace tomada::grpc_client
