#include "net/server/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include <absl/strings/ascii.h>

#include "net/server/worker.h"
#include "net/socket/address.h"
#include "net/tls/server_context.h"

namespace tomada::net {
namespace {

constexpr size_t kReadAtOnce = 64 << 10;  // then the worker's other connections are served
constexpr size_t kReadAhead = 4 << 10;    // while the session takes nothing
constexpr size_t kSendAtOnce = 64 << 10;  // the rest stays in the session
constexpr size_t kInputKept = 16 << 10;
constexpr std::chrono::seconds kDiscardFor{2};

// TLS records: type, version, size (RFC 8446, 5.1).
constexpr char kHandshakeRecord = 0x16;
constexpr size_t kRecordHeader = 5;
constexpr size_t kLargestHello = kRecordHeader + (16 << 10);
constexpr std::string_view kLate = "a client has not ended its handshake within 5 s";

// The first record has come. A client's first message may go on in others, and mostly does not.
bool IsWholeHello(std::string_view input) {
  if (input.size() < kRecordHeader) return false;
  const auto byte = [input](size_t at) { return static_cast<size_t>(static_cast<unsigned char>(input[at])); };
  return input.size() >= std::min(kRecordHeader + (byte(3) << 8 | byte(4)), kLargestHello);
}

void Release(std::string& input) {
  input.clear();
  if (input.capacity() > kInputKept) input.shrink_to_fit();
}

}  // namespace

Connection::Connection(Worker& worker, uint64_t id, UniqueFd fd, Peers::Slot slot)
    : Timer(worker.timers()),
      worker_(worker),
      id_(id),
      stream_(std::move(fd)),
      slot_(std::move(slot)),
      backlog_(worker.backlog(), *this) {
  if (worker.tls() == nullptr) {
    Open("");
  } else {
    handshake_.emplace(worker.handshakes(), *this);
    read_deadline_ = worker.now() + Handshakes::kTime;
  }
}

Connection::~Connection() = default;

void Connection::Open(std::string_view protocol) {
  session_ = worker_.MakeSession(*this, protocol);
  state_ = State::kOpen;
}

void Connection::OnReady(bool readable, bool writable) {
  busy_ = true;
  if (writable && unsent() > 0) Flush();
  if (readable) {
    unread_ = true;
    state_ == State::kGreeting ? ReadGreeting() : Read();
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
  if (state_ == State::kGreeting) ShakeHands();
  if (session_ != nullptr && !session_->ready()) Read();
  if (state_ == State::kOpen && session_->ready()) session_->Serve();
  busy_ = false;
  if (closed()) return;
  TakeTurnLater();
  SettleLater();
}

bool Connection::wants_turn() const {
  if (state_ == State::kDiscard) return unread_;
  if (state_ == State::kGreeting) {
    return unread_ && !handshake_->waits() && (stream_.tls() != nullptr || IsWholeHello(input_));
  }
  if (state_ != State::kOpen) return false;
  return session_->ready() || (paused_ && session_->accepting()) || (unread_ && wants_input());
}

void Connection::TakeTurnLater() {
  if (has_turn_ || !wants_turn()) return;
  has_turn_ = true;
  worker_.TakeTurnLater(*this);
}

// Costs next to nothing: most that comes here may be from clients that never say more.
void Connection::ReadGreeting() {
  if (stream_.tls() != nullptr) return;  // it has its turn
  std::span<char> buffer = worker_.read_buffer();
  while (!IsWholeHello(input_)) {
    size_t size = 0;
    switch (stream_.Read(buffer.first(kLargestHello - input_.size()), size)) {
      case ByteStream::Result::kSome: break;
      case ByteStream::Result::kNothing: unread_ = false; return;
      case ByteStream::Result::kEnd: worker_.tls_incidents().closed.Add(); return Abort();
    }
    input_.append(buffer.data(), size);
    if (input_.front() != kHandshakeRecord) return RefuseClearText();
  }
}

// Whoever speaks HTTP here can be told so in HTTP.
void Connection::RefuseClearText() {
  constexpr std::string_view kWhy = "this port speaks TLS, and the client does not: use https://";
  handshake_.reset();
  read_deadline_ = Deadline::max();
  Incident& incident = worker_.tls_incidents().clear_text;
  if (!absl::ascii_isupper(static_cast<unsigned char>(input_.front()))) {
    incident.Count(worker_.now(), kWhy, [this] { return PeerOf(fd()); });
    return Abort();
  }
  incident.CountSilently();  // as a request that is refused
  Release(input_);
  Open("");
  session_->Refuse(400, kWhy);
}

void Connection::ShakeHands() {
  if (!handshake_->Enter(worker_.now())) return worker_.WatchHandshakes();
  handshake_->Moved(worker_.now());
  if (stream_.tls() == nullptr) {
    stream_.Secure(worker_.tls()->Accept(), input_);
    Release(input_);
  }
  std::span<char> buffer = worker_.read_buffer();
  size_t size = 0;
  const ByteStream::Result result = stream_.Read(buffer, size);
  if (result == ByteStream::Result::kNothing) unread_ = false;
  if (stream_.tls()->state() == TlsSession::State::kOpen) EndHandshake();
  if (result == ByteStream::Result::kEnd) return FailHandshake();
  if (result == ByteStream::Result::kSome) Take({buffer.data(), size});
}

void Connection::EndHandshake() {
  handshake_.reset();
  read_deadline_ = Deadline::max();
  (stream_.tls()->resumed() ? worker_.tls_incidents().resumed : worker_.tls_incidents().full).Add();
  Open(stream_.tls()->protocol());
  if (worker_.draining()) session_->Drain();
}

void Connection::CutHandshake() {
  if (has_turn_) return handshake_->Moved(worker_.now());  // it is the worker that is late, not the client
  worker_.tls_incidents().crowded.Count(worker_.now(), "there are more than have a place: a silent client's is taken",
                                        [this] { return PeerOf(fd()); });
  Abort();
}

// What TLS has to say about it still goes out.
void Connection::FailHandshake() {
  if (state_ == State::kOpen) return stream_.broken() ? Abort() : OnEndOfInput();
  handshake_.reset();
  if (stream_.error().empty()) {
    worker_.tls_incidents().closed.Add();
    return Abort();
  }
  worker_.tls_incidents().failed.Count(worker_.now(), stream_.error(), [this] { return PeerOf(fd()); });
  state_ = State::kClosing;
  read_deadline_ = Deadline::max();
}

// As far as to the end of a request, if that can be served: what comes behind it may be the end of the connection.
void Connection::Read() {
  size_t left = kReadAtOnce;
  std::span<char> buffer = worker_.read_buffer();
  if (paused_ && state_ == State::kOpen) ConsumeKept();
  while (unread_ && wants_input() && !session_->ready()) {
    const size_t most = session_->accepting() ? buffer.size() : kReadAhead;
    size_t count = 0;
    const ByteStream::Result result = stream_.Read(buffer.first(most), count);
    if (result == ByteStream::Result::kNothing) {
      unread_ = false;
      return;
    }
    if (result == ByteStream::Result::kEnd) return stream_.broken() ? Abort() : OnEndOfInput();
    Take({buffer.data(), count});
    if (left <= count) return;
    left -= count;
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
    ssize_t count = recv(fd(), buffer.data(), buffer.size(), 0);
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

bool Connection::HasUnreadInput() const { return stream_.HasUnread(); }

void Connection::Flush() {
  for (bool room = true; room;) {
    if (session_ != nullptr && output_.owned() < kSendAtOnce) session_->Send(output_, kSendAtOnce);
    if (unsent() == 0) break;
    const std::string_view front = output_.front();
    const size_t encrypted = stream_.unsent();
    size_t taken = 0;
    if (!stream_.Write(front, front.size() < output_.size(), taken)) return Abort();
    room = taken == front.size() && stream_.unsent() == 0;
    if (taken == 0 && stream_.unsent() >= encrypted) break;
    if (taken > 0) output_.RemovePrefix(taken);
    backlog_.Moved();
    write_deadline_ = Deadline::max();
  }
  if (unsent() == 0 || write_deadline_ != Deadline::max()) return;
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
  if (state_ == State::kClosing && unsent() == 0) {
    if (peer_closed_ && stream_.tls() == nullptr) return Abort();
    if (!stream_.Finish()) return Abort();
    if (unsent() > 0) return;
    if (peer_closed_) return Abort();
    state_ = State::kDiscard;
    read_deadline_ = worker_.now() + kDiscardFor;
    Release(input_);
    Discard();
  }
  TakeTurnLater();
}

// May close other connections, and this one.
void Connection::LimitBacklog() {
  backlog_.Set(output_.owned() + stream_.unsent() + (session_ == nullptr ? 0 : session_->held()));
  worker_.CutExcess();
}

void Connection::Close() {
  if (state_ != State::kOpen) return;
  state_ = State::kClosing;
  read_deadline_ = Deadline::max();
  SettleLater();
}

void Connection::CloseIfIdle() {
  if (state_ == State::kGreeting && stream_.tls() == nullptr && input_.empty()) return Abort();
  if (state_ != State::kOpen) return;
  OnReady(true, false);  // a request that came meanwhile is served
  if (state_ == State::kOpen && session_->idle() && input_.empty()) Close();
}

void Connection::Shutdown() {
  if (state_ == State::kGreeting) return Abort();
  if (state_ != State::kOpen) return;
  Flush();
  if (closed()) return;
  if (session_->idle() && unsent() == 0) return Abort();
  session_->Shutdown();
}

void Connection::Abort() {
  if (closed()) return;
  state_ = State::kClosed;
  output_.Clear();
  handshake_.reset();
  if (session_ != nullptr) session_->OnDisconnect();
  backlog_.Set(0);
  worker_.Remove(*this);
  stream_.Close();
}

void Connection::ScheduleDeadline() { SetDeadline(std::min(read_deadline_, write_deadline_)); }

void Connection::Expired() {
  Deadline now = worker_.now();
  if (write_deadline_ <= now) return worker_.CutSlow(*this);
  if (read_deadline_ <= now) {
    if (state_ == State::kGreeting) worker_.tls_incidents().late.Count(now, kLate, [this] { return PeerOf(fd()); });
    if (state_ != State::kOpen) return Abort();
    read_deadline_ = Deadline::max();
    session_->OnReadTimeout();
  }
  Settle();
}

}  // namespace tomada::net
