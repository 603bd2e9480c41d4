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
    case ReplyType::kTooLong: return "too long";
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
    parser.Feed(std::string_view(bytes).substr(at, step));
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
  parser.Feed("*3\r\n*2\r\n:1\r\n:2\r\n*0\r\n:3\r\n");
  absl::StatusOr<std::optional<Reply>> reply = parser.Next();
  ASSERT_TRUE(reply.ok() && reply->has_value());
  EXPECT_EQ((**reply)[0][1].integer(), 2);
  EXPECT_EQ((**reply)[1].size(), 0u);
  EXPECT_EQ((**reply)[2].integer(), 3);
}

// How reading `begin` and then `more`, as often as it is asked for, ends; fails when it has not after `most` bytes.
absl::Status EndOf(std::string_view begin, std::string_view more, size_t most, ReplyLimits limits = {}) {
  ReplyParser parser(limits);
  parser.Feed(begin);
  for (size_t fed = 0; fed < most; fed += more.size()) {
    absl::StatusOr<std::optional<Reply>> reply = parser.Next();
    if (!reply.ok()) return reply.status();
    if (reply->has_value()) return absl::OkStatus();
    parser.Feed(more);
  }
  ADD_FAILURE() << "it does not end";
  return absl::OkStatus();
}

TEST(ReplyParser, BytesThatAreNoReplyAreDataLoss) {
  for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n", "?\r\n", ":x\r\n", ":\r\n", ":1x\r\n", "*1\r\n>\r\n",
                            "$-2\r\n", "*-2\r\n", "$99999999999999999999\r\n", "\r\n", "+OK\n", "$1\r\nabc\r\n"}) {
    EXPECT_EQ(EndOf(bytes, "", 1).code(), absl::StatusCode::kDataLoss) << bytes;
  }
  EXPECT_EQ(EndOf("", "*1\r\n", 1000).code(), absl::StatusCode::kDataLoss) << "nested without end";
}

TEST(ReplyParser, WhatNeverEndsEnds) {
  const std::string letters(10'000, 'x');
  for (const char* begin : {"+", "-", ":1", "$1", "*1"}) {
    EXPECT_EQ(EndOf(begin, letters, 100'000).code(), absl::StatusCode::kResourceExhausted) << begin;
  }
  EXPECT_EQ(EndOf("*2000000000\r\n", ":1\r\n", 100).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(EndOf("$2000000000\r\n", letters, 100).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(EndOf("*9\r\n*9999\r\n", ":1\r\n", 100'000, {1000, 30'000}).code(), absl::StatusCode::kResourceExhausted);
}

// Whatever holds the bytes; and what comes after it is read.
TEST(ReplyParser, AReplyThatIsTooLongIsReadPast) {
  const std::string text(2000, 'x'), bulk = "$2000\r\n" + text + "\r\n";
  std::string numbers = "*100\r\n";
  for (int i = 0; i < 100; ++i) numbers += ":1\r\n";
  for (const std::string& reply :
       {bulk, "+" + text + "\r\n", numbers, "*2\r\n:1\r\n" + bulk, "*1\r\n*2\r\n" + bulk + ":1\r\n"}) {
    for (size_t step : {size_t{1}, size_t{7}, reply.size() + 4}) {
      ReplyParser parser({1000, 100'000});
      std::vector<std::string> replies;
      const std::string bytes = reply + ":7\r\n" + reply + "+OK\r\n";
      for (size_t at = 0; at < bytes.size(); at += step) {
        parser.Feed(std::string_view(bytes).substr(at, step));
        for (absl::StatusOr<std::optional<Reply>> next = parser.Next(); next.ok() && next->has_value();
             next = parser.Next()) {
          replies.push_back(Text(**next));
        }
      }
      EXPECT_THAT(replies, ElementsAre("too long", "7", "too long", "+OK")) << reply.substr(0, 20) << step;
      EXPECT_FALSE(parser.has_more());
    }
  }
}

}  // namespace
}  // namespace tomada::redis_store
