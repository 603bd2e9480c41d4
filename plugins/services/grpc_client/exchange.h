// One call to a server: a request of messages, an answer of messages.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <absl/status/status.h>

#include "net/http2/client_session.h"
#include "rpc/answer_end.h"
#include "tomada/call.h"

namespace tomada::grpc_client {

class Backend;
class Connection;
class Wire;

// Messages are as gRPC sends them: see rpc::Frame and rpc::Parse. Unary:
//
//   co_await exchange.Ask(request);      // answer(), status()
//
// A stream:
//
//   exchange.Start();
//   while (...) if (!co_await exchange.Write(message)) break;
//   exchange.WritesDone();
//   while (co_await exchange.Read()) { ... exchange.message() ... }
//   co_await exchange.Finish();          // status()
//
// A write and a read may be under way at the same time. Awaits resume on the call's executor, at the latest at its
// deadline. After a start Finish is never left out, not even for an exception: the wire uses the exchange until then.
class Exchange final : public net::ClientStream {
 public:
  enum class Kind { kUnary, kStream };

  // All outlive it. A larger message of the server's than `max_message` fails the call.
  Exchange(Wire& wire, Kind kind, std::string_view path, Executor& executor, Deadline deadline, size_t max_message);

  // --- before the start ---
  Metadata metadata;              // goes with it
  const Backend* only = nullptr;  // no other will do
  bool repeatable = false;        // when it ends with UNAVAILABLE it goes to another connection, once

  // --- for the caller, on its executor ---
  class Awaiter;
  Awaiter Ask(std::string request);
  std::string_view answer() const { return ready_; }

  void Start(std::string request = {}, bool last = false);
  bool started() const { return started_; }
  // Finishes when there is room for the next. False when the call is over.
  Awaiter Write(std::string message);
  // There are no more requests.
  void WritesDone();
  // False after the last message, and when the call has failed. The server's metadata has come with the first one.
  Awaiter Read();
  std::string_view message() const { return std::string_view(ready_).substr(ready_at_, message_size_); }
  // Ends the call if the server has not.
  Awaiter Finish();

  // The call ends soon, with CANCELLED. From any thread; no effect on one that has ended.
  void Cancel();

  // --- once it is over ---
  const absl::Status& status() const { return status_; }
  const Metadata& response_metadata() const { return response_metadata_; }
  // Not empty: no server could be reached, and this is why.
  const std::string& unreachable() const { return unreachable_; }

  class Awaiter {
   public:
    bool await_ready() const { return ready_; }
    void await_suspend(std::coroutine_handle<> waiting) { exchange_.Await(what_, waiting); }
    bool await_resume() const { return exchange_.Result(what_); }

   private:
    friend class Exchange;
    enum class What { kAsk, kWrite, kRead, kFinish };
    Awaiter(Exchange& exchange, What what, bool ready) : exchange_(exchange), what_(what), ready_(ready) {}

    Exchange& exchange_;
    const What what_;
    const bool ready_;
  };

 private:
  friend class Wire;
  friend class Connection;

  using Key = std::pair<Deadline, uint64_t>;  // of a call; ordered by deadline

  // What the caller tells the wire.
  struct Inbox {
    bool queued = false, start = false, last = false;
    std::string bytes;
    std::coroutine_handle<> reader, writer, finisher;
  };

  // What the wire has taken of it.
  struct Told {
    bool start, more;
  };

  Key key() const { return {deadline_, number_}; }
  void Await(Awaiter::What what, std::coroutine_handle<> waiting);
  bool Result(Awaiter::What what);
  // On to the next message that is here. False when there is none.
  bool Advance();

  // --- the wire's thread ---
  size_t Give(char* buffer, size_t size, bool& last) override;
  void TakeHeader(bool initial, std::string_view name, std::string_view value) override;
  void TakeData(std::string_view bytes) override;
  void TakeEnd(uint32_t error_code) override;

  // With the wire's lock held.
  Told TakeInbox();
  // Looks at messages that have come whole.
  void CheckMessages();
  void Fail(absl::StatusCode code, std::string message);
  // Answers a read or a write that waits, when there is something to answer.
  void Serve();
  void HandOver();
  void Resume(std::coroutine_handle<>& waiting);
  // For another connection. False when what has been sent is gone.
  bool Rewind();
  // Nobody is to have what has come.
  void Discard();
  void End(absl::Status status);

  Wire& wire_;
  const Kind kind_;
  const std::string_view path_;
  Executor& executor_;
  const Deadline deadline_;
  const size_t max_message_;
  const uint64_t number_;  // of this call alone, so that it can be named when it is gone

  // The caller's.
  bool started_ = false;
  std::string write_;
  std::string ready_;  // whole messages; the wire's while a read or a unary call waits
  size_t ready_at_ = 0, message_size_ = 0;

  Inbox inbox_;  // guarded by the wire's mutex
  std::atomic<size_t> unsent_{0};
  std::atomic<bool> over_{false}, cancelled_{false};

  // The wire's.
  Connection* connection_ = nullptr;
  uint32_t server_ = 0;  // where it was last
  int moves_ = 0;
  bool repeated_ = false;
  std::string out_;
  size_t out_at_ = 0;  // bytes of it that are on their way
  bool out_last_ = false, forgotten_ = false;
  std::string in_;
  size_t whole_ = 0;   // bytes of it that are whole messages
  size_t handed_ = 0;  // bytes in ready_ whose window was not given back
  std::coroutine_handle<> reader_, writer_, finisher_;
  size_t header_bytes_ = 0;
  rpc::AnswerEnd end_;
  std::string encoding_;
  Metadata response_metadata_;
  absl::Status status_;
  std::string unreachable_;
};

}  // namespace tomada::grpc_client
