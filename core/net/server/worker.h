// Worker: one thread, its reactor, its listening socket and the connections it accepted there.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "net/loop/mailbox.h"
#include "net/loop/poller.h"
#include "net/loop/timer_fd.h"
#include "net/server/backlog.h"
#include "net/server/connection.h"
#include "net/server/handshakes.h"
#include "net/server/incidents.h"
#include "net/server/limits.h"
#include "net/server/request_ids.h"
#include "net/server/session.h"
#include "net/socket/peers.h"
#include "net/tls/server_context.h"
#include "tomada/log.h"

namespace tomada::net {

class Worker final : private Poller::Sink {
 public:
  // `protocol` is what TLS has agreed on (ALPN); empty: nothing, or there is no TLS.
  using SessionFactory = std::function<std::unique_ptr<Session>(Connection&, std::string_view protocol)>;

  // What all workers of a server share.
  struct Shared {
    // With `tls`, which outlives this, every connection speaks it.
    Shared(const Limits& limits, RequestPool::Make make_request, SessionFactory make_session, Logger log,
           const Metrics& metrics, Budget process_calls = Budget(), const TlsServerContext* tls = nullptr)
        : limits(limits),
          make_request(std::move(make_request)),
          make_session(std::move(make_session)),
          log(std::move(log)),
          process_calls(std::move(process_calls)),
          open_connections(metrics.gauge("tomada_connections", "Connections that are open.")),
          incidents(metrics, this->log),
          peers(limits.max_connections_per_peer,
                limits.local_peers_exempt ? Peers::Local::kExempt : Peers::Local::kCounted, limits.trusted_proxies),
          tls(tls) {
      if (tls != nullptr) tls_incidents.emplace(metrics, this->log);
    }

    Limits limits;
    RequestPool::Make make_request;
    SessionFactory make_session;
    Logger log;
    const Budget process_calls;
    std::atomic<int> calls{0};
    std::atomic<int> connections{0};
    const Gauge open_connections;
    Incidents incidents;
    Peers peers;
    const TlsServerContext* const tls;
    std::optional<TlsIncidents> tls_incidents;
  };

  // `shared` outlives the worker.
  Worker(Shared& shared, UniqueFd listener);
  // Only without Start, or after Join.
  ~Worker() override;

  // --- any thread ---

  absl::Status Start();
  // Accepts what the kernel has accepted, then no more; each connection is closed after the answer it waits for, an
  // idle one after `drain_linger`. Returns at once. May be called twice.
  void Drain();
  // Drains; at `grace` cancels the calls, answers them UNAVAILABLE and closes, with a moment for the answers to go out.
  // Returns at once. The thread ends when there is no connection and no call any more.
  void Stop(Deadline grace);
  // Returns when the thread has ended; Stop comes first. At once when it was never started.
  void Join();

  Executor& executor() { return mailbox_; }
  const Limits& limits() const { return shared_.limits; }
  const Logger& log() const { return shared_.log; }

  // --- its own thread ---

  // Null when there is none any more.
  Connection* Find(uint64_t id) const;
  TimerQueue& timers() { return timers_; }
  RequestPool& requests() { return requests_; }
  // The time at the beginning of the iteration.
  Deadline now() const { return now_; }
  // An empty string that anyone may use until the next call: what most answers are made in.
  std::string& scratch();
  RequestIds& request_ids() { return request_ids_; }
  // "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
  std::string_view http_date();

  // --- its own thread, for connections ---

  std::unique_ptr<Session> MakeSession(Connection& connection, std::string_view protocol) {
    return shared_.make_session(connection, protocol);
  }
  bool draining() const { return draining_; }
  // Null without TLS; the two below are for connections with it.
  const TlsServerContext* tls() const { return shared_.tls; }
  TlsIncidents& tls_incidents() { return *shared_.tls_incidents; }
  Handshakes& handshakes() { return handshakes_; }
  // Some wait for a place: sees to it that there is one soon.
  void WatchHandshakes();
  std::span<char> read_buffer() { return read_buffer_; }
  void SettleLater(const Connection& connection) { unsettled_.push_back(connection.id()); }
  void TakeTurnLater(const Connection& connection) { turns_.push_back(connection.id()); }
  void Remove(Connection& connection);
  Backlog& backlog() { return backlog_; }
  // Closes connections while all together hold more unsent than they may.
  void CutExcess();
  // Closes one whose client has taken nothing for `write_timeout`.
  void CutSlow(Connection& connection);
  // A place for a call of this connection; none when the server or the process has as many as it may.
  CallSlot BeginCall(Connection& connection);
  // For the slot.
  void EndCall(uint64_t connection);
  // The session refuses a request by itself.
  void CountRefusal(const Connection& connection, int http_status, std::string_view why);

 private:
  // Calls a member function when its time has come.
  class Alarm final : public Timer {
   public:
    Alarm(Worker& worker, void (Worker::*call)()) : Timer(worker.timers_), worker_(worker), call_(call) {}
    void Set(Deadline deadline) { SetDeadline(deadline); }

   private:
    void Expired() override { (worker_.*call_)(); }
    Worker& worker_;
    void (Worker::*call_)();
  };

  void RefuseConnections();  // any thread
  void OnReady(std::span<const Poller::Event> events) noexcept override;
  void Dispatch(const Poller::Event& event);
  void EndIteration();
  void SettleAll();
  void TakeTurns();
  void Post(void (Worker::*call)());

  void Accept();
  bool AcceptOne();
  void Add(UniqueFd socket, const sockaddr_storage& peer);
  void BeginDrain();
  void CloseListener();
  void CloseIdle();
  void ForEachConnection(void (Connection::*call)());
  void BeginStop();
  void ShutdownAll();
  void AbortAll();
  void CutHandshakes();

  Shared& shared_;
  UniqueFd listener_;
  Poller poller_;
  TimerFd timers_;
  Mailbox mailbox_{timers_};
  RequestPool requests_;
  RequestIds request_ids_;
  Backlog backlog_;
  Handshakes handshakes_;
  std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
  // What was looked for last: a request asks for its connection several times. Null or in connections_.
  mutable Connection* found_ = nullptr;
  std::vector<std::unique_ptr<Connection>> removed_;  // destroyed at the end of the iteration
  std::vector<uint64_t> unsettled_, settling_;
  std::deque<uint64_t> turns_;  // connections that have more to do, each once
  uint64_t next_id_;
  std::vector<char> read_buffer_;
  std::string scratch_;
  Deadline now_;
  std::string date_;
  time_t date_second_ = 0;
  bool draining_ = false;
  bool stopping_ = false;
  std::once_flag refused_;
  std::atomic<Deadline> grace_{Deadline::max()};
  Deadline last_accept_error_{};
  Alarm accept_again_, close_listener_, close_idle_, shutdown_all_, abort_all_, cut_handshakes_;
  std::thread thread_;
};

}  // namespace tomada::net
