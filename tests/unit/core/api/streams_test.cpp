// Methods that take streams: invoked the way a transport does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/recording_sink.h"
#include "support/stream_service.h"
#include "support/sync.h"
#include "tomada/service.h"

namespace tomada {
namespace {

using streams_test::Number;
using streams_test::Sum;
using testing::Await;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RecordingSink;
using testing::StreamService;
using testing::TestCall;

// Gives numbers with these texts and the values 1, 2, 3, and then `end`.
class TextReader : public MessageReader {
 public:
  explicit TextReader(std::vector<std::string> texts, absl::Status end = absl::OkStatus())
      : texts_(std::move(texts)), end_(std::move(end)) {}
  Task<absl::StatusOr<bool>> Read(google::protobuf::Message& message) override {
    if (given == texts_.size() && !end_.ok()) co_return end_;
    if (given == texts_.size()) co_return false;
    static_cast<Number&>(message).set_text(texts_[given]);
    static_cast<Number&>(message).set_value(static_cast<int64_t>(++given));
    co_return true;
  }
  void Stop() override {}
  size_t given = 0;

 private:
  const std::vector<std::string> texts_;
  const absl::Status end_;
};

class ValueWriter : public MessageWriter {
 public:
  Task<absl::Status> Write(const google::protobuf::Message& message) override {
    values.push_back(static_cast<const Number&>(message).value());
    co_return absl::OkStatus();
  }
  std::vector<int64_t> values;
};

class StreamsTest : public ::testing::Test {
 protected:
  absl::Status Add(MessageReader& requests) {
    return Await(InvokeClientStreaming(service_.services()[0].methods[0], call_, log_, requests, sum_));
  }
  absl::Status Echo(MessageReader& requests) {
    return Await(InvokeBidiStreaming(service_.services()[0].methods[1], call_, log_, requests, writer_));
  }

  StreamService service_;
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
  Logger log_{sink_, "grpc"};
  TestCall call_;
  Sum sum_;
  ValueWriter writer_;
};

TEST_F(StreamsTest, AHandlerReadsUntilTheEndAndAnswers) {
  TextReader requests({"", "", ""});
  EXPECT_EQ(Add(requests), absl::OkStatus());
  EXPECT_EQ(sum_.value(), 6);
  EXPECT_EQ(sum_.count(), 3);
}

TEST_F(StreamsTest, AHandlerMayReturnBeforeTheEnd) {
  TextReader requests({"", "stop", ""});
  EXPECT_EQ(Add(requests), absl::OkStatus());
  EXPECT_EQ(requests.given, 2u);
}

TEST_F(StreamsTest, AHandlerReadsAndWritesInTurn) {
  TextReader requests({"", ""});
  EXPECT_EQ(Echo(requests), absl::OkStatus());
  EXPECT_THAT(writer_.values, ElementsAre(1, 2, 2)) << "the last is written after the end of the requests";
}

TEST_F(StreamsTest, AReadThatFailsEndsTheHandler) {
  TextReader requests({""}, absl::CancelledError("the client is gone"));
  EXPECT_EQ(Add(requests), absl::CancelledError("the client is gone"));
}

TEST_F(StreamsTest, WhatAHandlerThrowsGoesToTheLogAndNotToTheClient) {
  TextReader first({"throw"}), second({"throw"});
  EXPECT_EQ(Add(first), absl::InternalError("internal error"));
  EXPECT_THAT(sink_->lines[0], HasSubstr("handler threw method=streams_test.Streams.Add call=" + call_.id()));
  EXPECT_EQ(Echo(second), absl::InternalError("internal error"));
  EXPECT_THAT(sink_->lines[1], HasSubstr("method=streams_test.Streams.Echo"));
}

TEST_F(StreamsTest, ACancelledCallIsNotHandled) {
  call_.Cancel(absl::DeadlineExceededError("late"));
  TextReader requests({""});
  EXPECT_EQ(Add(requests), absl::DeadlineExceededError("late"));
  EXPECT_EQ(Echo(requests), absl::DeadlineExceededError("late"));
  EXPECT_EQ(requests.given, 0u);
}

TEST_F(StreamsTest, AMethodWithoutSuchAHandlerIsUnimplemented) {
  const std::vector<Method>& methods = service_.services()[0].methods;
  TextReader requests({""});
  EXPECT_EQ(Await(InvokeClientStreaming(methods[1], call_, log_, requests, sum_)),
            absl::UnimplementedError("streams_test.Streams.Echo is not implemented"));
  EXPECT_EQ(Await(InvokeBidiStreaming(methods[0], call_, log_, requests, writer_)).code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Await(InvokeUnary(methods[0], call_, log_, Number(), sum_)).code(), absl::StatusCode::kUnimplemented);
}

class StreamMistakes {
 public:
  Task<absl::Status> One(Call&, const Number&, Sum&) { co_return absl::OkStatus(); }
  Task<absl::Status> Stream(Call&, Reader<Number>, Sum&) { co_return absl::OkStatus(); }
  Task<absl::Status> OtherTypes(Call&, Reader<Sum>, Sum&) { co_return absl::OkStatus(); }
  Task<absl::Status> Both(Call&, Reader<Number>, Writer<Number>) { co_return absl::OkStatus(); }
};

TEST(StreamBuilder, RefusesWhatTheDescriptorDoesNotSay) {
  const google::protobuf::ServiceDescriptor& descriptor = *Number::descriptor()->file()->service(0);
  StreamMistakes mistakes;
  EXPECT_THROW(ServiceBuilder(descriptor).Unary("Add", &mistakes, &StreamMistakes::One), std::logic_error);
  EXPECT_THROW(ServiceBuilder(descriptor).ClientStreaming("Add", &mistakes, &StreamMistakes::OtherTypes),
               std::logic_error);
  EXPECT_THROW(ServiceBuilder(descriptor).ClientStreaming("Echo", &mistakes, &StreamMistakes::Stream),
               std::logic_error);
  EXPECT_THROW(ServiceBuilder(descriptor).BidiStreaming("Add", &mistakes, &StreamMistakes::Both), std::logic_error);
  ServiceBuilder builder(descriptor);
  builder.ClientStreaming("Add", &mistakes, &StreamMistakes::Stream)
      .BidiStreaming("Echo", &mistakes, &StreamMistakes::Both);
  EXPECT_THROW(builder.ClientStreaming("Add", &mistakes, &StreamMistakes::Stream), std::logic_error);
}

}  // namespace
}  // namespace tomada
