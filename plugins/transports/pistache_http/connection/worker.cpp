#include "connection/worker.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "connection/listener.h"
#include "tomada/task.h"

namespace tomada::pistache_http {
namespace {

enum Tag : uint64_t { kListener, kMailbox, kTimers, kFirstConnection };

constexpr size_t kReadBuffer = 64 << 10;
constexpr size_t kScratchKept = 256 << 10;
constexpr int kAcceptPerTurn = 64;
constexpr int kMaxRefused = 256;  // connections over the limit that are still told so; more are just closed
constexpr std::chrono::milliseconds kAcceptPause{100};  // when descriptors or memory have run out
// Time for handshakes under way to complete once new ones are refused.
constexpr std::chrono::milliseconds kHandshakes{100};
// Time for the last answers, and for clients to read them and close.
constexpr std::chrono::milliseconds kLastWords{250};

// Resumes the coroutine that awaits it on an executor.
class Hop {
 public:
  explicit Hop(Executor& executor) : executor_(executor) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) const { executor_.Post(coroutine); }
  void await_resume() const noexcept {}

 private:
  Executor& executor_;
};

Task<void> RunOn(Executor& executor, Worker* worker, void (Worker::*call)()) {
  Hop hop(executor);
  co_await hop;
  (worker->*call)();
}

}  // namespace

Session* ReplyAddress::session() const {
  Connection* connection = worker_->Find(connection_);
  return connection == nullptr ? nullptr : &connection->session();
}

Worker::Worker(Shared& shared, UniqueFd listener)
    : shared_(shared),
      listener_(std::move(listener)),
      poller_(*this),
      next_id_(kFirstConnection),
      read_buffer_(kReadBuffer),
      accept_again_(*this, &Worker::Accept),
      close_listener_(*this, &Worker::CloseListener),
      close_idle_(*this, &Worker::CloseIdle),
      shutdown_all_(*this, &Worker::ShutdownAll),
      abort_all_(*this, &Worker::AbortAll) {}

Worker::~Worker() { Join(); }

absl::Status Worker::Start() {
  if (auto status = poller_.Add(listener_.get(), kListener); !status.ok()) return status;
  if (auto status = poller_.Add(mailbox_.fd(), kMailbox); !status.ok()) return status;
  if (auto status = poller_.Add(timers_.fd(), kTimers); !status.ok()) return status;
  thread_ = std::thread([this] {
    thread_id_ = std::this_thread::get_id();
    poller_.Run();
  });
  return absl::OkStatus();
}

// Once: what follows closes the listener, and its descriptor may be another's by the second time.
void Worker::RefuseConnections() {
  std::call_once(refused_, [this] { RefuseNewConnections(listener_.get()); });
}

void Worker::Drain() {
  RefuseConnections();
  Post(&Worker::BeginDrain);
}

void Worker::Stop(Deadline grace) {
  grace_ = grace;
  RefuseConnections();
  Post(&Worker::BeginStop);
}

void Worker::Join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::Post(void (Worker::*call)()) {
  Spawn(RunOn(mailbox_, this, call), [] {});
}

Connection* Worker::Find(uint64_t id) const {
  auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second.get();
}

std::string& Worker::scratch() {
  scratch_.clear();
  if (scratch_.capacity() > kScratchKept) scratch_.shrink_to_fit();
  return scratch_;
}

std::string_view Worker::http_date() {
  time_t second = time(nullptr);
  if (second != date_second_ || date_.empty()) {
    tm utc{};
    gmtime_r(&second, &utc);
    char text[64];
    date_.assign(text, strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc));
    date_second_ = second;
  }
  return date_;
}

void Worker::Remove(Connection& connection) {
  poller_.Remove(connection.fd());
  auto found = connections_.find(connection.id());
  removed_.push_back(std::move(found->second));
  connections_.erase(found);
  shared_.connections.fetch_sub(1, std::memory_order_relaxed);
}

void Worker::OnReady(std::span<const Poller::Event> events) noexcept {
  now_ = std::chrono::steady_clock::now();
  for (const Poller::Event& event : events) Dispatch(event);
  EndTurn();
}

void Worker::Dispatch(const Poller::Event& event) {
  switch (event.tag) {
    case kListener: return Accept();
    case kMailbox: return mailbox_.RunBatch();
    case kTimers: return timers_.Fire(now_);
    default:
      if (Connection* connection = Find(event.tag)) {
        if (event.hangup) return connection->Abort();
        connection->OnReady(event.readable, event.writable);
      }
  }
}

void Worker::EndTurn() {
  while (!unsettled_.empty()) {
    settling_.swap(unsettled_);
    for (uint64_t id : settling_) {
      if (Connection* connection = Find(id)) connection->Settle();
    }
    settling_.clear();
  }
  removed_.clear();
  if (stopping_ && !listener_ && connections_.empty() && requests_.outstanding() == 0) poller_.Stop();
}

void Worker::Accept() {
  for (int i = 0; i < kAcceptPerTurn; ++i) {
    if (!listener_ || !AcceptOne()) return;
  }
  poller_.Rearm(listener_.get(), kListener);
}

// False when there is nothing more to accept now.
bool Worker::AcceptOne() {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  UniqueFd socket(accept4(listener_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket) {
    Add(std::move(socket), peer);
    return true;
  }
  if (errno == EAGAIN) return false;
  if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return true;  // that client's matter
  if (now_ - last_accept_error_ > std::chrono::seconds(1)) {
    shared_.log.Warning("cannot accept connections", {{"reason", std::strerror(errno)}});
    last_accept_error_ = now_;
  }
  accept_again_.Set(now_ + kAcceptPause);
  return false;
}

void Worker::Add(UniqueFd socket, const sockaddr_storage& peer) {
  int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int others = shared_.connections.load(std::memory_order_relaxed);
  if (others >= shared_.limits.max_connections + kMaxRefused) return;
  Peers::Place place = shared_.peers.Enter(peer);
  const Peers::Verdict verdict = place.verdict();
  if (verdict == Peers::Verdict::kDropped) return;
  uint64_t id = next_id_++;
  if (!poller_.Add(socket.get(), id).ok()) return;
  shared_.connections.fetch_add(1, std::memory_order_relaxed);
  auto& connection = connections_[id] = std::make_unique<Connection>(*this, id, std::move(socket), std::move(place));
  if (others >= shared_.limits.max_connections) {
    connection->session().Refuse("the server has too many connections: try again later");
  } else if (verdict == Peers::Verdict::kRefused) {
    connection->session().Refuse("this client has too many connections: close some, or try again later");
  } else if (draining_) {
    connection->session().Drain();
  }
  connection->Settle();
}

void Worker::BeginDrain() {
  if (draining_) return;
  draining_ = true;
  for (auto& [id, connection] : connections_) connection->session().Drain();
  close_listener_.Set(now_ + kHandshakes);
  close_idle_.Set(now_ + std::max<Limits::Duration>(kHandshakes, limits().drain_linger));
}

void Worker::CloseListener() {
  if (!listener_) return;
  while (AcceptOne()) {
  }
  poller_.Remove(listener_.get());
  listener_.Reset();
}

void Worker::CloseIdle() { ForEachConnection(&Connection::CloseIfIdle); }

// The call may remove any of them.
void Worker::ForEachConnection(void (Connection::*call)()) {
  std::vector<uint64_t> ids;
  for (auto& [id, connection] : connections_) ids.push_back(id);
  for (uint64_t id : ids) {
    if (Connection* connection = Find(id)) (connection->*call)();
  }
}

void Worker::BeginStop() {
  BeginDrain();
  stopping_ = true;
  shutdown_all_.Set(grace_);
}

void Worker::ShutdownAll() {
  CloseListener();
  ForEachConnection(&Connection::Shutdown);
  abort_all_.Set(now_ + kLastWords);
}

void Worker::AbortAll() { ForEachConnection(&Connection::Abort); }

}  // namespace tomada::pistache_http
