#include "resp.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomada::redis_store {
namespace {

using ::testing::ElementsAre;

// As redis-cli might print it: what a test compares.
std::string Text(const Reply& reply) {
  switch (reply.type()) {
    case ReplyType::kString: return "\"" + std::string(reply.text()) + "\"";
    case ReplyType::kStatus: return "+" + std::string(reply.text());
    case ReplyType::kError: return "-" + std::string(reply.text());
    case ReplyType::kInteger: return std::to_string(reply.integer());
    case ReplyType::kNil: return "nil";
    case ReplyType::kArray: break;
  }
  std::string text = "[";
  for (size_t i = 0; i < reply.size(); ++i) text += (i ? " " : "") + Text(reply[i]);
  return text + "]";
}

// The replies in `bytes`, fed `step` at a time.
std::vector<std::string> Parse(const std::string& bytes, size_t step) {
  ReplyParser parser;
  std::vector<std::string> replies;
  for (size_t at = 0; at < bytes.size(); at += step) {
    EXPECT_EQ(parser.Feed(std::string_view(bytes).substr(at, step)), absl::OkStatus());
    for (;;) {
      absl::StatusOr<std::optional<Reply>> reply = parser.Next();
      EXPECT_EQ(reply.status(), absl::OkStatus());
      if (!reply.ok() || !reply->has_value()) break;
      replies.push_back(Text(**reply));
    }
  }
  return replies;
}

TEST(CommandWriter, WritesArgumentsOfAnyBytes) {
  std::string out;
  CommandWriter(out, 3).Add("SET").Add(std::string_view("\0\r\n", 3)).Add(int64_t{-12});
  EXPECT_EQ(out, std::string("*3\r\n$3\r\nSET\r\n$3\r\n\0\r\n\r\n$3\r\n-12\r\n", 31));
  EXPECT_EQ(EncodeCommand({"PING", ""}), "*2\r\n$4\r\nPING\r\n$0\r\n\r\n");
}

TEST(ReplyParser, ReadsEveryTypeHoweverTheBytesAreCut) {
  const std::string bytes =
      "+OK\r\n-ERR no\r\n:-7\r\n$-1\r\n$0\r\n\r\n$4\r\na\r\nb\r\n*0\r\n*-1\r\n"
      "*3\r\n$1\r\na\r\n*2\r\n:1\r\n*1\r\n$1\r\nb\r\n$1\r\nc\r\n";
  for (size_t step : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, bytes.size()}) {
    EXPECT_THAT(Parse(bytes, step), ElementsAre("+OK", "-ERR no", "-7", "nil", "\"\"", "\"a\r\nb\"", "[]", "nil",
                                                "[\"a\" [1 [\"b\"]] \"c\"]"))
        << step;
  }
}

TEST(ReplyParser, ElementsAreFoundBehindArraysToo) {
  ReplyParser parser;
  ASSERT_EQ(parser.Feed("*3\r\n*2\r\n:1\r\n:2\r\n*0\r\n:3\r\n"), absl::OkStatus());
  absl::StatusOr<std::optional<Reply>> reply = parser.Next();
  ASSERT_TRUE(reply.ok() && reply->has_value());
  EXPECT_EQ((**reply)[0][1].integer(), 2);
  EXPECT_EQ((**reply)[1].size(), 0u);
  EXPECT_EQ((**reply)[2].integer(), 3);
}

TEST(ReplyParser, BytesThatAreNoReplyAreDataLoss) {
  for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n", "?\r\n", ":x\r\n", "*1\r\n>\r\n"}) {
    ReplyParser parser;
    absl::Status status = parser.Feed(bytes);
    if (status.ok()) status = parser.Next().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << bytes;
  }
}

TEST(ReplyParser, ADeclaredLengthTakesNoMemoryAndAnEndlessReplyEnds) {
  ReplyParser parser;
  ASSERT_EQ(parser.Feed("$2000000000\r\n"), absl::OkStatus());
  const std::string megabyte(1 << 20, 'x');
  absl::Status status;
  int fed = 0;
  while (status.ok() && fed < 64) {
    ASSERT_EQ(parser.Next().status(), absl::OkStatus());
    status = parser.Feed(megabyte);
    ++fed;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_LT(fed, 20);
}

}  // namespace
}  // namespace tomada::redis_store
