// Connection: the bytes of one client, in and out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "codec/session.h"
#include "connection/peers.h"
#include "connection/timers.h"
#include "tomada/call.h"
#include "tomada/unique_fd.h"

namespace tomada::pistache_http {

class Worker;

// All on the worker's thread. The worker destroys it at the end of the turn in which it closed, so that whoever is on
// the stack then may return through it.
//
//   open     bytes go to the session and come from it
//   closing  the session has said its last; what is unsent still goes out
//   discard  the sending side is shut; input is thrown away until the client closes, so that the kernel does not reset
//            the connection while the client still reads the last answer (RFC 9112, 9.6)
//   closed   the descriptor is closed; the object waits to be destroyed
class Connection final : private Timer {
 public:
  // `id` is never used twice in a worker.
  Connection(Worker& worker, uint64_t id, UniqueFd fd, Peers::Place place);
  ~Connection() override;

  uint64_t id() const { return id_; }
  int fd() const { return fd_.get(); }
  Worker& worker() { return worker_; }
  Session& session() { return *session_; }
  bool closed() const { return state_ == State::kClosed; }

  // --- for the worker ---

  void OnReady(bool readable, bool writable);
  // Sends what has been written since the last turn and goes on with what that makes possible.
  void Settle();
  // Closes when nothing is under way and no request waits unread.
  void CloseIfIdle();
  // Lets the session answer what is open, and closes; at once where there is nothing to say.
  void Shutdown();
  // Closes at once and tells the session. Does nothing when closed.
  void Abort();

  // --- for the session ---

  // What is to be sent is appended here. It goes out at the end of the turn, with everything else.
  std::string& output();
  // So much is unsent that no more should be made; Session::OnOutputRoom says when that is over.
  bool congested() const { return unsent() >= kCongested; }
  // Bytes lie in the socket that nobody has read. One system call.
  bool HasUnreadInput() const;
  // Deadline::max() for none.
  void SetReadDeadline(Deadline deadline) { read_deadline_ = deadline; }
  // Ends the connection after what is in the output has been sent.
  void Close();

 private:
  enum class State { kOpen, kClosing, kDiscard, kClosed };
  static constexpr size_t kCongested = 64 << 10;

  size_t unsent() const { return output_.size() - sent_; }
  bool wants_input() const { return state_ == State::kOpen && session_->accepting(); }
  void SettleLater();
  void Read();
  void Discard();
  void Take(std::string_view bytes);
  void OnEndOfInput();
  void Flush();
  void ConsumeKept();
  void GoOn();
  void ScheduleDeadline();
  void Expired() override;

  Worker& worker_;
  const uint64_t id_;
  UniqueFd fd_;
  const Peers::Place place_;
  std::unique_ptr<Session> session_;
  State state_ = State::kOpen;
  bool in_turn_ = false;      // OnReady or Settle is on the stack and takes care of the output
  bool unread_ = false;       // the socket may hold more: reading stopped before it was empty
  bool peer_closed_ = false;  // the client will send no more
  bool queued_ = false;       // among those that the worker settles at the end of the turn
  std::string input_;         // received and not yet consumed
  std::string output_;        // [0, sent_) is sent
  size_t sent_ = 0;
  Deadline read_deadline_ = Deadline::max();
  Deadline write_deadline_ = Deadline::max();
};

}  // namespace tomada::pistache_http
