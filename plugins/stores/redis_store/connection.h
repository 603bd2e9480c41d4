#pragma once

#include <string>
#include <utility>

#include <absl/status/status.h>

#include "command.h"
#include "net/tls/byte_stream.h"
#include "resp.h"

namespace tomada::redis_store {

// The bytes of one connection whose handshake is over. Never blocks. Of one thread.
class Connection {
 public:
  Connection(net::ByteStream stream, Session session) : stream_(std::move(stream)), session_(std::move(session)) {}

  int fd() const { return stream_.fd(); }
  const Session& session() const { return session_; }

  // Commands are appended here, and gone once they are written.
  std::string& out() { return out_; }
  size_t unwritten() const { return out_.size() - written_ + stream_.unsent(); }

  // Writes as much as the socket takes. An error means that the connection is over.
  absl::Status Write();
  // Reads once, and all that TLS makes of it, so that a poll tells of what is left; adds to `received` the number of
  // bytes that came. An error means that the connection is over.
  absl::Status Read(size_t& received);

  ReplyParser& replies() { return replies_; }

 private:
  net::ByteStream stream_;
  const Session session_;
  std::string out_;
  size_t written_ = 0;  // of out_
  ReplyParser replies_;
};

}  // namespace tomada::redis_store
