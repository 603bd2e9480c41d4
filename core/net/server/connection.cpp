#include "net/server/connection.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "net/server/worker.h"

namespace tomada::net {
namespace {

constexpr size_t kReadAtOnce = 64 << 10;  // then the worker's other connections are served
constexpr size_t kReadAhead = 4 << 10;    // while the session takes nothing
constexpr size_t kSendAtOnce = 64 << 10;  // the rest stays in the session
constexpr size_t kInputKept = 16 << 10;
constexpr std::chrono::seconds kDiscardFor{2};

void Release(std::string& input) {
  input.clear();
  if (input.capacity() > kInputKept) input.shrink_to_fit();
}

}  // namespace

Connection::Connection(Worker& worker, uint64_t id, UniqueFd fd, Peers::Slot slot)
    : Timer(worker.timers()),
      worker_(worker),
      id_(id),
      fd_(std::move(fd)),
      slot_(std::move(slot)),
      backlog_(worker.backlog(), *this) {
  session_ = worker.MakeSession(*this);
}

Connection::~Connection() = default;

void Connection::OnReady(bool readable, bool writable) {
  busy_ = true;
  if (writable && !output_.empty()) Flush();
  if (readable) {
    unread_ = true;
    Read();
    // Alone, as far as can be seen: it need not wait for its turn. What comes behind it does.
    if (state_ == State::kOpen && session_->ready() && input_.empty() && output_.empty()) {
      session_->Serve();
      Read();
    }
  }
  busy_ = false;
  Settle();
}

void Connection::TakeTurn() {
  has_turn_ = false;
  busy_ = true;
  if (!session_->ready()) Read();
  if (state_ == State::kOpen && session_->ready()) session_->Serve();
  busy_ = false;
  if (closed()) return;
  TakeTurnLater();
  SettleLater();
}

bool Connection::wants_turn() const {
  if (state_ == State::kDiscard) return unread_;
  if (state_ != State::kOpen) return false;
  return session_->ready() || (paused_ && session_->accepting()) || (unread_ && wants_input());
}

void Connection::TakeTurnLater() {
  if (has_turn_ || !wants_turn()) return;
  has_turn_ = true;
  worker_.TakeTurnLater(*this);
}

// As far as to the end of a request, if that can be served: what comes behind it may be the end of the connection.
void Connection::Read() {
  size_t left = kReadAtOnce;
  std::span<char> buffer = worker_.read_buffer();
  if (paused_ && state_ == State::kOpen) ConsumeKept();
  while (unread_ && wants_input() && !session_->ready()) {
    const size_t most = session_->accepting() ? buffer.size() : kReadAhead;
    ssize_t count = recv(fd_.get(), buffer.data(), most, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      unread_ = false;
      return;
    }
    if (count < 0) return Abort();
    if (count == 0) return OnEndOfInput();
    Take({buffer.data(), static_cast<size_t>(count)});
    if (left <= static_cast<size_t>(count)) return;
    left -= static_cast<size_t>(count);
  }
  if (state_ == State::kDiscard) Discard();
}

void Connection::Take(std::string_view bytes) {
  if (input_.empty()) {
    bytes.remove_prefix(session_->Receive(bytes));
    input_.assign(bytes);
    paused_ = !input_.empty() && !session_->accepting();
  } else {
    input_.append(bytes);
    ConsumeKept();
  }
}

void Connection::ConsumeKept() {
  input_.erase(0, session_->Receive(input_));
  if (input_.empty()) Release(input_);
  paused_ = !input_.empty() && !session_->accepting();
}

// A client that closes its sending side is taken for gone: its calls are cancelled, but answers already made go out.
void Connection::OnEndOfInput() {
  peer_closed_ = true;
  unread_ = false;
  session_->OnDisconnect();
  Close();
}

void Connection::Discard() {
  std::span<char> buffer = worker_.read_buffer();
  for (size_t left = kReadAtOnce; left > 0;) {
    ssize_t count = recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    unread_ = false;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return Abort();
    left -= std::min(left, static_cast<size_t>(count));
  }
  unread_ = true;
}

void Connection::SettleLater() {
  if (busy_ || queued_) return;
  queued_ = true;
  worker_.SettleLater(*this);
}

void Connection::EndCall() {
  --calls_;
  SettleLater();  // there may be room for the next
}

bool Connection::HasUnreadInput() const {
  int count = 0;
  return ioctl(fd_.get(), FIONREAD, &count) == 0 && count > 0;
}

void Connection::Flush() {
  for (;;) {
    if (output_.owned() < kSendAtOnce) session_->Send(output_, kSendAtOnce);
    if (output_.empty()) break;
    const std::string_view front = output_.front();
    const int more = front.size() < output_.size() ? MSG_MORE : 0;
    ssize_t count = send(fd_.get(), front.data(), front.size(), MSG_NOSIGNAL | more);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) return Abort();
    output_.RemovePrefix(static_cast<size_t>(count));
    backlog_.Moved();
    write_deadline_ = Deadline::max();
  }
  if (output_.empty() || write_deadline_ != Deadline::max()) return;
  write_deadline_ = worker_.now() + worker_.limits().write_timeout;
}

void Connection::Settle() {
  if (closed()) return;
  busy_ = true;
  queued_ = false;
  Flush();
  Advance();
  busy_ = false;
  if (closed()) return;
  ScheduleDeadline();
  LimitBacklog();
}

// After a flush, which may have emptied the output: a connection that closes closes, and input that waited is taken up,
// in turn with others', so that a client that has sent much of it does not keep the worker from them.
void Connection::Advance() {
  if (state_ == State::kClosing && output_.empty()) {
    if (peer_closed_) return Abort();
    shutdown(fd_.get(), SHUT_WR);
    state_ = State::kDiscard;
    read_deadline_ = worker_.now() + kDiscardFor;
    Release(input_);
    Discard();
  }
  TakeTurnLater();
}

// May close other connections, and this one.
void Connection::LimitBacklog() {
  backlog_.Set(output_.owned() + session_->held());
  worker_.CutExcess();
}

void Connection::Close() {
  if (state_ != State::kOpen) return;
  state_ = State::kClosing;
  read_deadline_ = Deadline::max();
  SettleLater();
}

void Connection::CloseIfIdle() {
  if (state_ != State::kOpen) return;
  OnReady(true, false);  // a request that came meanwhile is served
  if (state_ == State::kOpen && session_->idle() && input_.empty()) Close();
}

void Connection::Shutdown() {
  if (state_ != State::kOpen) return;
  Flush();
  if (closed()) return;
  if (session_->idle() && output_.empty()) return Abort();
  session_->Shutdown();
}

void Connection::Abort() {
  if (closed()) return;
  state_ = State::kClosed;
  output_.Clear();
  session_->OnDisconnect();
  backlog_.Set(0);
  worker_.Remove(*this);
  fd_.Reset();
}

void Connection::ScheduleDeadline() { SetDeadline(std::min(read_deadline_, write_deadline_)); }

void Connection::Expired() {
  Deadline now = worker_.now();
  if (write_deadline_ <= now) return worker_.CutSlow(*this);
  if (read_deadline_ <= now) {
    if (state_ != State::kOpen) return Abort();
    read_deadline_ = Deadline::max();
    session_->OnReadTimeout();
  }
  Settle();
}

}  // namespace tomada::net
