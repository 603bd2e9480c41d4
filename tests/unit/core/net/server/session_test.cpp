// What who answers can rely on, and what clients are given.

#include <atomic>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "floor.h"
#include "support/eventually.h"

namespace tomada::net {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kPost[] = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

// Notes what it is told.
class Observed : public StreamObserver {
 public:
  void OnDisconnect() override { gone = true; }
  void OnShutdown() override {}
  void OnRoom() override { ++room; }
  void OnBody() override { ++pieces; }
  void OnBodyRefused(int http_status, std::string_view) override { refused = http_status; }

  std::atomic<bool> gone{false};
  std::atomic<int> room{0}, pieces{0}, refused{0};
};

TEST(SessionTest, AnAnswerIsAHeadPiecesAndTrailers) {
  Floor floor;
  floor.handle = [](RequestPtr, ResponseStream reply) {
    reply.SendHead(Response());
    EXPECT_TRUE(reply.Write("abc"));
    EXPECT_TRUE(reply.Write(""));
    const std::pair<std::string_view, std::string> trailer("x-end", "yes");
    reply.End({&trailer, 1});
    reply.End();
    reply.Respond(Response(), "once");
  };
  PlainClient client(floor);
  client.Get();
  EXPECT_THAT(client.Head(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(client.Until("\r\n\r\n"), "3\r\nabc\r\n0\r\nx-end: yes\r\n\r\n");
  client.Get();
  EXPECT_THAT(client.Head(), StartsWith("HTTP/1.1 200 OK\r\n")) << "the connection goes on, with nothing between";
}

TEST(SessionTest, ALateAnswerFindsNobody) {
  Observed observed;  // until the floor has gone
  Floor floor;
  std::optional<ResponseStream> late;
  floor.handle = [&](RequestPtr, ResponseStream reply) {
    if (late) return reply.Respond(Response(), "mine");
    late = reply;
    reply.Observe(&observed);
  };
  std::optional<PlainClient> first(floor);
  first->Get();
  ASSERT_TRUE(testing::Eventually([&] {
    bool begun = false;
    floor.OnWorker([&] { begun = late.has_value(); });
    return begun;
  }));
  first.reset();
  ASSERT_TRUE(testing::Eventually([&] { return observed.gone.load(); }));
  PlainClient second(floor);
  floor.OnWorker([&] {
    EXPECT_FALSE(late->connected());
    late->SendHead(Response());
    EXPECT_TRUE(late->Write("not yours"));
    late->End();
    late->Reset(ResetCode::kCancel);
    std::string body;
    EXPECT_EQ(late->TakeBody(body), Body::kGone);
  });
  EXPECT_FALSE(second.Readable(std::chrono::milliseconds(20)));
  second.Get();
  EXPECT_THAT(second.Until("mine"), AllOf(HasSubstr("Content-Length: 4"), EndsWith("\r\n\r\nmine")));
}

TEST(SessionTest, WhoWritesIsToldToWaitAndWhenThereIsRoom) {
  Observed observed;  // until the floor has gone
  Floor floor;
  std::optional<ResponseStream> reply;
  const std::string piece(10'000, 'x');
  floor.handle = [&](RequestPtr, ResponseStream to) {
    reply = to;
    to.Observe(&observed);
    to.SendHead(Response());
  };
  PlainClient client(floor);
  client.Get();
  client.Head();
  // What the sockets take, and then 64 KiB.
  size_t written = 0, last = 1;
  for (int iteration = 0; last > 0; ++iteration) {
    ASSERT_LT(iteration, 1000);
    floor.OnWorker([&] {
      last = 0;
      for (bool room = observed.room > 0 || iteration == 0; room; last += piece.size()) room = reply->Write(piece);
      observed.room = 0;
    });
    written += last;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_LE(last, size_t{80'000}) << "in one iteration, in which nothing leaves";
  }
  EXPECT_GT(written, size_t{64 << 10});
  while (observed.room == 0) {
    char bytes[4096];
    ASSERT_TRUE(client.Readable(std::chrono::seconds(5))) << "there is room when all has been read, at last";
    ASSERT_GT(recv(client.fd(), bytes, sizeof bytes, 0), 0);
  }
}

TEST(SessionTest, AResetCutsTheConnection) {
  Floor floor;
  bool head = true;
  floor.handle = [&](RequestPtr, ResponseStream reply) {
    if (head) reply.SendHead(Response());
    if (head) reply.Write("half");
    reply.Reset(ResetCode::kInternal);
  };
  PlainClient first(floor);
  first.Get();
  EXPECT_THAT(first.Rest(), EndsWith("4\r\nhalf\r\n"));
  floor.OnWorker([&] { head = false; });
  PlainClient second(floor);
  second.Get();
  EXPECT_THAT(second.Rest(), IsEmpty());
}

TEST(SessionTest, AnswersLeaveInTheirOrder) {
  Floor floor;
  std::vector<ResponseStream> replies;
  floor.handle = [&](RequestPtr, ResponseStream reply) { replies.push_back(reply); };
  static const std::string shared(300'000, 's');
  PlainClient client(floor);
  for (int i = 0; i < 3; ++i) client.Get();
  ASSERT_TRUE(testing::Eventually([&] {
    size_t count = 0;
    floor.OnWorker([&] { count = replies.size(); });
    return count == 3;
  }));
  floor.OnWorker([&] {
    replies[2].Respond(Response(), std::string(200'000, '3'));
    replies[1].RespondShared(Response(), shared);
  });
  EXPECT_FALSE(client.Readable(std::chrono::milliseconds(20)));
  floor.OnWorker([&] { replies[0].Respond(Response(), "1"); });
  client.Head();
  EXPECT_EQ(client.Until("1"), "1");
  EXPECT_THAT(client.Head(), HasSubstr("Content-Length: 300000"));
  EXPECT_EQ(client.Until(shared), shared);
  EXPECT_THAT(client.Head(), HasSubstr("Content-Length: 200000"));
  const std::string last(200'000, '3');
  EXPECT_EQ(client.Until(last), last);
}

TEST(SessionTest, ABodyInPiecesIsReadAsItIsTaken) {
  Observed observed;  // until the floor has gone
  Floor floor;
  floor.wish = BodyWish::kPieces;
  std::optional<ResponseStream> reply;
  floor.handle = [&](RequestPtr request, ResponseStream to) {
    EXPECT_TRUE(request->body_follows);
    to.Observe(&observed);
    reply = to;
  };
  PlainClient client(floor);
  client.Send(kPost);
  client.Send("3\r\nabc\r\n");
  std::string body;
  Body known = Body::kOpen;
  const auto take = [&] {
    if (reply) known = reply->TakeBody(body);
  };
  ASSERT_TRUE(testing::Eventually([&] {
    floor.OnWorker(take);
    return body == "abc";
  }));
  EXPECT_EQ(known, Body::kOpen);
  // Then only what may wait for somebody to take it, and what the sockets hold.
  const std::string chunk = "10000\r\n" + std::string(64 << 10, 'x') + "\r\n";
  EXPECT_LT(client.SendUntilStuck(chunk, 64u << 20), 32u << 20);
  floor.OnWorker(take);
  EXPECT_GE(body.size(), 64u << 10);
  EXPECT_LE(body.size(), 256u << 10);
  EXPECT_GT(observed.pieces, 0);
  floor.OnWorker([&] { reply->Respond(Response(), "enough"); });
  EXPECT_THAT(client.Until("enough"), HasSubstr("Connection: close"));
}

TEST(SessionTest, ABodyInPiecesEndsAndTheNextRequestFollows) {
  Floor floor;
  floor.wish = BodyWish::kPieces;
  std::atomic<int> bodies{0};
  floor.handle = [&](RequestPtr request, ResponseStream reply) {
    std::string body;
    if (request->body_follows) {
      EXPECT_EQ(reply.TakeBody(body), Body::kWhole) << "it came with the head";
      ++bodies;
    }
    reply.Respond(Response(), "<" + body + ">");
  };
  PlainClient client(floor);
  client.Send(std::string(kPost) + "3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.Until("<abc>"), Not(HasSubstr("close")));
  EXPECT_THAT(client.Until("<>"), Not(HasSubstr("close")));
  EXPECT_EQ(bodies, 1);
}

TEST(SessionTest, ABodyThatStopsIsToldToWhoReadsIt) {
  Observed observed;  // until the floor has gone
  Floor floor([](Limits& limits) { limits.body_timeout = std::chrono::milliseconds(50); });
  floor.wish = BodyWish::kPieces;
  floor.handle = [&](RequestPtr, ResponseStream to) { to.Observe(&observed); };
  PlainClient client(floor);
  client.Send(kPost);
  EXPECT_THAT(client.Rest(), IsEmpty()) << "nobody answers: it is cut";
  EXPECT_EQ(observed.refused, 408);
}

TEST(CallSlotTest, IsHeldUntilTheHandlerHasEndedWhateverTheClientDoes) {
  Floor floor([](Limits& limits) { limits.max_calls = 2; });
  std::vector<RequestPtr> running;
  std::atomic<int> served{0};
  floor.handle = [&](RequestPtr request, ResponseStream) {
    running.push_back(std::move(request));
    ++served;
  };
  for (int i = 1; i <= 2; ++i) {
    PlainClient gone(floor);
    gone.Get();
    ASSERT_TRUE(testing::Eventually([&] { return served == i; }));
  }
  PlainClient client(floor);
  client.Get();
  EXPECT_THAT(client.Head(), AllOf(StartsWith("HTTP/1.1 429 "), Not(HasSubstr("close"))));
  floor.OnWorker([&] { running.pop_back(); });
  client.Get();
  EXPECT_TRUE(testing::Eventually([&] { return served == 3; }));
  floor.OnWorker([&] { running.clear(); });
}

TEST(CallSlotTest, OfOneConnectionOutliveTheirAnswers) {
  Floor floor([](Limits& limits) { limits.max_pipelined = 2; });
  std::vector<RequestPtr> running;
  std::atomic<int> served{0};
  floor.handle = [&](RequestPtr request, ResponseStream reply) {
    running.push_back(std::move(request));
    reply.Respond(Response(), "now");
    ++served;
  };
  PlainClient client(floor);
  for (int i = 0; i < 5; ++i) client.Get();
  client.Until("now");
  client.Until("now");
  EXPECT_FALSE(client.Readable(std::chrono::milliseconds(20)));
  EXPECT_EQ(served, 2);
  floor.OnWorker([&] { running.pop_back(); });
  client.Until("now");
  EXPECT_FALSE(client.Readable(std::chrono::milliseconds(20)));
  EXPECT_EQ(served, 3);
  PlainClient other(floor);
  other.Get();
  other.Until("now");
  floor.OnWorker([&] { running.clear(); });
  client.Until("now");
  EXPECT_TRUE(testing::Eventually([&] { return served == 6; }));
  floor.OnWorker([&] { running.clear(); });
}

TEST(CallSlotTest, TheProcessLendsThem) {
  Budgets budgets;
  budgets.SetLimit("calls", 1);
  Floor floor([](Limits&) {}, budgets.Find("calls"));
  std::vector<RequestPtr> running;
  floor.handle = [&](RequestPtr request, ResponseStream reply) {
    reply.Respond(Response(), "now");
    running.push_back(std::move(request));
  };
  PlainClient client(floor);
  client.Get();
  client.Until("now");
  client.Get();
  EXPECT_THAT(client.Head(), StartsWith("HTTP/1.1 429 "));
  EXPECT_EQ(budgets.All().front().refused, 1u);
  floor.OnWorker([&] { running.clear(); });
  EXPECT_EQ(budgets.All().front().used, 0u);
}

}  // namespace
}  // namespace tomada::net
