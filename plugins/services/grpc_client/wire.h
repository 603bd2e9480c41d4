// The thread that speaks to the servers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backend.h"
#include "config.h"
#include "connection.h"
#include "exchange.h"
#include "net/loop/event_fd.h"
#include "net/tls/context.h"
#include "tomada/executor.h"
#include "tomada/log.h"
#include "tomada/unique_fd.h"

namespace tomada::grpc_client {

// Keeps the targets connected, by itself, and carries calls. One thread does all of it: calls that come at once share a
// send, their answers a wake-up of each executor.
//
// A call goes to the next open connection, round robin, passing over those on which the server lets no more calls be
// open. While there is none, it waits as long as a first try to connect is under way, and else fails with UNAVAILABLE
// and the cause. One that the server has not begun with when its connection goes, or that it refuses, goes to another.
class Wire {
 public:
  // Starts the thread. Without TLS `tls` is null.
  Wire(const Config& config, std::unique_ptr<net::TlsClientContext> tls, Logger log);
  // With no call under way.
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Ends the thread, and with UNAVAILABLE all calls. So does any that comes later. Thread-safe.
  void Stop();

  const std::vector<std::unique_ptr<Backend>>& backends() const { return backends_; }

  // How each of the backends stands. Waits until that is something else than `seen`, or `stop`.
  std::vector<Backend::Standing> AwaitChange(const std::vector<Backend::Standing>& seen, std::stop_token stop);

  // --- for Exchange, from any thread ---
  template <class Change>
  void Post(Exchange& exchange, Change change) {
    Exchange::Inbox unread;
    {
      std::lock_guard lock(mutex_);
      change(exchange.inbox_);
      if (!over_) {
        if (!std::exchange(exchange.inbox_.queued, true)) posted_.push_back(&exchange);
        return Wake();
      }
      std::swap(unread, exchange.inbox_);
    }
    AnswerStopped(exchange, unread);
  }
  void Cancel(Exchange& exchange);
  uint64_t NextCall() { return next_call_.fetch_add(1, std::memory_order_relaxed); }

  // --- for the thread's own parts ---
  // False when the system does not let it; errno says why.
  bool Watch(int fd, Connection& connection);
  std::span<char> buffer() { return in_; }
  std::shared_ptr<net::EventFd> wake() const { return wake_; }
  uint32_t NextNumber() { return ++last_number_; }
  // Resumes a caller when this turn is over.
  void Resume(Executor& executor, std::coroutine_handle<> caller) { resumed_.Add(executor, caller); }
  // The server, or its connection, has ended the call.
  void Ended(Exchange& exchange, absl::Status status);
  // Somebody has ended it here.
  void EndHere(Exchange& exchange, absl::Status status);
  // The connection is closed: its calls end, or go to another.
  void Lost(const Connection& connection);
  // The connection takes no more: those of its calls that have not gone go to another.
  void MoveUnsent(Connection& connection);

 private:
  using Key = Exchange::Key;

  void Wake();  // with the mutex held
  // On the caller's thread.
  static void AnswerStopped(Exchange& exchange, const Exchange::Inbox& inbox);

  // --- the thread's ---
  void Run();
  void Look(Deadline now);
  // With `last` nothing is posted any more.
  void TakePosted(bool last = false);
  void GatherCalls();
  void Take(Exchange& exchange, Exchange::Told told);
  void EndExpired(Deadline now);
  void SendMoved();
  void Carry(Exchange& exchange);
  // Null when there is none.
  Connection* Choose(const Exchange& exchange, uint32_t except);
  // False when it cannot be sent again.
  bool Repeat(Exchange& exchange, const absl::Status& status);
  void End(Exchange& exchange, absl::Status status);
  void CannotReach(Exchange& exchange);
  // Waits until there is something to do.
  void Wait();
  Deadline NextDeadline() const;

  const Logger log_;
  const std::unique_ptr<net::TlsClientContext> tls_;
  std::atomic<uint64_t> next_call_{1};
  std::atomic<bool> stop_{false};

  std::mutex mutex_;  // guards the next four
  std::vector<Exchange*> posted_;
  std::vector<Key> cancelled_;
  bool asleep_ = false;  // the thread waits for wake_; else it will look again by itself
  bool over_ = false;    // no more calls are taken: the thread has ended, or is about to

  std::mutex standings_mutex_;  // guards the next one
  std::vector<Backend::Standing> standings_;
  std::condition_variable_any changed_;

  const UniqueFd epoll_;
  const std::shared_ptr<net::EventFd> wake_;  // signaled by look-ups, too, which may outlive this
  std::vector<char> in_;
  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<Connection*> open_;
  size_t next_open_ = 0, next_backend_ = 0;
  uint32_t last_number_ = 0;
  std::map<Key, Exchange*> calls_;  // that are not over
  std::vector<Exchange*> moved_;    // to be sent on another connection
  size_t waiting_ = 0;              // calls without a connection that wait for one
  ResumeBatch resumed_;
  std::vector<Exchange*> taken_;
  std::vector<std::pair<Exchange*, Exchange::Told>> news_;  // of the last TakePosted
  std::vector<Key> taken_cancelled_;
  std::once_flag joined_;
  std::thread thread_;
};

}  // namespace tomada::grpc_client
