// The client's side of HTTP/2 against a server's that is made of nghttp2 alone.
#include "net/http2/client_session.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/http2_peer.h"

namespace tomada::net {
namespace {

using tomada::testing::Http2Peer;

// Keeps what comes; gives what it is told to.
class Stream final : public ClientStream {
 public:
  explicit Stream(ClientSession& session) : session_(session) {}

  size_t unread() const { return ClientStream::unread(); }

  std::string request = "request";
  bool last = true;     // there is no more of it
  bool credits = true;  // what comes is read at once
  std::string headers;  // "+name=value;", without the plus when they are not initial
  std::string body;
  std::optional<uint32_t> end;

 private:
  size_t Give(char* buffer, size_t size, bool& is_last) override {
    const size_t some = std::min(size, request.size());
    std::memcpy(buffer, request.data(), some);
    request.erase(0, some);
    is_last = last && request.empty();
    return some;
  }
  void TakeHeader(bool initial, std::string_view name, std::string_view value) override {
    headers += (initial ? "+" : "") + std::string(name) + "=" + std::string(value) + ";";
  }
  void TakeData(std::string_view bytes) override {
    body += bytes;
    if (credits) session_.Credit(*this, bytes.size());
  }
  void TakeEnd(uint32_t error_code) override {
    EXPECT_FALSE(end) << "it ends once";
    end = error_code;
  }

  ClientSession& session_;
};

class ClientSessionTest : public ::testing::Test {
 protected:
  int32_t Submit(Stream& stream) {
    const nghttp2_nv head[] = {HeaderField(":method", "POST"), HeaderField(":scheme", "http"),
                               HeaderField(":path", "/p"), HeaderField(":authority", "host:1")};
    EXPECT_TRUE(client_.Submit(stream, head));
    last_id_ += 2;
    return last_id_;
  }
  // Lets both say all they have to say.
  void Talk() {
    for (int i = 0; i < 100; ++i) {
      std::string bytes;
      if (!client_.Send(bytes, 1 << 20)) return;
      ASSERT_TRUE(server_->Receive(bytes));
      bool quiet = bytes.empty();
      for (std::string answer = server_->Send(); !answer.empty(); answer = server_->Send()) {
        quiet = false;
        ASSERT_TRUE(client_.Receive(answer));
      }
      if (quiet) return;
    }
  }

  const Http2Peer::Headers ok_ = {{":status", "200"}};
  std::unique_ptr<Http2Peer> server_ = std::make_unique<Http2Peer>();
  ClientSession client_;
  int32_t last_id_ = -1;
};

TEST_F(ClientSessionTest, ARequestAndItsAnswer) {
  Stream stream(client_);
  const int32_t id = Submit(stream);
  EXPECT_FALSE(stream.sent());
  Talk();
  EXPECT_TRUE(client_.settled());
  EXPECT_TRUE(stream.sent());
  EXPECT_EQ(server_->requests[id][":path"], "/p");
  EXPECT_EQ(server_->bodies[id], "request");
  EXPECT_FALSE(stream.end);
  server_->Answer(id, {{":status", "200"}, {"a", "1"}}, "answer", {{"b", "2"}});
  Talk();
  EXPECT_EQ(stream.headers, "+:status=200;+a=1;b=2;");
  EXPECT_EQ(stream.body, "answer");
  EXPECT_EQ(stream.end, NGHTTP2_NO_ERROR);
}

TEST_F(ClientSessionTest, ARequestGoesAsItComes) {
  Stream stream(client_);
  stream.request.clear();
  stream.last = false;
  const int32_t id = Submit(stream);
  Talk();
  EXPECT_EQ(server_->requests.count(id), 1u);
  stream.request = "one";
  client_.Resume(stream);
  Talk();
  EXPECT_EQ(server_->bodies[id], "one");
  stream.request = "two";
  stream.last = true;
  client_.Resume(stream);
  Talk();
  EXPECT_EQ(server_->bodies[id], "onetwo");
}

TEST_F(ClientSessionTest, AnEndBeforeTheRequestsEndResetsIt) {
  Stream stream(client_);
  stream.last = false;
  const int32_t id = Submit(stream);
  Talk();
  server_->Answer(id, ok_, "enough", {{"b", "2"}});
  Talk();
  EXPECT_EQ(stream.end, NGHTTP2_NO_ERROR);
  EXPECT_EQ(stream.body, "enough");
  EXPECT_EQ(server_->closed[id], NGHTTP2_CANCEL);
}

TEST_F(ClientSessionTest, WhatTheServerHasNotBegunWithIsRefused) {
  Stream begun(client_), late(client_), refused(client_);
  const int32_t first = Submit(begun);
  Talk();
  Submit(late);
  const int32_t third = Submit(refused);
  Talk();
  server_->Reset(third, NGHTTP2_REFUSED_STREAM);
  server_->Goodbye(first);
  Talk();
  EXPECT_TRUE(late.end && late.refused());
  EXPECT_TRUE(refused.end && refused.refused());
  EXPECT_FALSE(client_.accepts_requests());
  EXPECT_FALSE(begun.end);
  server_->Answer(first, ok_, "answer", {{"b", "2"}});
  Talk();
  EXPECT_TRUE(begun.end && !begun.refused());
}

TEST_F(ClientSessionTest, AResetIsTold) {
  Stream stream(client_);
  const int32_t id = Submit(stream);
  Talk();
  server_->Reset(id, NGHTTP2_ENHANCE_YOUR_CALM);
  Talk();
  EXPECT_EQ(stream.end, NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_FALSE(stream.refused());
}

TEST_F(ClientSessionTest, NoMoreAtOnceThanTheServerAllows) {
  server_ = std::make_unique<Http2Peer>(1);
  Talk();
  EXPECT_EQ(client_.max_streams(), 1u);
  Stream first(client_), abandoned(client_), second(client_);
  const int32_t id = Submit(first);
  Submit(abandoned);
  Submit(second);
  Talk();
  EXPECT_TRUE(first.sent());
  EXPECT_FALSE(abandoned.sent());
  EXPECT_FALSE(second.sent());
  client_.Abandon(abandoned);
  server_->Answer(id, ok_, "answer", {{"b", "2"}});
  Talk();
  EXPECT_TRUE(first.end);
  EXPECT_TRUE(second.sent());
  EXPECT_FALSE(abandoned.sent());
  EXPECT_FALSE(abandoned.end);
}

TEST_F(ClientSessionTest, AnAbandonedStreamIsResetAndNotTouched) {
  auto stream = std::make_unique<Stream>(client_);
  const int32_t id = Submit(*stream);
  Talk();
  client_.Abandon(*stream);
  stream.reset();
  server_->Answer(id, ok_, "answer", {{"b", "2"}});
  Talk();
  EXPECT_EQ(server_->closed[id], NGHTTP2_CANCEL);
}

TEST_F(ClientSessionTest, WhatNobodyReadsHoldsTheServerBackAndNoOtherStream) {
  const std::string large(4 << 20, 'x');
  Stream slow(client_), other(client_);
  slow.credits = false;
  const int32_t first = Submit(slow), second = Submit(other);
  Talk();
  server_->Answer(first, ok_, large, {{"b", "2"}});
  server_->Answer(second, ok_, large, {{"b", "2"}});
  Talk();
  EXPECT_EQ(slow.body.size(), ClientSession::kStreamWindow);
  EXPECT_EQ(slow.unread(), ClientSession::kStreamWindow);
  EXPECT_TRUE(other.end);
  EXPECT_EQ(other.body.size(), large.size());
  while (!slow.end) {
    client_.Credit(slow, slow.unread());
    Talk();
    ASSERT_LE(slow.unread(), ClientSession::kStreamWindow);
  }
  EXPECT_EQ(slow.body.size(), large.size());
}

// Of any number of streams that nobody reads.
TEST_F(ClientSessionTest, WhatAllStreamsHoldIsBounded) {
  constexpr size_t kBound = 64 << 20;
  server_ = std::make_unique<Http2Peer>(1000);
  Talk();
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 300; ++i) {
    streams.push_back(std::make_unique<Stream>(client_));
    streams.back()->credits = false;
    const int32_t id = Submit(*streams.back());
    Talk();
    server_->Answer(id, ok_, std::string(300 << 10, 'x'), {{"b", "2"}});
    Talk();
  }
  size_t held = 0;
  for (const auto& stream : streams) held += stream->unread();
  EXPECT_LE(held, kBound);
  EXPECT_GT(held, kBound / 2);
  for (const auto& stream : streams) {
    stream->credits = true;
    client_.Credit(*stream, stream->unread());
    Talk();
  }
  Talk();
  for (const auto& stream : streams) EXPECT_TRUE(stream->end);
}

TEST_F(ClientSessionTest, WhatIsNotHttp2IsRefused) {
  client_.Receive(std::string("HTTP/1.1 400 Bad Request\r\n\r\n"));
  std::string goodbye;
  client_.Send(goodbye, 1 << 20);
  EXPECT_FALSE(client_.Send(goodbye = "", 1 << 20));
}

}  // namespace
}  // namespace tomada::net
