#include "http2_connection.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "connect_socket.h"

namespace tomada::grpc_client {
namespace {

constexpr size_t kReadBuffer = 64 << 10;
// While more than this is unsent, further requests stay in the session.
constexpr size_t kEnoughUnsent = 1 << 20;
constexpr int kMostReads = 16;  // at once, each of a buffer
constexpr int kMostYields = 4;
constexpr std::chrono::seconds kConnectAgainAfter{1};  // between two attempts to connect
constexpr std::chrono::seconds kLookUpAgainAfter{30};  // a name that had several addresses

void Watch(int epoll, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events | EPOLLET;
  event.data.fd = fd;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

}  // namespace

Http2Connection::Http2Connection(std::string target, const Config& config)
    : target_(std::move(target)),
      connect_timeout_(absl::ToChronoNanoseconds(config.connect_timeout)),
      keepalive_time_(absl::ToChronoNanoseconds(config.keepalive_time)),
      keepalive_timeout_(absl::ToChronoNanoseconds(config.keepalive_timeout)),
      max_message_(static_cast<size_t>(config.max_message_size.bytes)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      in_(kReadBuffer) {
  if (!epoll_ || !wake_) throw std::system_error(errno, std::generic_category(), "a connection's descriptors");
  Watch(epoll_.get(), wake_.get(), EPOLLIN);
  thread_ = std::thread([this] { Run(); });
}

Http2Connection::~Http2Connection() { Stop(); }

void Http2Connection::Stop() {
  stop_ = true;
  {
    std::lock_guard lock(mutex_);
    Wake();
  }
  if (thread_.joinable()) thread_.join();
}

bool Http2Connection::Open() {
  if (open_.load(std::memory_order_relaxed)) return true;
  if (!wanted_.exchange(true, std::memory_order_relaxed)) {
    std::lock_guard lock(mutex_);
    Wake();
  }
  return false;
}

void Http2Connection::Cancel(Http2Call& call) {
  call.cancelled = true;  // it may not have been posted yet
  std::lock_guard lock(mutex_);
  cancelled_.push_back(KeyOf(call));
  Wake();
}

void Http2Connection::Post(Http2Call& call) {
  {
    std::lock_guard lock(mutex_);
    if (!over_) {
      posted_.push_back(&call);
      return Wake();
    }
  }
  call.executor.Post(call.waiting);  // not sent
}

// Edge-triggered: each write wakes the thread, and nobody needs to read the counter.
void Http2Connection::Wake() {
  if (std::exchange(asleep_, false)) ::eventfd_write(wake_.get(), 1);
}

void Http2Connection::Run() {
  while (!stop_) {
    if (!session_ && wanted_ && Clock::now() >= connect_again_) Connect();
    TakePosted();
    GatherCalls();
    const Deadline now = Clock::now();
    EndExpired(now);
    CheckAlive(now);
    if (session_ && !SendSome()) Close();
    ended_.Flush();
    const bool ready = Wait();
    if (ready && session_ && !ReceiveSome()) {
      Close(session_->flooded() ? "the server sent too many frames that carry nothing" : kClosed);
    }
  }
  Close();
  {
    std::lock_guard lock(mutex_);
    over_ = true;
  }
  TakePosted();
  ended_.Flush();
}

// The first call wakes this thread, which often takes the processor from the thread that was about to post more. So it
// yields while calls keep coming: those that share a TCP segment cost both ends less.
void Http2Connection::GatherCalls() {
  for (int i = 0; i < kMostYields && newly_posted_ > 0; ++i) {
    std::this_thread::yield();
    TakePosted();
  }
}

void Http2Connection::TakePosted() {
  {
    std::lock_guard lock(mutex_);
    taken_.swap(posted_);
    taken_cancelled_.swap(cancelled_);
  }
  if (calls_.empty()) heard_ = std::max(heard_, Clock::now());
  for (Http2Call* call : taken_) {
    calls_.emplace(KeyOf(*call), call);
    if (!session_ || !open_) {
      End(*call);  // not sent
    } else {
      session_->Submit(*call);
      if (call->cancelled) taken_cancelled_.push_back(KeyOf(*call));
    }
  }
  newly_posted_ = taken_.size();
  taken_.clear();
  for (const Key& key : taken_cancelled_) {
    if (auto found = calls_.find(key); found != calls_.end()) EndHere(*found->second, grpc::Status::CANCELLED);
  }
  taken_cancelled_.clear();
}

void Http2Connection::Connect() {
  wanted_ = false;
  Connected connected = ConnectSocket(target_, connect_timeout_, stop_);
  connect_again_ = Clock::now() + (connected.several ? kLookUpAgainAfter : kConnectAgainAfter);
  socket_ = std::move(connected.socket);
  if (!socket_) return;
  Watch(epoll_.get(), socket_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP);
  session_ = std::make_unique<Http2Session>(target_, max_message_, [this](Http2Call& call) { End(call); });
  settle_by_ = Clock::now() + connect_timeout_;
}

void Http2Connection::Close(const char* cause) {
  open_ = false;
  socket_.Reset();
  session_.reset();
  out_.clear();
  unread_ = false;
  pinged_ = settle_by_ = Deadline::max();
  connect_again_ = Clock::now() + kConnectAgainAfter;
  for (auto& [key, call] : std::exchange(calls_, {})) {
    call->status = grpc::Status(grpc::StatusCode::UNAVAILABLE, cause);
    ended_.Add(call->executor, call->waiting);
  }
}

// False when the connection is gone.
bool Http2Connection::SendSome() {
  if (out_.size() < kEnoughUnsent && !session_->Send(out_)) return false;
  while (!out_.empty()) {
    const ssize_t sent = ::send(socket_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    out_.erase(0, static_cast<size_t>(sent));
    if (out_.empty() && !session_->Send(out_)) return false;
  }
  return true;
}

bool Http2Connection::ReceiveSome() {
  unread_ = false;
  for (int i = 0; i < kMostReads; ++i) {
    const ssize_t size = ::recv(socket_.get(), in_.data(), in_.size(), 0);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0 || !session_->Receive({in_.data(), static_cast<size_t>(size)})) return false;
    heard_ = Clock::now();
    pinged_ = Deadline::max();
    if (session_->settled()) settle_by_ = Deadline::max();
    open_ = session_->settled() && session_->accepts_calls();
  }
  unread_ = true;
  return true;
}

void Http2Connection::EndExpired(Deadline now) {
  while (!calls_.empty() && calls_.begin()->first.first <= now) {
    EndHere(*calls_.begin()->second, grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "the deadline has passed"));
  }
}

// Closes the connection when the server has sent no settings in time, when it has said goodbye and answered all, or
// when it does not answer a ping while calls wait.
void Http2Connection::CheckAlive(Deadline now) {
  if (!session_) return;
  const bool finished = session_->settled() && !session_->accepts_calls() && calls_.empty();
  if (finished || now >= settle_by_) return Close();
  if (calls_.empty() || now < heard_ + keepalive_time_) return;
  if (pinged_ == Deadline::max()) {
    pinged_ = now;
    session_->Ping();
  } else if (now >= pinged_ + keepalive_timeout_) {
    Close();
  }
}

void Http2Connection::End(Http2Call& call) {
  calls_.erase(KeyOf(call));
  ended_.Add(call.executor, call.waiting);
}

void Http2Connection::EndHere(Http2Call& call, grpc::Status status) {
  session_->Abandon(call);
  call.sent = true;  // not to be sent again
  call.status = std::move(status);
  End(call);
}

Deadline Http2Connection::NextDeadline() const {
  Deadline next = session_ ? settle_by_ : wanted_ ? connect_again_ : Deadline::max();
  if (calls_.empty()) return next;
  const Deadline alive = pinged_ == Deadline::max() ? heard_ + keepalive_time_ : pinged_ + keepalive_timeout_;
  return std::min({next, calls_.begin()->first.first, alive});
}

bool Http2Connection::Wait() {
  int timeout = -1;
  if (const Deadline next = NextDeadline(); next != Deadline::max()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
    timeout = static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
  }
  {
    std::lock_guard lock(mutex_);
    if (stop_ || unread_ || !posted_.empty() || !cancelled_.empty()) {
      timeout = 0;
    } else {
      asleep_ = true;
    }
  }
  epoll_event events[2];
  const int count = ::epoll_wait(epoll_.get(), events, std::size(events), timeout);
  std::lock_guard lock(mutex_);
  asleep_ = false;
  return unread_ || std::any_of(events, events + std::max(count, 0),
                                [this](const epoll_event& event) { return event.data.fd == socket_.get(); });
}

}  // namespace tomada::grpc_client
