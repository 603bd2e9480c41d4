// The client's side of HTTP/2 against a server's that is made of nghttp2 alone, so that it can misbehave.
#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include <google/protobuf/io/gzip_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "http2_session.h"
#include "http2_status.h"
#include "message_bytes.h"

namespace tomada::grpc_client {
namespace {

using namespace std::chrono_literals;
using Headers = std::vector<std::pair<std::string, std::string>>;

std::string Framed(const std::string& text) {
  google::protobuf::StringValue message;
  message.set_value(text);
  return Frame(message);
}

// Answers nothing by itself.
class Server {
 public:
  explicit Server(uint32_t max_streams = 100) {
    nghttp2_session_callbacks* callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
          auto& stream = static_cast<Server*>(user)->requests[frame->hd.stream_id];
          stream[std::string(name, name + name_size)] = std::string(value, value + value_size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, int32_t stream, uint32_t error_code, void* user) {
          static_cast<Server*>(user)->closed[stream] = error_code;
          return 0;
        });
    nghttp2_session_server_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, max_streams}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, 1);
  }
  ~Server() { nghttp2_session_del(session_); }

  nghttp2_session* session() { return session_; }

  void Answer(int32_t stream, Headers headers, const std::string& body, const Headers& trailers) {
    bodies_[stream] = {body, trailers};
    nghttp2_data_provider data{};
    data.source.ptr = &bodies_[stream];
    data.read_callback = [](nghttp2_session* session, int32_t id, uint8_t* buffer, size_t, uint32_t* flags,
                            nghttp2_data_source* source, void*) -> ssize_t {
      const auto& [bytes, last] = *static_cast<Body*>(source->ptr);
      std::memcpy(buffer, bytes.data(), bytes.size());
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!last.empty()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        auto list = List(last);
        nghttp2_submit_trailer(session, id, list.data(), list.size());
      }
      return static_cast<ssize_t>(bytes.size());
    };
    auto list = List(headers);
    nghttp2_submit_response(session_, stream, list.data(), list.size(), &data);
  }

  std::map<int32_t, std::map<std::string, std::string>> requests;  // by stream: headers
  std::map<int32_t, uint32_t> closed;                              // by stream: error codes

 private:
  using Body = std::pair<std::string, Headers>;
  static std::vector<nghttp2_nv> List(const Headers& headers) {
    std::vector<nghttp2_nv> list;
    for (const auto& [name, value] : headers) {
      auto bytes = [](const std::string& text) { return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data())); };
      list.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    return list;
  }

  nghttp2_session* session_;
  std::map<int32_t, Body> bodies_;
};

class Http2SessionTest : public ::testing::Test {
 protected:
  static constexpr size_t kMaxMessage = 1000;

  Http2Call& Submit() {
    calls_.push_back(std::make_unique<Http2Call>("/p.S/M", InlineExecutor(), std::chrono::steady_clock::now() + 10s));
    Http2Call& call = *calls_.back();
    call.request = Framed("request");
    client_.Submit(call);
    return call;
  }
  // Lets both say all they have to say.
  void Talk() {
    for (int i = 0; i < 5; ++i) {
      std::string bytes;
      if (!client_.Send(bytes)) return;
      ASSERT_GE(nghttp2_session_mem_recv(server_->session(), Data(bytes), bytes.size()), 0);
      const uint8_t* answer;
      while (ssize_t size = nghttp2_session_mem_send(server_->session(), &answer)) {
        ASSERT_TRUE(client_.Receive({reinterpret_cast<const char*>(answer), static_cast<size_t>(size)}));
      }
    }
  }
  // What a call ends with that is answered so.
  grpc::Status StatusOf(const Headers& headers, const std::string& body, const Headers& trailers) {
    Http2Call& call = Submit();
    Talk();
    server_->Answer(call.stream, headers, body, trailers);
    Talk();
    EXPECT_TRUE(Ended(call));
    EXPECT_TRUE(call.sent);
    return call.status;
  }
  bool Ended(const Http2Call& call) const { return std::count(ended_.begin(), ended_.end(), &call) == 1; }
  static const uint8_t* Data(const std::string& bytes) { return reinterpret_cast<const uint8_t*>(bytes.data()); }

  const Headers ok_ = {{":status", "200"}, {"content-type", "application/grpc"}};
  std::unique_ptr<Server> server_ = std::make_unique<Server>();
  std::vector<const Http2Call*> ended_;
  std::vector<std::unique_ptr<Http2Call>> calls_;
  Http2Session client_{"host:1", kMaxMessage, [this](Http2Call& call) { ended_.push_back(&call); }};
};

TEST_F(Http2SessionTest, SendsWhatGrpcAsksFor) {
  Http2Call& call = Submit();
  EXPECT_FALSE(call.sent);
  Talk();
  EXPECT_TRUE(client_.settled());
  EXPECT_TRUE(call.sent);
  auto& headers = server_->requests[call.stream];
  EXPECT_EQ(headers[":method"], "POST");
  EXPECT_EQ(headers[":path"], "/p.S/M");
  EXPECT_EQ(headers[":authority"], "host:1");
  EXPECT_EQ(headers["te"], "trailers");
  EXPECT_EQ(headers["content-type"], "application/grpc");
  EXPECT_EQ(headers["grpc-timeout"].back(), 'm');
  EXPECT_FALSE(Ended(call));
}

TEST_F(Http2SessionTest, TakesAnswerMetadataAndStatus) {
  Http2Call& call = Submit();
  Talk();
  server_->Answer(call.stream, {{":status", "200"}, {"a", "1"}, {"b-bin", "AP8"}}, Framed("answer"),
                  {{"grpc-status", "0"}, {"c", "trailing"}});
  Talk();
  ASSERT_TRUE(Ended(call));
  EXPECT_TRUE(call.status.ok()) << call.status.error_message();
  EXPECT_EQ(call.answer, Framed("answer"));
  EXPECT_EQ(call.response_metadata.Find("a"), "1");
  EXPECT_EQ(call.response_metadata.Find("b-bin"), std::string("\0\xff", 2));
  EXPECT_FALSE(call.response_metadata.Find("c"));
}

TEST_F(Http2SessionTest, ErrorsComeWithMessageAndDetails) {
  const grpc::Status status =
      StatusOf(ok_, "", {{"grpc-status", "5"}, {"grpc-message", "n%C3%A3o 100%"}, {"grpc-status-details-bin", "AP8="}});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "não 100%");
  EXPECT_EQ(status.error_details(), std::string("\0\xff", 2));
}

TEST_F(Http2SessionTest, AnswersThatAreNoneAreErrors) {
  const Headers fine = {{"grpc-status", "0"}};
  EXPECT_EQ(StatusOf(ok_, "", fine).error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(StatusOf(ok_, Framed("a") + Framed("b"), fine).error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(StatusOf(ok_, Framed("cut").substr(0, 7), fine).error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(StatusOf(ok_, Framed("cut").substr(0, 3), fine).error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(StatusOf(ok_, "\x01" + Framed("compressed").substr(1), fine).error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(StatusOf(ok_, Framed("no status"), {}).error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(StatusOf({{":status", "503"}}, "busy", {}).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(StatusOf({{":status", "404"}}, "what?", {}).error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(StatusOf(ok_, "", {{"grpc-status", "999"}}).error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(StatusOf(ok_, "", {{"grpc-status", "zero"}}).error_code(), grpc::StatusCode::UNKNOWN);
}

// `text` in a message that is sent so compressed.
std::string Compressed(const std::string& text, google::protobuf::io::GzipOutputStream::Format format) {
  google::protobuf::StringValue message;
  message.set_value(text);
  std::string framed(kPrefix, '\1');
  {
    google::protobuf::io::StringOutputStream out(&framed);
    google::protobuf::io::GzipOutputStream::Options options;
    options.format = format;
    google::protobuf::io::GzipOutputStream compressed(&out, options);
    message.SerializeToZeroCopyStream(&compressed);
  }
  for (size_t i = 1; i < kPrefix; ++i) framed[i] = static_cast<char>((framed.size() - kPrefix) >> 8 * (4 - i));
  return framed;
}

TEST_F(Http2SessionTest, CompressedAnswersAreTaken) {
  using Gzip = google::protobuf::io::GzipOutputStream;
  const Headers fine = {{"grpc-status", "0"}};
  const std::pair<std::string, Gzip::Format> kinds[] = {{"gzip", Gzip::GZIP}, {"deflate", Gzip::ZLIB}};
  for (const auto& [encoding, format] : kinds) {
    const Headers headers = {{":status", "200"}, {"grpc-encoding", encoding}};
    const std::string framed = Compressed("answer", format);
    EXPECT_TRUE(StatusOf(headers, framed, fine).ok());
    EXPECT_EQ(calls_.back()->answer, framed);
    EXPECT_FALSE(calls_.back()->response_metadata.Find("grpc-encoding"));
    google::protobuf::StringValue answer;
    EXPECT_TRUE(Parse(framed, kMaxMessage, answer).ok());
    EXPECT_EQ(answer.value(), "answer");
    EXPECT_EQ(StatusOf(headers, Framed("plain"), fine).error_code(), grpc::StatusCode::OK);

    const std::string large = Compressed(std::string(kMaxMessage - 3, 'x'), format);
    EXPECT_TRUE(Parse(large, kMaxMessage, answer).ok());
    EXPECT_TRUE(absl::IsResourceExhausted(Parse(large, kMaxMessage - 1, answer)));
    const std::string bomb = Compressed(std::string(100 << 20, 'x'), format);
    EXPECT_TRUE(absl::IsResourceExhausted(Parse(bomb, kMaxMessage, answer)));
    for (size_t size = kPrefix; size < framed.size(); ++size) {
      EXPECT_TRUE(absl::IsInternal(Parse(framed.substr(0, size), kMaxMessage, answer))) << size;
    }
  }
  EXPECT_EQ(StatusOf({{":status", "200"}, {"grpc-encoding", "snappy"}}, Compressed("a", Gzip::GZIP), fine).error_code(),
            grpc::StatusCode::INTERNAL);
}

TEST_F(Http2SessionTest, LimitsHold) {
  EXPECT_TRUE(StatusOf(ok_, Framed(std::string(kMaxMessage - 3, 'x')), {{"grpc-status", "0"}}).ok());
  EXPECT_EQ(StatusOf(ok_, Framed(std::string(kMaxMessage, 'x')), {{"grpc-status", "0"}}).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(StatusOf({{":status", "200"}, {"big", std::string(9000, 'x')}}, "", {{"grpc-status", "0"}}).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(Http2SessionTest, WhatTheServerHasNotBegunWithIsNotSent) {
  Http2Call& begun = Submit();
  Talk();
  Http2Call& late = Submit();
  Http2Call& refused = Submit();
  Talk();
  nghttp2_submit_rst_stream(server_->session(), NGHTTP2_FLAG_NONE, refused.stream, NGHTTP2_REFUSED_STREAM);
  nghttp2_submit_goaway(server_->session(), NGHTTP2_FLAG_NONE, begun.stream, NGHTTP2_NO_ERROR, nullptr, 0);
  Talk();
  EXPECT_TRUE(Ended(late));
  EXPECT_FALSE(late.sent);
  EXPECT_TRUE(Ended(refused));
  EXPECT_FALSE(refused.sent);
  EXPECT_FALSE(client_.accepts_calls());
  EXPECT_FALSE(Ended(begun));
  server_->Answer(begun.stream, ok_, Framed("answer"), {{"grpc-status", "0"}});
  Talk();
  EXPECT_TRUE(Ended(begun));
  EXPECT_TRUE(begun.status.ok());
}

TEST_F(Http2SessionTest, AResetIsAnError) {
  Http2Call& call = Submit();
  Talk();
  nghttp2_submit_rst_stream(server_->session(), NGHTTP2_FLAG_NONE, call.stream, NGHTTP2_ENHANCE_YOUR_CALM);
  Talk();
  EXPECT_TRUE(Ended(call));
  EXPECT_TRUE(call.sent);
  EXPECT_EQ(call.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(Http2SessionTest, NoMoreAtOnceThanTheServerAllows) {
  server_ = std::make_unique<Server>(1);
  Talk();
  Http2Call& first = Submit();
  Http2Call& abandoned = Submit();
  Http2Call& second = Submit();
  Talk();
  EXPECT_TRUE(first.sent);
  EXPECT_FALSE(abandoned.sent);
  EXPECT_FALSE(second.sent);
  client_.Abandon(abandoned);
  server_->Answer(first.stream, ok_, Framed("answer"), {{"grpc-status", "0"}});
  Talk();
  EXPECT_TRUE(Ended(first));
  EXPECT_TRUE(second.sent);
  EXPECT_FALSE(abandoned.sent);
  EXPECT_FALSE(Ended(abandoned));
}

TEST_F(Http2SessionTest, AnAbandonedCallIsResetAndNotTouched) {
  Http2Call& call = Submit();
  Talk();
  client_.Abandon(call);
  const int32_t stream = call.stream;
  calls_.clear();
  server_->Answer(stream, ok_, Framed("answer"), {{"grpc-status", "0"}});
  Talk();
  EXPECT_TRUE(ended_.empty());
  EXPECT_EQ(server_->closed[stream], NGHTTP2_CANCEL);
}

TEST_F(Http2SessionTest, WhatIsNotHttp2IsRefused) {
  const std::string other = "HTTP/1.1 400 Bad Request\r\n\r\n";
  client_.Receive({other.data(), other.size()});
  std::string goodbye;
  client_.Send(goodbye);
  EXPECT_FALSE(client_.Send(goodbye = ""));
}

}  // namespace
}  // namespace tomada::grpc_client
