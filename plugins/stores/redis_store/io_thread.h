#pragma once

#include <chrono>
#include <coroutine>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <absl/status/status.h>

#include "command.h"
#include "connection.h"
#include "inbox.h"
#include "ring.h"
#include "store_metrics.h"
#include "tomada/executor.h"

namespace tomada::redis_store {

struct IoOptions {
  size_t max_calls = 16384;
  size_t max_bytes = 64 << 20;
  std::chrono::nanoseconds stall_timeout = std::chrono::milliseconds(1500);
  int replicas = 0;  // that must have a write before it is acknowledged
};

// One thread with at most one connection. Commands from any thread go into one queue; the thread drains it whole into
// one write, so that the busier it is the more commands share a system call, and matches the replies in order.
//
// A command is finished exactly once, here: by its reply, by its deadline or cancellation (seen within 10 ms), or by
// Stop. Until then it is written again whenever the server did not execute it (it was loading, busy, a replica) or the
// connection broke before its reply: a write names its operation, so that it is applied once all the same.
class IoThread {
 public:
  using Clock = std::chrono::steady_clock;

  // co_await gives the command's status. Not a Task: that would be one more allocation for each command.
  class Awaiter {
   public:
    Awaiter(IoThread& io, Command& command) : io_(io), command_(command) {}
    bool await_ready() const { return false; }
    bool await_suspend(std::coroutine_handle<> self) {
      command_.waiting = self;
      if (io_.inbox_.Submit(command_)) return true;  // from here on both may be gone
      io_.Count(command_);
      return false;
    }
    absl::Status await_resume() { return std::move(command_.status); }

   private:
    IoThread& io_;
    Command& command_;
  };

  // What the thread tells of its connection, each with the reason.
  struct Events {
    std::function<void(std::string why)> lost;     // it has been given up
    std::function<void(std::string why)> refused;  // the server takes no writes as it is; told once a second at most
    // Something that this store did not write was read, and which; told once a second at most.
    std::function<void(std::string what)> damaged;
  };

  // `metrics` outlives it.
  IoThread(const IoOptions& options, const StoreMetrics& metrics, Events events);
  ~IoThread();

  absl::Status Start();
  // Finishes what is outstanding until `grace`, then the rest with UNAVAILABLE, and joins. May be called twice.
  void Stop(Deadline grace);

  // Runs `command` and resumes on its call's executor. RESOURCE_EXHAUSTED at once when the queue is full.
  Awaiter Run(Command& command) { return Awaiter(*this, command); }

  // From any thread. The connection to use from now on.
  void Attach(net::ByteStream stream, Session session);
  // Gives the connection up, if there is one: the server is not, or no longer, the primary.
  void Drop(std::string why);
  // Until Attach, calls fail with `why` at once: waiting cannot help.
  void Refuse(absl::Status why);

 private:
  // Replies that are owed, in order.
  struct Slot {
    enum class Kind {
      kCommand,
      kWait,   // the reply says how many replicas have every write before it
      kCheck,  // whether the server is as the handshake found it
    };
    Kind kind;
    Command* command;  // null when its caller has been answered already, and when it is of another kind
    size_t replies;    // how many there are in all
    size_t seen = 0;
    std::string error;    // the first error among the replies,
    size_t error_at = 0;  // and which it is
  };
  void Loop();
  int WaitTime() const;
  bool HandleEvents();
  void TakeMail();
  void AwaitCompany();
  void UseConnection(net::ByteStream stream, Session session);
  void Disconnect(const absl::Status& why);
  void Encode();
  void Write();
  void Read();
  // The server has answered, or comes on with it: its time to answer begins anew.
  void Progress();
  bool TakeReply(const Reply& reply);
  void EndOfSlot(Slot slot);
  void HandleError(Command& command, const Slot& slot);
  void HandleCheck(const std::string& error);
  absl::Status NameDamage(const Command& command, size_t reply, absl::Status status);
  void FailFirst(const absl::Status& why);
  void HandleWait(const std::string& error, int64_t replicas);
  void TellRefusal(const std::string& why);
  void Tick();
  void ExpireCalls();
  void WatchConnection();
  void Finish(Command& command, absl::Status status);
  void Count(const Command& command) const;  // from any thread
  bool FinishIfOver(Command& command, bool in_flight);
  void FinishAll(const absl::Status& status);

  const IoOptions options_;
  const StoreMetrics& metrics_;
  const Events events_;
  Inbox inbox_;
  UniqueFd epoll_;

  // Of the thread:
  std::optional<Connection> connection_;
  std::optional<absl::Status> refusal_;
  std::optional<Deadline> stop_;
  Inbox::Mail mail_;               // empty but for its memory
  Ring<Command*> waiting_;         // to be written
  std::vector<Command*> delayed_;  // to be written again from the next retry on
  Ring<Slot> in_flight_;
  std::vector<Command*> unreplicated_;  // executed, and not known to be on enough replicas
  std::optional<bool> wants_write_;
  bool unpolled_ = false;  // the connection is new: TLS may hold bytes of it that no poll tells of
  int64_t wait_replicas_ = 0;
  bool write_since_wait_ = false;
  size_t barriers_ = 0;             // WAITs in flight
  bool short_of_replicas_ = false;  // as the last WAIT said
  absl::Status check_;              // what the check in flight has found so far
  bool checking_ = false;           // one is in flight
  size_t received_ = 0;             // bytes since progress_
  Clock::time_point now_, next_tick_, next_retry_, progress_, next_check_, refusal_told_, damage_told_;
  ResumeBatch resume_;

  std::thread thread_;
};

}  // namespace tomada::redis_store
