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
// There is also a gRPC channel to the same server. It can do more (TLS, streams, names with several addresses, say why
// a server cannot be reached), and each call over it costs three times as much. So this connection may fail at any
// time: a call that finds it closed, or that the server has not begun with when it closes, goes over the channel.
class Http2Connection {
 public:
  // `target` is host:port. Connects when asked, by Open.
  Http2Connection(std::string target, const Config& config);
  // With no call under way.
  ~Http2Connection();
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;

  // Ends its thread, and with UNAVAILABLE the calls that it carries. Open is false from now on; a call that comes all
  // the same is not sent.
  void Stop();

  // Whether calls can be sent. If not, begins to connect, for later calls. To be called only when the server is known
  // to be reachable. Never waits.
  bool Open();

  // Awaited once; resumes on the call's executor, at the latest at the call's deadline.
  class Awaiter {
   public:
    Awaiter(Http2Connection& connection, Http2Call& call) : connection_(connection), call_(call) {}
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
      call_.waiting = waiting;
      connection_.Post(call_);  // may end before this returns
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
  // A call that is being carried ends soon, with CANCELLED. Has no effect on one that has ended.
  void Cancel(Http2Call& call);

 private:
  static constexpr char kClosed[] = "the server closed the connection";

  using Clock = std::chrono::steady_clock;
  using Key = std::pair<Deadline, uint64_t>;  // of a call; ordered by deadline

  static Key KeyOf(const Http2Call& call) { return {call.deadline, call.number}; }

  void Post(Http2Call& call);
  void Wake();  // with the mutex held

  // --- the thread's ---
  void Run();
  void TakePosted();
  void GatherCalls();
  void Connect();
  // Ends its calls with UNAVAILABLE and this message.
  void Close(const char* cause = kClosed);
  bool SendSome();
  // Not all that an endless sender has: deadlines are looked at between. Sets unread_ when there may be more.
  bool ReceiveSome();
  void EndExpired(Deadline now);
  void CheckAlive(Deadline now);
  void End(Http2Call& call);
  void EndHere(Http2Call& call, grpc::Status status);
  // Waits until there is something to do. True when the socket has something.
  bool Wait();
  Deadline NextDeadline() const;

  const std::string target_;
  const Clock::duration connect_timeout_, keepalive_time_, keepalive_timeout_;
  const size_t max_message_;
  std::atomic<uint64_t> next_number_{1};
  std::atomic<bool> open_{false};
  std::atomic<bool> wanted_{false};
  std::atomic<bool> stop_{false};

  std::mutex mutex_;  // guards the next four
  std::vector<Http2Call*> posted_;
  std::vector<Key> cancelled_;
  bool asleep_ = false;  // the thread waits for wake_; else it will look again by itself
  bool over_ = false;    // no more calls are taken: the thread has ended, or is about to

  const UniqueFd epoll_, wake_;
  UniqueFd socket_;
  std::unique_ptr<Http2Session> session_;
  std::map<Key, Http2Call*> calls_;
  ResumeBatch ended_;
  std::string out_;  // what the socket has not taken yet
  std::vector<char> in_;
  bool unread_ = false;  // of an edge-triggered socket, so that no event tells
  std::vector<Http2Call*> taken_;
  size_t newly_posted_ = 0;  // by the last TakePosted
  std::vector<Key> taken_cancelled_;
  Deadline heard_{};                      // when the server last sent something, or there was last no call to answer
  Deadline settle_by_ = Deadline::max();  // until when the server must have sent its settings
  Deadline pinged_ = Deadline::max();
  Deadline connect_again_{};
  std::thread thread_;
};

}  // namespace tomada::grpc_client
