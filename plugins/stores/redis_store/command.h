#pragma once

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "resp.h"
#include "server_check.h"
#include "tomada/call.h"
#include "tomada/store.h"

namespace tomada::redis_store {

// What a connection knows of its server, from the handshake.
struct Session {
  std::string script_hash;  // of kWriteScript, which the server holds
  ServerCheck check;
};

// One call's request to the server and what came of it. It lies in the caller's coroutine; from Submit until it is
// finished it belongs to the I/O thread, which writes it as often as its fate needs: nothing of it lies in a buffer
// while it waits.
class Command {
 public:
  enum class Kind { kRead, kWrite };

  Command(Call& call, Kind kind) : call_(call), kind_(kind) {}
  virtual ~Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  // Appends the RESP commands and returns how many there are, at least one. Called anew for each attempt.
  virtual size_t Encode(const Session& session, std::string& out) = 0;
  // Reply `i` of the attempt; never an error reply. An error status fails the command, and nothing else.
  virtual absl::Status OnReply(size_t i, const Reply& reply) = 0;
  // Appends the key that reply `i` tells of, for who has to look at it. Of a unique key without its value, which may be
  // personal.
  virtual void AppendSubject(std::string& out, size_t i) const = 0;
  // The server does not know the script that the command names: name it whole in the next attempt.
  virtual void SendSource() {}
  // About how many bytes the caller's request takes.
  virtual size_t size() const = 0;

  // `why`, and of a write whether it was applied. `in_flight`: an attempt has been written and not answered.
  absl::Status Failure(absl::Status why, bool in_flight) const {
    return is_write() && !in_doubt && !in_flight ? NotApplied(std::move(why)) : why;
  }

  Call& call() const { return call_; }
  bool is_write() const { return kind_ == Kind::kWrite; }

  // Of the I/O thread:
  size_t charged = 0;        // bytes counted against the queue
  bool in_doubt = false;     // an attempt's reply was lost, so a write may have been applied
  std::string last_failure;  // why the last attempt came to nothing, for the error at the deadline
  std::coroutine_handle<> waiting;
  // The outcome, set before `waiting` is resumed. Of a write that failed it says whether it was applied.
  absl::Status status;

 private:
  Call& call_;
  const Kind kind_;
};

}  // namespace tomada::redis_store
