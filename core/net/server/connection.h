// Connection: the bytes of one client, in and out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/server/backlog.h"
#include "net/server/handshakes.h"
#include "net/server/output_queue.h"
#include "net/server/session.h"
#include "net/socket/peers.h"
#include "net/tls/byte_stream.h"
#include "tomada/timer.h"
#include "tomada/unique_fd.h"

namespace tomada::net {

class Worker;

// All on the worker's thread. The worker destroys it at the end of the event loop's iteration in which it closed, so
// that whoever is on the stack then may return through it.
//
//   greeting TLS is being agreed on, and what is spoken in it: there is no session yet
//   open     bytes go to the session and come from it
//   closing  the session has said its last; what is unsent still goes out
//   discard  the sending side is shut; input is thrown away until the client closes, so that the kernel does not reset
//            the connection while the client still reads the last answer (RFC 9112, 9.6)
//   closed   the descriptor is closed; the object waits to be destroyed
class Connection final : private Timer {
 public:
  // `id` is never used twice in a worker.
  Connection(Worker& worker, uint64_t id, UniqueFd fd, Peers::Slot slot);
  ~Connection() override;

  uint64_t id() const { return id_; }
  int fd() const { return stream_.fd(); }
  Worker& worker() { return worker_; }
  // Null while TLS is being agreed on.
  Session* session() { return session_.get(); }
  // What the client's certificate names: see Peer::identity.
  std::string identity() const { return stream_.tls() == nullptr ? "" : stream_.tls()->PeerIdentity(); }
  bool closed() const { return state_ == State::kClosed; }

  // --- for the worker ---

  void OnReady(bool readable, bool writable);
  // Serves one request of those that wait, or reads on. Whoever has more to do is given another turn.
  void TakeTurn();
  // Sends what has been written since the last iteration and goes on with what that makes possible.
  void Settle();
  // Closes when nothing is under way and no request waits unread.
  void CloseIfIdle();
  // Lets the session answer what is open, and closes; at once where there is nothing to say.
  void Shutdown();
  void BeginCall() { ++calls_; }
  void EndCall();
  // Closes at once and tells the session. Does nothing when closed.
  void Abort();
  // The handshake may go on.
  void OnHandshakePlace() { TakeTurnLater(); }
  // Another needs its place, and its client has been silent for a while: closes.
  void CutHandshake();

  // --- for the session ---

  // Its calls whose handlers have not ended, also those whose client has its answer.
  size_t calls() const { return calls_; }
  // What it has given and the client has not taken.
  size_t unsent() const { return output_.size() + stream_.unsent(); }
  // Asks it for more to send before the iteration ends, with everything else that leaves then.
  void SettleLater();
  // Bytes lie in the socket that nobody has read. One system call.
  bool HasUnreadInput() const;
  // Deadline::max() for none.
  void SetReadDeadline(Deadline deadline) { read_deadline_ = deadline; }
  // Ends the connection after what the session has made has been sent.
  void Close();

 private:
  enum class State { kGreeting, kOpen, kClosing, kDiscard, kClosed };

  // Also while the session takes nothing, as long as nothing waits for it: a client that goes is seen.
  bool wants_input() const { return state_ == State::kOpen && (session_->accepting() || input_.empty()); }
  // There is something to do that waits for nothing but the worker's time.
  bool wants_turn() const;
  void TakeTurnLater();
  // While greeting: reads what the client sends first; goes on with the handshake, in turn with others' work.
  void ReadGreeting();
  void RefuseClearText();
  void ShakeHands();
  void EndHandshake();
  void FailHandshake();
  void Open(std::string_view protocol);
  void Read();
  void Discard();
  void Take(std::string_view bytes);
  void OnEndOfInput();
  void Flush();
  void ConsumeKept();
  void Advance();
  void LimitBacklog();
  void ScheduleDeadline();
  void Expired() override;

  Worker& worker_;
  const uint64_t id_;
  ByteStream stream_;
  const Peers::Slot slot_;
  std::unique_ptr<Session> session_;
  std::optional<Handshakes::Entry> handshake_;  // while greeting
  State state_ = State::kGreeting;
  bool busy_ = false;         // OnReady or Settle is on the stack and takes care of the output
  bool unread_ = false;       // the socket may hold more: reading stopped before it was empty
  bool paused_ = false;       // the session may take more of input_: it stopped because it had enough to do
  bool peer_closed_ = false;  // the client will send no more
  bool queued_ = false;       // among those that the worker settles at the end of the iteration
  bool has_turn_ = false;     // among those that take turns
  size_t calls_ = 0;
  std::string input_;  // received and not yet consumed
  OutputQueue output_;
  Backlog::Entry backlog_;
  Deadline read_deadline_ = Deadline::max();
  Deadline write_deadline_ = Deadline::max();
};

}  // namespace tomada::net
