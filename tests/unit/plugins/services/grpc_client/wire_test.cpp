// Calls of both kinds over the wire to servers that are made of nghttp2 alone, or of less, and misbehave.
#include <atomic>
#include <filesystem>
#include <future>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "support/false_server.h"
#include "support/http2_peer.h"
#include "tomada/thread_executor.h"
#include "wire_fixture.h"

namespace tomada::testing {
namespace {

using namespace std::chrono_literals;
using grpc_client::Exchange;
using ::testing::HasSubstr;

const Http2Peer::Headers kOk = {{":status", "200"}, {"content-type", "application/grpc"}};
const Http2Peer::Headers kFine = {{"grpc-status", "0"}};

// Does to each request what `answer` says.
class Answering {
 public:
  using Answer = std::function<void(Http2Peer& peer, int32_t stream)>;

  explicit Answering(Answer answer, uint32_t max_streams = 100, bool credit = true)
      : server_([this, answer, max_streams, credit](int fd) {
          Http2Peer peer(max_streams, credit);
          peer.on_request = [&](int32_t stream) {
            ++requests;
            answer(peer, stream);
          };
          peer.Serve(fd);
          pings += peer.pings;
          sent += peer.sent;
        }) {}

  std::string address() const { return server_.address(); }
  size_t connections() const { return server_.connections(); }

  std::atomic<int> requests{0}, pings{0};
  std::atomic<size_t> sent{0};

 private:
  FalseServer server_;
};

class MisbehavingTest : public WireFixture, public ::testing::WithParamInterface<Exchange::Kind> {
 protected:
  // What a call ends with that is answered so, and how many messages have come.
  absl::Status StatusOf(const Http2Peer::Headers& headers, const std::string& body,
                        const Http2Peer::Headers& trailers) {
    Answering server([&](Http2Peer& peer, int32_t stream) { peer.Answer(stream, headers, body, trailers); });
    Connect(server.address());
    answers_.clear();
    absl::Status status = Ask("u1", GetParam(), 20s, &answers_);
    wire_.reset();
    return status;
  }
  std::vector<std::string> answers_;
};
INSTANTIATE_TEST_SUITE_P(Calls, MisbehavingTest, ::testing::Values(Exchange::Kind::kUnary, Exchange::Kind::kStream),
                         [](const auto& kind) { return NameOf(kind.param); });

TEST_P(MisbehavingTest, AServerThatIsNotThereIsNamed) {
  Connect("127.0.0.1:1");
  EXPECT_EQ(Ask("u1", GetParam()), absl::UnavailableError("127.0.0.1:1 cannot be reached: Connection refused"));
}

TEST_P(MisbehavingTest, AServerThatSpeaksSomethingElseIsNamed) {
  FalseServer server([](int fd) { FalseServer::Send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n"); });
  Connect(server.address());
  EXPECT_THAT(std::string(Ask("u1", GetParam()).message()), HasSubstr(server.address() + " cannot be reached: "));
}

TEST_P(MisbehavingTest, AServerThatSaysNothingIsGivenUp) {
  FalseServer server([](int fd) {
    char byte;
    while (::recv(fd, &byte, 1, 0) > 0) continue;
  });
  Config config;
  config.connect_timeout = absl::Milliseconds(300);
  Connect(server.address(), config);
  EXPECT_EQ(
      Ask("u1", GetParam()),
      absl::UnavailableError(server.address() + " cannot be reached: it takes longer than connect_timeout to connect"));
}

TEST_P(MisbehavingTest, WhatItSaysIsTold) {
  EXPECT_EQ(StatusOf(kOk, Framed("answer"), kFine), absl::OkStatus());
  EXPECT_EQ(answers_, std::vector<std::string>({Framed("answer")}));
  EXPECT_EQ(StatusOf(kOk, "", {{"grpc-status", "5"}, {"grpc-message", "n%C3%A3o"}}), absl::NotFoundError("não"));
}

TEST_P(MisbehavingTest, AnswersThatAreNoneAreErrors) {
  EXPECT_EQ(StatusOf(kOk, Framed("cut").substr(0, 7), kFine), absl::InternalError("the server's answer was cut off"));
  EXPECT_EQ(StatusOf(kOk, Framed("cut").substr(0, 3), kFine).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(StatusOf(kOk, "\x01" + Framed("compressed").substr(1), kFine).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(StatusOf({{":status", "200"}, {"grpc-encoding", "snappy"}}, "\x01" + Framed("a").substr(1), kFine),
            absl::InternalError("the server's answer is compressed by \"snappy\"; gzip and deflate are taken"));
  EXPECT_EQ(StatusOf(kOk, Framed("no status"), {}).code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(StatusOf({{":status", "503"}}, "busy", {}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusOf({{":status", "404"}}, "what?", {}).code(), absl::StatusCode::kUnimplemented);
  const bool unary = GetParam() == Kind::kUnary;
  const auto none = StatusOf(kOk, "", kFine), two = StatusOf(kOk, Framed("a") + Framed("b"), kFine);
  EXPECT_EQ(none.code(), unary ? absl::StatusCode::kUnimplemented : absl::StatusCode::kOk);
  EXPECT_EQ(two.code(), unary ? absl::StatusCode::kUnimplemented : absl::StatusCode::kOk);
}

TEST_P(MisbehavingTest, LimitsHold) {
  EXPECT_TRUE(StatusOf(kOk, Framed(std::string(kMaxMessage - 3, 'x')), kFine).ok());
  EXPECT_EQ(StatusOf(kOk, Framed(std::string(kMaxMessage, 'x')), kFine).code(), absl::StatusCode::kResourceExhausted);
  const std::string huge = std::string("\0\xff\xff\xff\xff", 5);
  EXPECT_EQ(StatusOf(kOk, huge, kFine).code(), absl::StatusCode::kResourceExhausted) << "by the prefix alone";
  EXPECT_EQ(StatusOf({{":status", "200"}, {"big", std::string(9000, 'x')}}, "", kFine),
            absl::ResourceExhaustedError("the server's metadata is larger than 8192 bytes"));
  EXPECT_EQ(StatusOf(kOk, "", {{"grpc-status", "0"}, {"big", std::string(9000, 'x')}}).code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_P(MisbehavingTest, ACallThatIsRefusedGoesOnceMore) {
  Answering once([&, first = true](Http2Peer& peer, int32_t stream) mutable {
    if (std::exchange(first, false)) return peer.Reset(stream, NGHTTP2_REFUSED_STREAM);
    peer.Answer(stream, kOk, Framed("answer"), kFine);
  });
  Connect(once.address());
  EXPECT_TRUE(Ask("u1", GetParam()).ok());
  EXPECT_EQ(once.requests, 2);

  Answering always([](Http2Peer& peer, int32_t stream) { peer.Reset(stream, NGHTTP2_REFUSED_STREAM); });
  Connect(always.address());
  EXPECT_EQ(Ask("u1", GetParam()), absl::UnavailableError("the server has refused the call"));
  EXPECT_EQ(always.requests, 2);
}

TEST_P(MisbehavingTest, AServerThatSaysGoodbyeIsConnectedToAgain) {
  std::atomic<int> connections{0};
  FalseServer server([&](int fd) {
    const bool leaves = ++connections == 1;
    Http2Peer peer;
    peer.on_request = [&](int32_t stream) {
      if (stream == 1 && leaves) return peer.Goodbye(1);  // the first is taken, and answered with the second
      peer.Answer(stream, kOk, Framed("answer"), kFine);
    };
    peer.Serve(fd);
  });
  Connect(server.address());
  absl::Status first;
  std::thread waiting([&] { first = Ask("u1", GetParam(), 1s); });
  ASSERT_TRUE(Eventually([&] { return connections == 2; }));
  EXPECT_TRUE(Ask("u2", GetParam()).ok());
  waiting.join();
  EXPECT_TRUE(absl::IsDeadlineExceeded(first)) << "it stays where it has been taken: " << first;
}

// Beyond what the server lets be open at once, calls wait here, and go elsewhere when it leaves.
TEST_P(MisbehavingTest, CallsThatHaveNotGoneGoElsewhere) {
  std::atomic<int> connections{0};
  std::atomic<bool> leave{false};
  FalseServer server([&](int fd) {
    const bool first = ++connections == 1;
    Http2Peer peer(1);
    peer.on_request = [&](int32_t stream) {
      if (!first) return peer.Answer(stream, kOk, Framed("answer"), kFine);
      EXPECT_TRUE(Eventually([&] { return leave.load(); }));
      peer.Goodbye(stream);
    };
    peer.Serve(fd);
  });
  Connect(server.address());
  ASSERT_TRUE(Connected());
  std::thread stays([&] { Ask("u1", GetParam(), 2s).IgnoreError(); });
  std::this_thread::sleep_for(100ms);
  absl::Status status;
  std::thread goes([&] { status = Ask("u2", GetParam()); });
  std::this_thread::sleep_for(100ms);
  leave = true;
  goes.join();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(connections, 2);
  stays.join();
}

TEST_P(MisbehavingTest, AServerThatIsSilentIsNotPingedAllTheTime) {
  Answering server([](Http2Peer&, int32_t) {});
  Config config;
  config.keepalive_time = absl::Milliseconds(50);
  Connect(server.address(), config);
  EXPECT_TRUE(absl::IsDeadlineExceeded(Ask("u1", GetParam(), 1s)));
  wire_.reset();
  EXPECT_TRUE(Eventually([&] { return server.pings > 0; }));
  EXPECT_LE(server.pings, 2);
}

// An HTTP/2 frame (RFC 9113, section 4.1).
std::string FrameOf(char type, char flags, char stream, const std::string& payload = "") {
  return std::string{0, 0, static_cast<char>(payload.size()), type, flags, 0, 0, 0, stream} + payload;
}

// Reads until the head of a request has come.
bool AwaitRequest(int fd) {
  const auto read = [fd](size_t size) {
    std::string bytes(size, '\0');
    return size == 0 || ::recv(fd, bytes.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size) ? bytes : "";
  };
  if (read(24).empty()) return false;  // the preface
  for (;;) {
    const std::string head = read(9);
    if (head.empty() || head[3] == 1) return !head.empty();
    read(static_cast<unsigned char>(head[0]) << 16 | static_cast<unsigned char>(head[1]) << 8 |
         static_cast<unsigned char>(head[2]));
  }
}

TEST_P(MisbehavingTest, AServerThatSendsNothingWithoutEndIsGivenUp) {
  const std::pair<const char*, std::string> floods[] = {
      {"empty DATA", FrameOf(0, 0, 1)},
      {"103 Early Hints", FrameOf(1, 4, 1,
                                  "\x08\x03"
                                  "103")},
      {"PING", FrameOf(6, 0, 0, "12345678")},
      {"WINDOW_UPDATE", FrameOf(8, 0, 0, std::string{0, 0, 0, 1})},
      {"PRIORITY", FrameOf(2, 0, 1, std::string(5, '\1'))},
      {"an unknown frame", FrameOf(99, 0, 0)},
  };
  for (const auto& [name, frame] : floods) {
    SCOPED_TRACE(name);
    std::atomic<bool> given_up{false};
    FalseServer server([&, frame = frame](int fd) {
      if (!FalseServer::Send(fd, FrameOf(4, 0, 0)) || !AwaitRequest(fd)) return;
      std::string many;
      for (int i = 0; i < 1000; ++i) many += frame;
      while (FalseServer::Send(fd, many)) continue;
      given_up = true;
    });
    Connect(server.address());
    EXPECT_FALSE(Ask("u1", GetParam()).ok());
    EXPECT_TRUE(Eventually([&] { return given_up.load(); }));
    wire_.reset();
  }
}

// --- streams ---

TEST_F(WireFixture, AStreamThatNobodyReadsIsHeldBackAndNothingElse) {
  constexpr size_t kWhole = 64 << 20;
  const std::string message = Framed(std::string(kMaxMessage - 10, 'x'));
  std::string body;
  while (body.size() < kWhole) body += message;
  std::atomic<size_t>* sent = nullptr;
  std::promise<void> begun;
  FalseServer server([&](int fd) {
    Http2Peer peer;
    peer.on_request = [&](int32_t stream) {
      const bool first = stream == 1;
      if (first) sent = &peer.sent;
      peer.Answer(stream, kOk, first ? body : message, kFine);
      if (first) begun.set_value();
    };
    peer.Serve(fd);
  });
  Connect(server.address());
  Exchange slow = Make(Kind::kStream, 60s);
  slow.Start(Framed("u1"), true);
  begun.get_future().wait();
  size_t read = 0;
  for (; read < 10; ++read) ASSERT_TRUE(Await(Awaited(slow.Read())));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Ask("u2").ok()) << "others are answered meanwhile";
  EXPECT_LE(*sent, 2 * net::ClientSession::kStreamWindow);
  for (; Await(Awaited(slow.Read())); ++read) ASSERT_EQ(slow.message(), message);
  Await(Awaited(slow.Finish()));
  EXPECT_TRUE(slow.status().ok()) << slow.status();
  EXPECT_EQ(read, body.size() / message.size());
}

TEST_F(WireFixture, AMessageLargerThanTheWindowComes) {
  const std::string message = Framed(std::string(3 << 20, 'x'));
  Answering server([&](Http2Peer& peer, int32_t stream) { peer.Answer(stream, kOk, message + message, kFine); });
  Connect(server.address());
  Exchange call = Make(Kind::kStream, 20s, 4 << 20);
  call.Start(Framed("u1"), true);
  for (int i = 0; i < 2; ++i) {
    std::this_thread::sleep_for(50ms);  // what has come by itself is less than the message
    ASSERT_TRUE(Await(Awaited(call.Read())));
    EXPECT_EQ(call.message(), message);
  }
  EXPECT_FALSE(Await(Awaited(call.Read())));
  Await(Awaited(call.Finish()));
  EXPECT_TRUE(call.status().ok()) << call.status();
}

TEST_F(WireFixture, AServerThatDoesNotReadHoldsTheWriterBack) {
  Answering server([](Http2Peer&, int32_t) {}, 100, /*credit=*/false);
  Connect(server.address());
  Exchange call = Make(Kind::kStream);
  call.Start();
  std::atomic<size_t> written{0};
  std::thread writer([&] {
    while (Await(Awaited(call.Write(Framed(std::string(1000, 'x')))))) written += 1000;
  });
  size_t before = 1;
  ASSERT_TRUE(Eventually([&] {
    std::this_thread::sleep_for(200ms);
    return std::exchange(before, written) == written;
  }));
  EXPECT_GE(written, 64u << 10) << "the first window";
  EXPECT_LE(written, 256u << 10) << "that, and what is kept here";
  call.Cancel();
  writer.join();
  Await(Awaited(call.Finish()));
  EXPECT_TRUE(absl::IsCancelled(call.status()));
}

// What came before the end is read, and then the end is told.
TEST_F(WireFixture, MessagesBeforeAnErrorAreRead) {
  Answering server([](Http2Peer& peer, int32_t stream) {
    peer.Answer(stream, kOk, Framed("a") + Framed("b"), {{"grpc-status", "10"}, {"grpc-message", "enough"}});
  });
  Connect(server.address());
  std::vector<std::string> answers;
  EXPECT_EQ(Ask("u1", Kind::kStream, 20s, &answers), absl::AbortedError("enough"));
  EXPECT_EQ(answers, std::vector<std::string>({Framed("a"), Framed("b")}));
}

TEST_F(WireFixture, AnEndBeforeTheRequestsEndEndsTheCall) {
  Answering server([](Http2Peer& peer, int32_t stream) { peer.Answer(stream, kOk, Framed("early"), kFine); });
  Connect(server.address());
  Exchange call = Make(Kind::kStream);
  call.Start();
  EXPECT_TRUE(Await(Awaited(call.Read())));
  EXPECT_EQ(call.message(), Framed("early"));
  EXPECT_FALSE(Await(Awaited(call.Read())));
  EXPECT_FALSE(Await(Awaited(call.Write(Framed("u1")))));
  Await(Awaited(call.Finish()));
  EXPECT_TRUE(call.status().ok()) << call.status();
}

// Whatever is waited for, and also where it need not be waited for.
Task<bool> KeepsItsThreadInCalls(Executor& executor, Exchange& unary, Exchange& stream, std::string request) {
  Exchange::Awaiter asked = unary.Ask(request);
  co_await asked;
  bool kept = executor.InThread();
  stream.Start();
  const std::string large(200 << 10, 'x');
  for (const std::string& message : {request, large, request}) {
    Exchange::Awaiter written = stream.Write(message);
    co_await written;
    kept = kept && executor.InThread();
  }
  stream.WritesDone();
  for (bool more = true; more;) {
    Exchange::Awaiter read = stream.Read();
    more = co_await read;
    kept = kept && executor.InThread();
  }
  Exchange::Awaiter finished = stream.Finish();
  co_await finished;
  co_return kept&& executor.InThread() && unary.status().ok() && stream.status().ok();
}

TEST_F(WireFixture, CallsKeepToTheirExecutor) {
  Answering server([](Http2Peer& peer, int32_t stream) {
    peer.Answer(stream, kOk, stream == 1 ? Framed("a") : Framed("a") + Framed("b"), kFine);
  });
  Connect(server.address());
  ThreadExecutor executor;
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  Exchange unary(*wire_, Kind::kUnary, "/p.S/M", executor, deadline, kMaxMessage);
  Exchange stream(*wire_, Kind::kStream, "/p.S/M", executor, deadline, kMaxMessage);
  auto begin = [](Executor& on, Exchange& one, Exchange& two, std::string request) -> Task<bool> {
    Hop hop(on);
    co_await hop;
    const bool kept = co_await KeepsItsThreadInCalls(on, one, two, request);
    co_return kept;
  };
  EXPECT_TRUE(Await(begin(executor, unary, stream, Framed("u1"))));
}

TEST_F(WireFixture, CallsPassOverAServerThatTakesNoMore) {
  std::atomic<int> answered{0};
  Answering one([](Http2Peer&, int32_t) {}, 1);
  Answering many([&](Http2Peer& peer, int32_t stream) {
    peer.Answer(stream, kOk, Framed("answer"), kFine);
    ++answered;
  });
  Config config;
  config.targets = {one.address(), many.address()};
  Connect(config);
  ASSERT_TRUE(Connected(2));
  std::thread stays([&] {  // one of its calls at the one, until the end
    while (one.requests == 0) Ask("u1").IgnoreError();
  });
  EXPECT_TRUE(Eventually([&] { return one.requests == 1; }));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Ask("u1").ok());
  EXPECT_EQ(one.requests, 1);
  wire_->Stop();
  stays.join();
}

TEST_F(WireFixture, AStopEndsWhateverWaits) {
  for (int round = 0; round < 10; ++round) {
    Answering server([](Http2Peer&, int32_t) {}, 100, /*credit=*/false);
    Connect(server.address());
    std::vector<std::thread> threads;
    std::atomic<int> ended{0};
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] { ended += absl::IsUnavailable(Ask("u1")); });
      threads.emplace_back([&] {
        Exchange call = Make(Kind::kStream);
        call.Start();
        std::thread writer([&] {
          while (Await(Awaited(call.Write(Framed(std::string(1000, 'x')))))) continue;
          call.WritesDone();
        });
        EXPECT_FALSE(Await(Awaited(call.Read())));
        writer.join();
        Await(Awaited(call.Finish()));
        ended += absl::IsUnavailable(call.status());
      });
    }
    EXPECT_TRUE(Eventually([&] { return server.requests > round % 8; }));
    wire_->Stop();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(ended, 8);
    wire_.reset();
  }
}

// The calls of each look for another connection, and find that of the other gone as well.
TEST_F(WireFixture, ServersThatGoAtOnce) {
  for (int round = 0; round < 10; ++round) {
    std::atomic<bool> cut{false};
    std::atomic<int> held{0};
    const auto serve = [&](int fd) {
      Http2Peer peer;
      if (cut) {
        peer.on_request = [&](int32_t stream) { peer.Answer(stream, kOk, Framed("answer"), kFine); };
        return peer.Serve(fd);
      }
      peer.on_request = [&](int32_t) { ++held; };
      std::thread cutter([&] {
        EXPECT_TRUE(Eventually([&] { return cut.load(); }));
        ::shutdown(fd, SHUT_RDWR);
      });
      peer.Serve(fd);
      cutter.join();
    };
    FalseServer a(serve), b(serve);
    Config config;
    config.targets = {a.address(), b.address()};
    Connect(config);
    ASSERT_TRUE(Connected(2));
    std::vector<std::thread> threads;
    std::atomic<int> ended{0};
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        Exchange call = Make(Kind::kUnary);
        call.repeatable = true;
        Await(Awaited(call.Ask(Framed("u1"))));
        ended += call.status().ok() || absl::IsUnavailable(call.status());
      });
    }
    EXPECT_TRUE(Eventually([&] { return held == 8; }));
    cut = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(ended, 8);
    EXPECT_TRUE(Ask("u1").ok());
    wire_.reset();
  }
}

// Resets, refusals, goodbyes, cuts and cancelling, all at once: every call ends, and nothing is touched afterwards.
TEST_F(WireFixture, EveryCallEndsWhateverTheServerDoes) {
  const auto descriptors = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
  const auto before = descriptors();
  std::atomic<unsigned> dice{0};
  std::optional<FalseServer> server;
  server.emplace([&](int fd) {
    Http2Peer peer(4);
    peer.on_request = [&](int32_t stream) {
      switch (dice++ % 13) {
        case 2: return peer.Reset(stream, NGHTTP2_REFUSED_STREAM);
        case 4: return peer.Reset(stream, NGHTTP2_INTERNAL_ERROR);
        case 6: return peer.Answer(stream, kOk, Framed("cut").substr(0, 7), kFine);
        case 8: return peer.Answer(stream, kOk, Framed("silent"), {}, /*ends=*/false);
        case 10: return peer.Goodbye(stream);
        case 12: ::shutdown(fd, SHUT_RDWR); return;
        default: return peer.Answer(stream, kOk, Framed("a") + Framed("b"), kFine);
      }
    };
    peer.Serve(fd);
  });
  Connect(server->address());
  std::vector<std::thread> threads;
  std::atomic<int> ended{0};
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 60; ++k, ++ended) {
        const std::chrono::milliseconds time(k % 3 == 0 ? 5 : 50);
        if (i % 3 < 2) {
          Ask("u1", i % 3 == 0 ? Kind::kUnary : Kind::kStream, time).IgnoreError();
          continue;
        }
        Exchange call = Make(Kind::kStream, time);
        call.Start();
        std::thread canceller([&] { call.Cancel(); });
        while (Await(Awaited(call.Write(Framed("more")))) && Await(Awaited(call.Read()))) continue;
        canceller.join();
        Await(Awaited(call.Finish()));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ended, 360);
  EXPECT_GT(server->connections(), 5u);
  wire_.reset();
  server.reset();
  EXPECT_EQ(descriptors(), before);
}

}  // namespace
}  // namespace tomada::testing
