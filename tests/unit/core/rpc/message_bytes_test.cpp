#include "rpc/message_bytes.h"

#include <string>

#include <google/protobuf/io/gzip_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include "rpc/answer_end.h"

namespace tomada::rpc {
namespace {

using Gzip = google::protobuf::io::GzipOutputStream;
using google::protobuf::StringValue;

StringValue Value(const std::string& text) {
  StringValue message;
  message.set_value(text);
  return message;
}

// `text` in a message that is sent so compressed.
std::string Compressed(const std::string& text, Gzip::Format format) {
  std::string framed(kPrefix, '\1');
  {
    google::protobuf::io::StringOutputStream out(&framed);
    Gzip::Options options;
    options.format = format;
    Gzip compressed(&out, options);
    Value(text).SerializeToZeroCopyStream(&compressed);
  }
  for (size_t i = 1; i < kPrefix; ++i) framed[i] = static_cast<char>((framed.size() - kPrefix) >> 8 * (4 - i));
  return framed;
}

TEST(MessageBytesTest, AFramedMessageIsRead) {
  const std::string framed = Frame(Value(std::string(300, 'x')));
  EXPECT_EQ(FramedSize(framed), framed.size() - kPrefix);
  EXPECT_EQ(framed.substr(0, kPrefix), std::string("\0\0\0\x01\x2f", 5));
  StringValue answer;
  EXPECT_TRUE(Parse(framed, 1000, answer).ok());
  EXPECT_EQ(answer.value(), std::string(300, 'x'));
  EXPECT_EQ(Parse(std::string("\0\0\0\0\x01\xff", 6), 1000, answer),
            absl::InternalError("the server's answer is not a valid google.protobuf.StringValue"));
}

TEST(MessageBytesTest, CompressedMessagesAreInflatedToTheLimit) {
  constexpr size_t kMaxMessage = 1000;
  for (const Gzip::Format format : {Gzip::GZIP, Gzip::ZLIB}) {
    const std::string framed = Compressed("answer", format);
    StringValue answer;
    EXPECT_TRUE(Parse(framed, kMaxMessage, answer).ok());
    EXPECT_EQ(answer.value(), "answer");
    const std::string large = Compressed(std::string(kMaxMessage - 3, 'x'), format);
    EXPECT_TRUE(Parse(large, kMaxMessage, answer).ok());
    EXPECT_TRUE(absl::IsResourceExhausted(Parse(large, kMaxMessage - 1, answer)));
    const std::string bomb = Compressed(std::string(100 << 20, 'x'), format);
    EXPECT_TRUE(absl::IsResourceExhausted(Parse(bomb, kMaxMessage, answer)));
    for (size_t size = kPrefix; size < framed.size(); ++size) {
      EXPECT_TRUE(absl::IsInternal(Parse(framed.substr(0, size), kMaxMessage, answer))) << size;
    }
    EXPECT_TRUE(absl::IsInternal(Parse(framed + "more", kMaxMessage, answer)));
  }
}

TEST(AnswerEndTest, TheGrpcStatusCounts) {
  AnswerEnd end;
  EXPECT_TRUE(end.Take(":status", "200"));
  EXPECT_TRUE(end.Take("grpc-status", "5"));
  EXPECT_TRUE(end.Take("grpc-message", "n%C3%A3o 100%"));
  EXPECT_TRUE(end.Take("grpc-status-details-bin", "broken"));
  EXPECT_FALSE(end.Take("content-type", "application/grpc"));
  EXPECT_EQ(end.http_status(), 200);
  EXPECT_EQ(end.status(8), absl::NotFoundError("não 100%"));
  EXPECT_TRUE(end.Take("grpc-status", "0"));
  EXPECT_EQ(end.status(0), absl::OkStatus());
  for (const char* unknown : {"999", "zero", "-1", "99999999999999"}) {
    end.Take("grpc-status", unknown);
    EXPECT_TRUE(absl::IsUnknown(end.status(0))) << unknown;
  }
}

TEST(AnswerEndTest, WithoutOneTheErrorOfHttp2OrTheStatusOfHttp) {
  AnswerEnd end;
  end.Take(":status", "503");
  EXPECT_EQ(end.status(8), absl::CancelledError("the server ended the call with the HTTP/2 error CANCEL"));
  EXPECT_EQ(end.status(11).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(end.status(2).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(end.status(0), absl::UnavailableError("the server answered without a grpc-status, HTTP status 503"));
}

}  // namespace
}  // namespace tomada::rpc
