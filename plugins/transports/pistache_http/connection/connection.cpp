#include "connection/connection.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "connection/worker.h"

namespace tomada::pistache_http {
namespace {

constexpr size_t kReadPerTurn = 64 << 10;  // then the worker's other connections have their turn
constexpr size_t kCompact = 64 << 10;
constexpr size_t kBufferKept = 16 << 10;
constexpr std::chrono::seconds kDiscardFor{2};

void Release(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > kBufferKept) buffer.shrink_to_fit();
}

}  // namespace

Connection::Connection(Worker& worker, uint64_t id, UniqueFd fd, Peers::Place place)
    : Timer(worker.timers()), worker_(worker), id_(id), fd_(std::move(fd)), place_(std::move(place)) {
  session_ = worker.MakeSession(*this);
}

Connection::~Connection() = default;

void Connection::OnReady(bool readable, bool writable) {
  in_turn_ = true;
  if (writable && unsent() > 0) Flush();
  if (readable) Read();
  in_turn_ = false;
  Settle();
}

void Connection::Read() {
  size_t left = kReadPerTurn;
  unread_ = true;
  std::span<char> buffer = worker_.read_buffer();
  while (wants_input()) {
    ssize_t count = recv(fd_.get(), buffer.data(), buffer.size(), 0);
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
    bytes.remove_prefix(session_->Consume(bytes));
    input_.assign(bytes);
  } else {
    input_.append(bytes);
    ConsumeKept();
  }
}

void Connection::ConsumeKept() {
  input_.erase(0, session_->Consume(input_));
  if (input_.empty()) Release(input_);
}

// A client that closes its sending side is taken for gone: its calls are cancelled, but answers already made go out.
void Connection::OnEndOfInput() {
  peer_closed_ = true;
  unread_ = false;
  session_->OnDisconnect();
  if (unsent() > 0) {
    Close();
  } else {
    Abort();
  }
}

void Connection::Discard() {
  std::span<char> buffer = worker_.read_buffer();
  for (size_t left = kReadPerTurn; left > 0;) {
    ssize_t count = recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    unread_ = false;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return Abort();
    left -= std::min(left, static_cast<size_t>(count));
  }
  unread_ = true;
}

std::string& Connection::output() {
  SettleLater();
  return output_;
}

void Connection::SettleLater() {
  if (in_turn_ || queued_) return;
  queued_ = true;
  worker_.SettleLater(*this);
}

bool Connection::HasUnreadInput() const {
  int count = 0;
  return ioctl(fd_.get(), FIONREAD, &count) == 0 && count > 0;
}

void Connection::Flush() {
  while (unsent() > 0) {
    ssize_t count = send(fd_.get(), output_.data() + sent_, unsent(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) return Abort();
    sent_ += static_cast<size_t>(count);
    write_deadline_ = Deadline::max();
  }
  if (unsent() == 0) {
    Release(output_);
    sent_ = 0;
    write_deadline_ = Deadline::max();
    return;
  }
  if (write_deadline_ == Deadline::max()) write_deadline_ = worker_.now() + worker_.limits().write_timeout;
  if (sent_ >= kCompact) {
    output_.erase(0, sent_);
    sent_ = 0;
  }
}

void Connection::Settle() {
  if (closed()) return;
  in_turn_ = true;
  queued_ = false;
  Flush();
  // Requests that waited for room, in rounds: each makes answers, and those are sent before the next.
  while (!input_.empty() && wants_input()) {
    size_t before = input_.size();
    ConsumeKept();
    Flush();
    if (input_.size() == before) break;
  }
  GoOn();
  in_turn_ = false;
  if (!closed()) ScheduleDeadline();
}

// What follows from the state of the output.
void Connection::GoOn() {
  if (state_ == State::kOpen && !congested()) session_->OnOutputRoom();
  if (state_ == State::kClosing && unsent() == 0) {
    if (peer_closed_) return Abort();
    shutdown(fd_.get(), SHUT_WR);
    state_ = State::kDiscard;
    read_deadline_ = worker_.now() + kDiscardFor;
    Release(input_);
    Discard();
  }
  if (unread_ && (wants_input() || state_ == State::kDiscard)) {
    unread_ = false;
    worker_.ReadAgain(*this);
  }
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
  if (session_->idle() && unsent() == 0) return Abort();
  session_->Shutdown();
}

void Connection::Abort() {
  if (closed()) return;
  state_ = State::kClosed;
  session_->OnDisconnect();
  worker_.Remove(*this);
  fd_.Reset();
}

void Connection::ScheduleDeadline() { SetDeadline(std::min(read_deadline_, write_deadline_)); }

void Connection::Expired() {
  Deadline now = worker_.now();
  if (write_deadline_ <= now) return Abort();
  if (read_deadline_ <= now) {
    if (state_ != State::kOpen) return Abort();
    read_deadline_ = Deadline::max();
    session_->OnReadTimeout();
  }
  Settle();
}

}  // namespace tomada::pistache_http
