// One HTTP/2 connection without TLS that carries unary calls, and the thread that works on it.
#pragma once

#include <atomic>
#include <coroutine>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "config.h"
#include "http2_call.h"
#include "http2_session.h"
#include "tomada/executor.h"
#include "tomada/unique_fd.h"

namespace tomada::grpc_client {

// Thread-safe. Outlives its calls.
//
// It stands beside a gRPC channel to the same server, which knows more (TLS, streams, names with several addresses, why
// a server cannot be reached) and costs three times as much for each call. So this one need not always be there: a call
// that finds it closed takes the channel, and so does one that the server has not begun with when it closes.
class Http2Connection {
 public:
  // `target` is host:port. Connects when asked, by Open.
  Http2Connection(std::string target, const Config& config);
  // With no call under way.
  ~Http2Connection();
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;

  // Whether calls can be sent. When not, it tries to connect, for later calls; so only to be asked when the server is
  // known to be there. Never waits.
  bool Open();

  // Awaited once; resumes on the call's executor, at the latest at the call's deadline.
  class Awaiter {
   public:
    Awaiter(Http2Connection& connection, Http2Call& call) : connection_(connection), call_(call) {}
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
      call_.waiting = waiting;
      connection_.Post(call_);  // the last touch
    }
    void await_resume() const {}

   private:
    Http2Connection& connection_;
    Http2Call& call_;
  };
  Awaiter Carry(Http2Call& call) {
    call.number = next_number_.fetch_add(1, std::memory_order_relaxed);
    return Awaiter(*this, call);
  }
  // Ends a call that is being carried, soon, with CANCELLED. Of no effect on one that has ended meanwhile.
  void Cancel(Http2Call& call);

 private:
  using Clock = std::chrono::steady_clock;
  using Key = std::pair<Deadline, uint64_t>;  // of a call: what ends first comes first

  static Key KeyOf(const Http2Call& call) { return {call.deadline, call.number}; }

  void Post(Http2Call& call);
  void Wake();  // with the mutex held

  // --- the thread's ---
  void Run();
  void TakePosted();
  void AwaitCompany();
  void Connect();
  void Close();
  bool SendSome();
  bool ReceiveSome();
  void EndExpired(Deadline now);
  void CheckAlive(Deadline now);
  void End(Http2Call& call);
  void EndHere(Http2Call& call, grpc::Status status);
  // Until something is to be done. True when the socket is part of it.
  bool Wait();
  Deadline NextDeadline() const;

  const std::string target_;
  const Clock::duration connect_timeout_, keepalive_time_, keepalive_timeout_;
  const size_t max_message_;
  std::atomic<uint64_t> next_number_{1};
  std::atomic<bool> open_{false};
  std::atomic<bool> wanted_{false};
  std::atomic<bool> stop_{false};

  std::mutex mutex_;  // guards the next three
  std::vector<Http2Call*> posted_;
  std::vector<Key> cancelled_;
  bool asleep_ = false;  // the thread waits for wake_; else it will look again by itself

  const UniqueFd epoll_, wake_;
  UniqueFd socket_;
  std::unique_ptr<Http2Session> session_;
  std::map<Key, Http2Call*> calls_;
  ResumeBatch ended_;
  std::string out_;  // what the socket has not taken yet
  std::vector<char> in_;
  std::vector<Http2Call*> taken_;
  size_t newly_posted_ = 0;  // by the last TakePosted
  std::vector<Key> taken_cancelled_;
  Deadline heard_{};                      // the last sign of the server, or when there was nothing to hear
  Deadline settle_by_ = Deadline::max();  // a server that does not speak by then is none
  Deadline pinged_ = Deadline::max();
  Deadline connect_again_{};
  std::thread thread_;
};

}  // namespace tomada::grpc_client
