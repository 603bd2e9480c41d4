#include "wire.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace tomada::grpc_client {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kReadBuffer = 64 << 10;
constexpr int kMostYields = 4;
constexpr char kStopped[] = "the component has been stopped";
// A call that has not gone when its connection is lost goes to the next one, but not for ever.
constexpr int kMostMoves = 8;

bool Add(int epoll, int fd, uint32_t events, void* data) {
  epoll_event event{};
  event.events = events | EPOLLET;
  event.data.ptr = data;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Wire::Wire(const Config& config, std::unique_ptr<net::TlsClientContext> tls, Logger log)
    : log_(std::move(log)),
      tls_(std::move(tls)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(std::make_shared<net::EventFd>()),
      in_(kReadBuffer) {
  if (!epoll_ || !Add(epoll_.get(), wake_->fd(), EPOLLIN, nullptr)) {
    throw std::system_error(errno, std::generic_category(), "epoll");
  }
  for (const std::string& target : config.AllTargets()) {
    backends_.push_back(std::make_unique<Backend>(*this, config, target, tls_.get(), log_));
  }
  standings_.resize(backends_.size());
  thread_ = std::thread([this] { Run(); });
}

Wire::~Wire() { Stop(); }

void Wire::Stop() {
  std::call_once(joined_, [this] {
    stop_ = true;
    wake_->Signal();
    thread_.join();
  });
}

std::vector<Backend::Standing> Wire::AwaitChange(const std::vector<Backend::Standing>& seen, std::stop_token stop) {
  std::unique_lock lock(standings_mutex_);
  changed_.wait(lock, stop, [&] { return standings_ != seen; });
  return standings_;
}

void Wire::Cancel(Exchange& exchange) {
  exchange.cancelled_ = true;  // it may not have been posted yet
  std::lock_guard lock(mutex_);
  cancelled_.push_back(exchange.key());
  Wake();
}

// Edge-triggered: each write wakes the thread, and nobody needs to read the counter.
void Wire::Wake() {
  if (std::exchange(asleep_, false)) wake_->Signal();
}

void Wire::AnswerStopped(Exchange& exchange, const Exchange::Inbox& inbox) {
  if (!exchange.over_.exchange(true)) exchange.status_ = absl::UnavailableError(kStopped);
  // It may be gone as soon as one of them is resumed.
  Executor& executor = exchange.executor_;
  for (std::coroutine_handle<> waiting : {inbox.reader, inbox.writer, inbox.finisher}) {
    if (waiting) executor.Post(waiting);
  }
}

bool Wire::Watch(int fd, Connection& connection) {
  return Add(epoll_.get(), fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP, &connection);
}

void Wire::Run() {
  while (!stop_) {
    Look(Clock::now());
    TakePosted();
    GatherCalls();
    const Deadline now = Clock::now();
    EndExpired(now);
    SendMoved();
    for (const auto& backend : backends_) {
      for (const auto& connection : backend->connections()) connection->Send(now);
    }
    resumed_.Flush();
    Wait();
    for (const auto& backend : backends_) {
      for (const auto& connection : backend->connections()) connection->Receive();
    }
  }
  while (!calls_.empty()) EndHere(*calls_.begin()->second, absl::UnavailableError(kStopped));
  TakePosted(/*last=*/true);
  resumed_.Flush();
  for (const auto& backend : backends_) backend->Close();
}

void Wire::Look(Deadline now) {
  bool changed = false;
  for (const auto& backend : backends_) changed |= backend->Look(now);
  if (!changed) return;
  open_.clear();
  for (const auto& backend : backends_) backend->AddOpen(open_);
  {
    std::lock_guard lock(standings_mutex_);
    for (size_t i = 0; i < backends_.size(); ++i) standings_[i] = backends_[i]->standing();
  }
  changed_.notify_all();
  if (std::exchange(waiting_, 0) == 0) return;
  for (auto& [key, exchange] : calls_) {
    if (exchange->connection_ == nullptr) moved_.push_back(exchange);
  }
}

// The first call wakes this thread, which often takes the processor from the thread that was about to post more. So it
// yields while calls keep coming: those that share a TCP segment cost both ends less.
void Wire::GatherCalls() {
  for (int i = 0; i < kMostYields && !news_.empty(); ++i) {
    std::this_thread::yield();
    TakePosted();
  }
}

void Wire::TakePosted(bool last) {
  news_.clear();
  {
    std::lock_guard lock(mutex_);
    over_ = last;
    taken_.swap(posted_);
    taken_cancelled_.swap(cancelled_);
    for (Exchange* exchange : taken_) news_.emplace_back(exchange, exchange->TakeInbox());
  }
  taken_.clear();
  for (const auto& [exchange, told] : news_) Take(*exchange, told);
  for (const Key& key : taken_cancelled_) {
    if (auto found = calls_.find(key); found != calls_.end()) EndHere(*found->second, absl::CancelledError());
  }
  taken_cancelled_.clear();
}

void Wire::Take(Exchange& exchange, Exchange::Told told) {
  if (told.start) {
    calls_.emplace(exchange.key(), &exchange);
    if (over_) {
      EndHere(exchange, absl::UnavailableError(kStopped));
    } else if (exchange.cancelled_) {
      EndHere(exchange, absl::CancelledError());
    } else {
      Carry(exchange);
    }
  } else if (told.more && exchange.connection_ != nullptr) {
    exchange.connection_->MoreToGive(exchange);
  }
  if (exchange.kind_ == Exchange::Kind::kUnary) return;
  exchange.Serve();
  if (!exchange.finisher_) return;
  if (!exchange.over_) EndHere(exchange, absl::CancelledError());
  exchange.Resume(exchange.finisher_);
}

void Wire::EndExpired(Deadline now) {
  while (!calls_.empty() && calls_.begin()->first.first <= now) {
    EndHere(*calls_.begin()->second, absl::DeadlineExceededError("the deadline has passed"));
  }
}

void Wire::SendMoved() {
  for (Exchange* exchange : std::exchange(moved_, {})) {
    if (!exchange->over_) Carry(*exchange);
  }
}

void Wire::Carry(Exchange& exchange) {
  Connection* connection = exchange.repeated_ ? Choose(exchange, exchange.server_) : nullptr;
  if (connection == nullptr) connection = Choose(exchange, 0);
  if (connection != nullptr && connection->Submit(exchange)) return;
  const bool hopeful = std::ranges::any_of(backends_, [&](const auto& backend) {
    return (exchange.only == nullptr || exchange.only == backend.get()) && backend->hopeful();
  });
  if (!hopeful) return CannotReach(exchange);
  ++waiting_;
}

Connection* Wire::Choose(const Exchange& exchange, uint32_t except) {
  Connection* full = nullptr;
  for (size_t i = 0; i < open_.size(); ++i) {
    const size_t at = (next_open_ + i) % open_.size();
    Connection* connection = open_[at];
    if (!connection->open() || connection->server() == except) continue;
    if (exchange.only != nullptr && exchange.only != &connection->backend()) continue;
    if (!connection->full()) {
      next_open_ = at + 1;
      return connection;
    }
    if (full == nullptr) full = connection;
  }
  return full;
}

void Wire::CannotReach(Exchange& exchange) {
  const Backend& backend = exchange.only ? *exchange.only : *backends_[next_backend_++ % backends_.size()];
  exchange.unreachable_ = backend.standing().cause;
  End(exchange,
      absl::UnavailableError(fmt::format("{} cannot be reached: {}", backend.target(), exchange.unreachable_)));
}

bool Wire::Repeat(Exchange& exchange, const absl::Status& status) {
  bool may = false;
  if (!exchange.sent()) {
    may = ++exchange.moves_ <= kMostMoves;
  } else if (!exchange.repeated_) {
    may = exchange.refused() ||
          (exchange.repeatable && absl::IsUnavailable(status) && Choose(exchange, exchange.server_) != nullptr);
    exchange.repeated_ = may;
  }
  if (!may || !exchange.Rewind()) return false;
  moved_.push_back(&exchange);
  return true;
}

void Wire::Ended(Exchange& exchange, absl::Status status) {
  exchange.connection_->Leave(exchange);
  if (Repeat(exchange, status)) return;
  End(exchange, exchange.refused() ? absl::UnavailableError("the server has refused the call") : std::move(status));
}

void Wire::EndHere(Exchange& exchange, absl::Status status) {
  if (exchange.connection_ != nullptr) exchange.connection_->Abandon(exchange);
  exchange.Discard();
  End(exchange, std::move(status));
}

void Wire::Lost(const Connection& connection) {
  std::erase(open_, &connection);
  const std::string message = fmt::format("the connection to {} was lost{}{}", connection.backend().target(),
                                          connection.cause().empty() ? "" : ": ", connection.cause());
  for (auto next = calls_.begin(); next != calls_.end();) {
    Exchange& exchange = *(next++)->second;
    if (exchange.connection_ != &connection) continue;
    exchange.connection_ = nullptr;
    absl::Status lost = absl::UnavailableError(message);  // each its own: they end on several threads
    if (!Repeat(exchange, lost)) End(exchange, std::move(lost));
  }
}

void Wire::MoveUnsent(Connection& connection) {
  for (auto next = calls_.begin(); next != calls_.end();) {
    Exchange& exchange = *(next++)->second;
    if (exchange.connection_ != &connection || exchange.sent()) continue;
    connection.Abandon(exchange);
    absl::Status left = absl::UnavailableError("no server takes the call");
    if (!Repeat(exchange, left)) End(exchange, std::move(left));
  }
}

void Wire::End(Exchange& exchange, absl::Status status) {
  calls_.erase(exchange.key());
  exchange.End(std::move(status));
}

Deadline Wire::NextDeadline() const {
  Deadline next = calls_.empty() ? Deadline::max() : calls_.begin()->first.first;
  for (const auto& backend : backends_) {
    next = std::min(next, backend->next());
    for (const auto& connection : backend->connections()) next = std::min(next, connection->next());
  }
  return next;
}

void Wire::Wait() {
  int timeout = -1;
  if (const Deadline next = NextDeadline(); next != Deadline::max()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
    timeout = static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
  }
  {
    std::lock_guard lock(mutex_);
    if (stop_ || timeout == 0 || !moved_.empty() || !posted_.empty() || !cancelled_.empty()) {
      timeout = 0;
    } else {
      asleep_ = true;
    }
  }
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
  for (int i = 0; i < count; ++i) {
    if (events[i].data.ptr != nullptr) static_cast<Connection*>(events[i].data.ptr)->OnEvent();
  }
  std::lock_guard lock(mutex_);
  asleep_ = false;
}

}  // namespace tomada::grpc_client
