// Streams of requests that go through grpc_client to a real server.
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <gtest/gtest.h>

#include <coroutine>
#include <deque>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "client_fixture.h"
#include "support/fault_proxy.h"
#include "support/stream_service.h"
#include "tomada/status.h"

namespace tomada::testing {
namespace {

using google::protobuf::Message;
using streams_test::Number;
using streams_test::Sum;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Number MakeNumber(int64_t value, std::string text = "") {
  Number number;
  number.set_value(value);
  number.set_text(std::move(text));
  return number;
}

// Suspends whoever awaits until the test lets it go on, on the test's thread.
class Latch {
 public:
  class Awaiter {
   public:
    explicit Awaiter(Latch& latch) : latch_(latch) {}
    bool await_ready() const { return false; }
    bool await_suspend(std::coroutine_handle<> waiting) {
      std::lock_guard lock(latch_.mutex_);
      if (latch_.open_) return false;
      latch_.waiting_ = waiting;
      return true;
    }
    void await_resume() const {}

   private:
    Latch& latch_;
  };

  void Close() {
    std::lock_guard lock(mutex_);
    open_ = false;
  }
  void Open() {
    std::coroutine_handle<> waiting;
    {
      std::lock_guard lock(mutex_);
      open_ = true;
      waiting = std::exchange(waiting_, nullptr);
    }
    if (waiting) waiting.resume();
  }

 private:
  std::mutex mutex_;
  bool open_ = true;
  std::coroutine_handle<> waiting_;
};

// The caller of a method: gives what the test gives it, and waits in between.
class Caller : public MessageReader {
 public:
  explicit Caller(std::vector<Number> numbers = {}) : numbers_(numbers.begin(), numbers.end()) {
    if (numbers_.empty()) latch_.Close();
  }

  void Give(Number number) {
    {
      std::lock_guard lock(mutex_);
      numbers_.push_back(std::move(number));
    }
    latch_.Open();
  }
  void End(absl::Status end = absl::OkStatus()) {
    {
      std::lock_guard lock(mutex_);
      end_ = std::move(end);
      ended_ = true;
    }
    latch_.Open();
  }

  Task<absl::StatusOr<bool>> Read(Message& message) override {
    for (;;) {
      Latch::Awaiter given(latch_);
      co_await given;
      std::lock_guard lock(mutex_);
      if (throws) throw std::bad_alloc();
      if (stopped) co_return false;
      if (!numbers_.empty()) {
        message.ParseFromString(numbers_.front().SerializeAsString());
        if (!endless || numbers_.size() > 1) numbers_.pop_front();
        ++taken;
        co_return true;
      }
      if (ended_ && !end_.ok()) co_return end_;
      if (ended_) co_return false;
      latch_.Close();
    }
  }
  void Stop() override {
    {
      std::lock_guard lock(mutex_);
      stopped = true;
    }
    latch_.Open();
  }

  std::atomic<int> taken{0};
  std::atomic<bool> stopped{false};
  bool endless = false;  // the last number comes again and again
  std::atomic<bool> throws{false};

 private:
  Latch latch_;
  std::mutex mutex_;
  std::deque<Number> numbers_;
  bool ended_ = false;
  absl::Status end_;
};

class Taker : public MessageWriter {
 public:
  Task<absl::Status> Write(const Message& message) override {
    Latch::Awaiter room(latch);
    co_await room;
    Number number;
    number.ParseFromString(message.SerializeAsString());
    std::lock_guard lock(mutex_);
    if (throws) throw std::bad_alloc();
    values_.push_back(number.value());
    ++taken;
    co_return fails ? absl::CancelledError("enough") : absl::OkStatus();
  }
  std::vector<int64_t> values() {
    std::lock_guard lock(mutex_);
    return values_;
  }

  Latch latch;
  std::atomic<int> taken{0};
  bool fails = false, throws = false;

 private:
  std::mutex mutex_;
  std::vector<int64_t> values_;
};

class ClientStreamsTest : public GrpcClientTest {
 protected:
  ClientStreamsTest() { providers_.push_back({"streams", &streams_}); }

  void StartBoth(Config config = {}) {
    StartServer();
    StartStreamsClient(std::move(config));
  }
  // The client knows the server, which has started, by the proxy's address.
  void StartClientOf(const FaultProxy& proxy, Config config = {}) {
    address_ = proxy.address();
    StartStreamsClient(std::move(config));
  }
  void StartStreamsClient(Config config) {
    config.reflection = true;
    config.services = {"streams_test.Streams"};
    StartClient(std::move(config));
  }

  absl::Status Add(Call& call, MessageReader& requests, Sum* sum = nullptr) {
    const Method& method = Find("Add");
    std::unique_ptr<Message> response(method.response_prototype->New());
    absl::Status status = Await(InvokeClientStreaming(method, call, log_, requests, *response));
    if (sum != nullptr) sum->ParseFromString(response->SerializeAsString());
    return status;
  }
  absl::Status Echo(Call& call, MessageReader& requests, MessageWriter& responses) {
    return Await(InvokeBidiStreaming(Find("Echo"), call, log_, requests, responses));
  }

  bool AllEnded() {
    return Eventually([&] { return streams_.running == 0; });
  }
  // Waits until it grows no more; what it is then.
  static int AtRest(const std::atomic<int>& number) {
    int before = -1;
    EXPECT_TRUE(Eventually([&] {
      const int now = number;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      return now > 0 && std::exchange(before, now) == now;
    }));
    return before;
  }

  StreamService streams_;
  const Logger log_{host_.log, "test"};
  ClientCall call_;
  Taker taker_;
};

TEST_F(ClientStreamsTest, ManyRequestsHaveOneAnswer) {
  StartBoth();
  Caller caller({MakeNumber(1), MakeNumber(2), MakeNumber(3)});
  caller.End();
  Sum sum;
  absl::Status status = Add(call_, caller, &sum);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(sum.value(), 6);
  EXPECT_EQ(sum.count(), 3);
  EXPECT_EQ(call_.response_metadata().Find("resposta"), "sim");
}

TEST_F(ClientStreamsTest, NoRequestIsAStreamToo) {
  StartBoth();
  Caller caller;
  caller.End();
  Sum sum;
  ASSERT_TRUE(Add(call_, caller, &sum).ok());
  EXPECT_EQ(sum.count(), 0);
}

TEST_F(ClientStreamsTest, EachMessageGoesOnAtOnceAndTheEndToo) {
  StartBoth();
  Caller caller;
  absl::Status status;
  std::thread call([&] { status = Echo(call_, caller, taker_); });
  for (int i = 1; i <= 3; ++i) {
    caller.Give(MakeNumber(i * 10));
    ASSERT_TRUE(Eventually([&] { return taker_.taken == i; }));
  }
  caller.End();
  call.join();
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(taker_.values(), ElementsAre(10, 20, 30, 3)) << "the last comes after the end of the requests";
  EXPECT_EQ(call_.response_metadata().Find("resposta"), "sim");
}

TEST_F(ClientStreamsTest, ErrorsComeWithTheirDetails) {
  StartBoth();
  Caller caller({MakeNumber(1, "fail")});
  absl::Status status = Add(call_, caller);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  google::rpc::BadRequest bad;
  ASSERT_EQ(ToRpcStatus(status).details_size(), 1);
  ASSERT_TRUE(ToRpcStatus(status).details(0).UnpackTo(&bad));
  EXPECT_EQ(bad.field_violations(0).field(), "text");
  EXPECT_TRUE(caller.stopped);
}

TEST_F(ClientStreamsTest, AServerThatAnswersBeforeTheEndEndsTheCall) {
  StartBoth();
  Caller caller({MakeNumber(7, "stop")});  // and then it says nothing
  Sum sum;
  absl::Status status = Add(call_, caller, &sum);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(sum.value(), 7);
}

TEST_F(ClientStreamsTest, AServerThatThrowsEndsTheCall) {
  StartBoth();
  Caller caller({MakeNumber(1, "throw")});
  EXPECT_EQ(Echo(call_, caller, taker_).code(), absl::StatusCode::kInternal);
}

TEST_F(ClientStreamsTest, RequestsThatBreakOffCancelTheCallAtTheServer) {
  StartBoth();
  Caller caller;
  absl::Status status;
  std::thread call([&] { status = Echo(call_, caller, taker_); });
  caller.Give(MakeNumber(1));
  ASSERT_TRUE(Eventually([&] { return taker_.taken == 1; }));
  caller.End(absl::InvalidArgumentError("line 2"));
  call.join();
  EXPECT_EQ(status, absl::InvalidArgumentError("line 2"));
  EXPECT_TRUE(AllEnded());
  EXPECT_EQ(streams_.last_end().code(), absl::StatusCode::kCancelled) << "and not the end of the requests";
}

TEST_F(ClientStreamsTest, AServerThatDoesNotReadHoldsTheCallerBack) {
  StartBoth();
  Number padded = MakeNumber(1);
  padded.set_padding(std::string(10000, 'x'));
  Caller caller({MakeNumber(1, "wait"), padded});
  caller.endless = true;
  absl::Status status;
  std::thread call([&] { status = Add(call_, caller); });
  ASSERT_TRUE(Eventually([&] { return streams_.waiting == 1; }));
  EXPECT_LT(AtRest(caller.taken), 5000);
  call_.Cancel(absl::CancelledError("the browser was closed"));
  call.join();
  EXPECT_EQ(status, absl::CancelledError("the browser was closed"));
  EXPECT_TRUE(AllEnded());
}

TEST_F(ClientStreamsTest, ACallerThatDoesNotTakeHoldsTheServerBack) {
  StartBoth();
  Caller caller({MakeNumber(1, "flood")});
  taker_.latch.Close();
  absl::Status status;
  std::thread call([&] { status = Echo(call_, caller, taker_); });
  EXPECT_LT(AtRest(streams_.written), 5000);
  EXPECT_EQ(taker_.taken, 0);
  taker_.fails = true;
  taker_.latch.Open();
  call.join();
  EXPECT_EQ(status, absl::CancelledError("enough"));
  EXPECT_TRUE(AllEnded());
  EXPECT_EQ(streams_.last_end().code(), absl::StatusCode::kCancelled);
}

// Of either direction: the other one ends too, and the call at the server.
TEST_F(ClientStreamsTest, AnExceptionEndsTheCall) {
  Config config;
  config.max_concurrent_calls = 1;
  StartBoth(config);
  for (const bool of_writer : {true, false, true}) {
    ClientCall call;
    Caller caller({MakeNumber(1)});
    Taker taker;
    taker.throws = of_writer;
    absl::Status status;
    std::thread thread([&] { status = Echo(call, caller, taker); });
    if (!of_writer) {
      EXPECT_TRUE(Eventually([&] { return taker.taken == 1; }));
      caller.throws = true;
      caller.Give(MakeNumber(2));
    }
    thread.join();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << of_writer;
    EXPECT_TRUE(AllEnded());
  }
}

TEST_F(ClientStreamsTest, CancelReachesTheServersHandler) {
  StartBoth();
  Caller caller({MakeNumber(1)});
  absl::Status status;
  std::thread call([&] { status = Echo(call_, caller, taker_); });
  ASSERT_TRUE(Eventually([&] { return taker_.taken == 1; }));
  call_.Cancel(absl::CancelledError("the browser was closed"));
  call.join();
  EXPECT_EQ(status, absl::CancelledError("the browser was closed"));
  EXPECT_TRUE(AllEnded());
  EXPECT_EQ(streams_.last_end().code(), absl::StatusCode::kCancelled);
}

TEST_F(ClientStreamsTest, DeadlineTravels) {
  StartBoth();
  ClientCall call(std::chrono::milliseconds(300));
  Caller caller({MakeNumber(1, "wait")});
  EXPECT_EQ(Add(call, caller).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(AllEnded());
  // The server's is later by the way to it. Which comes first there, it or the end of the caller's, is chance.
  EXPECT_GE(streams_.last_deadline(), call.deadline() - std::chrono::milliseconds(1));
  EXPECT_LE(streams_.last_deadline(), std::chrono::steady_clock::now() + std::chrono::milliseconds(300));
  EXPECT_THAT(streams_.last_end().code(),
              ::testing::AnyOf(absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kCancelled));
}

TEST_F(ClientStreamsTest, AServerThatGoesMidStreamIsUnavailable) {
  StartServer();
  FaultProxy proxy(static_cast<uint16_t>(HostPort::Parse(address_)->port));
  StartClientOf(proxy);
  Caller caller({MakeNumber(1)});
  absl::Status status;
  std::thread call([&] { status = Echo(call_, caller, taker_); });
  ASSERT_TRUE(Eventually([&] { return taker_.taken == 1; }));
  proxy.Refuse();
  proxy.CutAll();
  call.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(address_));
  EXPECT_TRUE(AllEnded());
  EXPECT_EQ(streams_.last_end().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(streams_.read, 1) << "and nothing is sent again";
}

// Nothing says so but a ping that is not answered: a stream may have no deadline and be silent for hours.
TEST_F(ClientStreamsTest, AServerThatIsCutOffMidStreamIsGivenUp) {
  StartServer();
  FaultProxy proxy(static_cast<uint16_t>(HostPort::Parse(address_)->port));
  Config config;
  config.keepalive_time = config.keepalive_timeout = absl::Milliseconds(200);
  StartClientOf(proxy, config);
  Caller caller({MakeNumber(1)});
  absl::Status status;
  std::thread call([&] { status = Echo(call_, caller, taker_); });
  ASSERT_TRUE(Eventually([&] { return taker_.taken == 1; }));
  proxy.BlackHole(Way::kToServer);
  proxy.BlackHole(Way::kToClient);
  call.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(address_));
  proxy.Heal();
  EXPECT_TRUE(AllEnded());
}

TEST_F(ClientStreamsTest, ManyAtOnceSomeCancelled) {
  StartBoth();
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 40; ++k) {
        ClientCall call;
        Caller caller({MakeNumber(1), MakeNumber(2), MakeNumber(3)});
        Taker taker;
        if (i % 2 == 0) {
          caller.End();
          right += Echo(call, caller, taker).ok() && taker.taken == 4;
        } else {
          std::thread canceller([&] { call.Cancel(absl::CancelledError("")); });
          right += Echo(call, caller, taker).code() == absl::StatusCode::kCancelled;
          canceller.join();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 320);
  EXPECT_TRUE(AllEnded());
}

}  // namespace
}  // namespace tomada::testing
