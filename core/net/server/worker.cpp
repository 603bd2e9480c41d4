#include "net/server/worker.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

#include "net/socket/listener.h"
#include "tomada/task.h"

namespace tomada::net {
namespace {

enum Tag : uint64_t { kListener, kMailbox, kTimers, kFirstConnection };

constexpr size_t kReadBuffer = 64 << 10;
// The time in one iteration for those who have more than one request waiting, or have not taken their answers. They
// come last, in turn (round robin), and whoever has just sent a single request comes first: as sparse flows do in a
// queue of packets (RFC 8290, 4.2).
constexpr std::chrono::milliseconds kTurns{5};
constexpr size_t kScratchKept = 256 << 10;
constexpr int kAcceptsPerIteration = 64;
constexpr int kMaxRefused = 256;  // connections over the limit that are still told so; more are just closed
constexpr std::chrono::milliseconds kAcceptPause{100};  // when descriptors or memory have run out
// Time for handshakes under way to complete once new ones are refused.
constexpr std::chrono::milliseconds kHandshakes{100};
// Time for the last answers, and for clients to read them and close.
constexpr std::chrono::milliseconds kLastWords{250};

Task<void> RunOn(Executor& executor, Worker* worker, void (Worker::*call)()) {
  Hop hop(executor);
  co_await hop;
  (worker->*call)();
}

}  // namespace

Worker::Worker(Shared& shared, UniqueFd listener)
    : shared_(shared),
      listener_(std::move(listener)),
      poller_(*this),
      requests_(shared.make_request),
      backlog_(shared.limits.max_unsent),
      next_id_(kFirstConnection),
      read_buffer_(kReadBuffer),
      accept_again_(*this, &Worker::Accept),
      close_listener_(*this, &Worker::CloseListener),
      close_idle_(*this, &Worker::CloseIdle),
      shutdown_all_(*this, &Worker::ShutdownAll),
      abort_all_(*this, &Worker::AbortAll),
      cut_handshakes_(*this, &Worker::CutHandshakes) {}

Worker::~Worker() { Join(); }

absl::Status Worker::Start() {
  if (auto status = poller_.Add(listener_.get(), kListener); !status.ok()) return status;
  if (auto status = poller_.Add(mailbox_.fd(), kMailbox); !status.ok()) return status;
  if (auto status = poller_.Add(timers_.fd(), kTimers); !status.ok()) return status;
  thread_ = std::thread([this] {
    mailbox_.OwnThread();
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
  if (found_ != nullptr && found_->id() == id) return found_;
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found_ = found->second.get();
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
  if (found_ == &connection) found_ = nullptr;
  auto found = connections_.find(connection.id());
  removed_.push_back(std::move(found->second));
  connections_.erase(found);
  shared_.connections.fetch_sub(1, std::memory_order_relaxed);
  shared_.open_connections.Add(-1);
}

void Worker::CutExcess() {
  while (Connection* connection = backlog_.Excess()) {
    shared_.incidents.too_much_unsent.Count(now_, "answers that clients do not take fill `max_unsent`",
                                            [connection] { return PeerOf(connection->fd()); });
    connection->Abort();
  }
}

void Worker::CutSlow(Connection& connection) {
  shared_.incidents.too_slow.Count(now_, "a client has taken nothing for `write_timeout`",
                                   [&connection] { return PeerOf(connection.fd()); });
  connection.Abort();
}

void Worker::CountRefusal(const Connection& connection, int http_status, std::string_view why) {
  shared_.incidents.OfStatus(http_status).Count(now_, fmt::format("{}: {}", http_status, why), [&connection] {
    return PeerOf(connection.fd());
  });
}

CallSlot Worker::BeginCall(Connection& connection) {
  if (shared_.calls.fetch_add(1, std::memory_order_relaxed) < shared_.limits.max_calls) {
    if (Lease lease = shared_.process_calls.Take(1)) {
      connection.BeginCall();
      return CallSlot(*this, connection.id(), std::move(lease));
    }
  }
  shared_.calls.fetch_sub(1, std::memory_order_relaxed);
  return CallSlot();
}

void Worker::EndCall(uint64_t connection) {
  shared_.calls.fetch_sub(1, std::memory_order_relaxed);
  if (Connection* found = Find(connection)) found->EndCall();
}

CallSlot::~CallSlot() {
  if (worker_ != nullptr) worker_->EndCall(connection_);
}

void Worker::OnReady(std::span<const Poller::Event> events) noexcept {
  now_ = std::chrono::steady_clock::now();
  for (const Poller::Event& event : events) Dispatch(event);
  EndIteration();
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

void Worker::EndIteration() {
  mailbox_.SetRunning(nullptr);
  SettleAll();
  TakeTurns();
  SettleAll();
  removed_.clear();
  if (!turns_.empty()) poller_.Rearm(mailbox_.fd(), kMailbox);
  if (stopping_ && !listener_ && connections_.empty() && requests_.outstanding() == 0) poller_.Stop();
}

void Worker::TakeTurns() {
  if (turns_.empty()) return;
  const Deadline end = std::chrono::steady_clock::now() + kTurns;
  do {
    Connection* connection = Find(turns_.front());
    turns_.pop_front();
    if (connection != nullptr) connection->TakeTurn();
    now_ = std::chrono::steady_clock::now();
  } while (!turns_.empty() && now_ < end);
}

void Worker::SettleAll() {
  while (!unsettled_.empty()) {
    settling_.swap(unsettled_);
    for (uint64_t id : settling_) {
      if (Connection* connection = Find(id)) connection->Settle();
    }
    settling_.clear();
  }
}

void Worker::Accept() {
  for (int i = 0; i < kAcceptsPerIteration; ++i) {
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
  const Limits& limits = shared_.limits;
  const auto client = [&peer] { return AddressText(peer); };
  if (socket.get() >= limits.max_descriptor) {
    return shared_.incidents.no_descriptors.Count(now_, "the last descriptors are kept for addresses of this machine",
                                                  client);
  }
  const int others = shared_.connections.load(std::memory_order_relaxed);
  const bool full = others >= limits.max_connections;
  if (full) shared_.incidents.too_many.Count(now_, "`max_connections` are open", client);
  if (others >= limits.max_connections + kMaxRefused) return;
  Peers::Slot slot = shared_.peers.Enter(peer);
  const Peers::Verdict verdict = slot.verdict();
  if (verdict != Peers::Verdict::kAdmitted && !full) {
    shared_.incidents.too_many_of_peer.Count(now_, "a client has its `max_connections_per_peer`", client);
  }
  const bool refused = full || verdict != Peers::Verdict::kAdmitted;
  // By TLS it would be told so after a handshake only, which costs more than all else.
  if (verdict == Peers::Verdict::kDropped || (refused && tls() != nullptr)) return;
  uint64_t id = next_id_++;
  if (!poller_.Add(socket.get(), id).ok()) return;
  shared_.connections.fetch_add(1, std::memory_order_relaxed);
  shared_.open_connections.Add(1);
  auto& connection = connections_[id] = std::make_unique<Connection>(*this, id, std::move(socket), std::move(slot));
  if (full) {
    connection->session()->Refuse(503, "the server has too many connections: try again later");
  } else if (verdict == Peers::Verdict::kRefused) {
    connection->session()->Refuse(503, "this client has too many connections: close some, or try again later");
  } else if (draining_ && connection->session() != nullptr) {
    connection->session()->Drain();
  }
  connection->Settle();
}

void Worker::BeginDrain() {
  if (draining_) return;
  draining_ = true;
  for (auto& [id, connection] : connections_) {
    if (Session* session = connection->session()) session->Drain();
  }
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

void Worker::WatchHandshakes() { cut_handshakes_.Set(handshakes_.next_cut()); }

void Worker::CutHandshakes() {
  while (Connection* connection = handshakes_.Overdue(now_)) connection->CutHandshake();
  WatchHandshakes();
}

void Worker::AbortAll() { ForEachConnection(&Connection::Abort); }

}  // namespace tomada::net
