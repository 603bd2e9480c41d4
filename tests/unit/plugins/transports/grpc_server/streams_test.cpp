// Methods that take a stream of requests, called by a real gRPC client.
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <thread>

#include "server_fixture.h"
#include "streams_test.grpc.pb.h"
#include "support/metric_numbers.h"
#include "support/stream_service.h"

namespace tomada::testing {
namespace {

using streams_test::Number;
using streams_test::Sum;
using ::testing::HasSubstr;
using ::testing::Not;

Number MakeNumber(int64_t value, std::string text = "") {
  Number number;
  number.set_value(value);
  number.set_text(std::move(text));
  return number;
}

Number Padded() {
  Number number;
  number.set_padding(std::string(10000, 'x'));
  return number;
}

class StreamsTest : public GrpcServerTest {
 protected:
  StreamsTest() { providers_.push_back({"streams", &streams_}); }

  void Start(Config config = {}) {
    StartServer(config);
    numbers_ = streams_test::Streams::NewStub(channel_);
    Limit(context_);
  }

  // Sends `requests`, half-closes and takes the answer.
  grpc::Status Add(const std::vector<Number>& requests) {
    auto writer = numbers_->Add(&context_, &sum_);
    for (const Number& request : requests) {
      if (!writer->Write(request)) break;
    }
    writer->WritesDone();
    return writer->Finish();
  }

  // Nothing of a call is left.
  bool AllEnded() {
    return Eventually([&] {
      std::map<std::string, double> numbers = Numbers(*host_.metrics);
      const std::string labels = "{transport=grpc,service=streams_test.Streams,method=";
      return streams_.running == 0 && numbers["tomada_requests_in_flight" + labels + "Add}"] == 0 &&
             numbers["tomada_requests_in_flight" + labels + "Echo}"] == 0;
    });
  }

  // Writes until the server takes no more for a while; how many it took.
  template <class Stream>
  int WriteUntilHeldUp(Stream& stream) {
    std::atomic<int> taken{0};
    std::thread writer([&] {
      while (stream.Write(Padded())) ++taken;
    });
    int before = -1;
    EXPECT_TRUE(Eventually([&] {
      const int now = taken;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      return std::exchange(before, now) == now;
    }));
    context_.TryCancel();
    writer.join();
    return before;
  }

  StreamService streams_;
  std::unique_ptr<streams_test::Streams::Stub> numbers_;
  grpc::ClientContext context_;
  Sum sum_;
};

TEST_F(StreamsTest, ManyRequestsHaveOneAnswer) {
  Start();
  grpc::Status status = Add({MakeNumber(1), MakeNumber(2), MakeNumber(3)});
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(sum_.value(), 6);
  EXPECT_EQ(sum_.count(), 3);
  EXPECT_EQ(context_.GetServerInitialMetadata().count("resposta"), 1u);
}

TEST_F(StreamsTest, NoRequestIsAStreamToo) {
  Start();
  grpc::Status status = Add({});
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(sum_.count(), 0);
}

TEST_F(StreamsTest, AnswersComeWhileRequestsGo) {
  Start();
  auto stream = numbers_->Echo(&context_);
  Number answer;
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(stream->Write(MakeNumber(i * 10)));
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.value(), i * 10);
  }
  EXPECT_EQ(context_.GetServerInitialMetadata().count("resposta"), 1u);
  stream->WritesDone();
  ASSERT_TRUE(stream->Read(&answer)) << "the handler goes on after the end of the requests";
  EXPECT_EQ(answer.value(), 3);
  EXPECT_FALSE(stream->Read(&answer));
  grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(StreamsTest, AHandlerMayReturnBeforeItHasReadAll) {
  Start();
  auto writer = numbers_->Add(&context_, &sum_);
  ASSERT_TRUE(writer->Write(MakeNumber(7, "stop")));
  EXPECT_TRUE(Eventually([&] { return !writer->Write(Padded()); })) << "the client is told";
  grpc::Status status = writer->Finish();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(sum_.value(), 7);
  EXPECT_TRUE(AllEnded());
}

TEST_F(StreamsTest, ErrorsKeepTheirDetails) {
  Start();
  grpc::Status status = Add({MakeNumber(1), MakeNumber(2, "fail")});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  google::rpc::Status rpc;
  ASSERT_TRUE(rpc.ParseFromString(status.error_details()));
  google::rpc::BadRequest bad;
  ASSERT_TRUE(rpc.details_size() == 1 && rpc.details(0).UnpackTo(&bad));
  EXPECT_EQ(bad.field_violations(0).field(), "text");
}

TEST_F(StreamsTest, ThrowingHandlersAreInternalWithoutTheirText) {
  Start();
  grpc::Status status = Add({MakeNumber(1, "throw")});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(status.error_message(), Not(HasSubstr("segredo")));
  grpc::ClientContext context;
  Limit(context);
  auto stream = numbers_->Echo(&context);
  ASSERT_TRUE(stream->Write(MakeNumber(1, "throw")));
  Number answer;
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(host_.log->text(), HasSubstr("segredo"));
  EXPECT_TRUE(AllEnded());
}

TEST_F(StreamsTest, ARequestThatDoesNotParseIsInvalid) {
  Start();
  grpc::CompletionQueue queue;
  auto stream = grpc::GenericStub(channel_).PrepareCall(&context_, "/streams_test.Streams/Add", &queue);
  void* tag;
  bool ok;
  stream->StartCall(nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  grpc::Slice slice(std::string("\x0a\xff"));
  stream->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  grpc::Status status;
  stream->Finish(&status, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "the request is not a valid streams_test.Number");
}

// And is no end of the stream, whatever the client has sent after it.
TEST_F(StreamsTest, ARequestOverTheLimitIsRefused) {
  Config config;
  config.max_message_size.bytes = 1024;
  Start(config);
  for (int i = 0; i < 50; ++i) {
    grpc::ClientContext context;
    Limit(context);
    auto writer = numbers_->Add(&context, &sum_);
    for (const Number& request : {MakeNumber(1), Padded()}) writer->Write(request);
    writer->WritesDone();
    ASSERT_EQ(writer->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    ASSERT_TRUE(AllEnded());
    ASSERT_EQ(streams_.last_end().code(), absl::StatusCode::kCancelled) << i;
  }
}

TEST_F(StreamsTest, AServerStreamWithoutItsRequestIsInvalid) {
  Start();
  grpc::CompletionQueue queue;
  auto call = grpc::GenericStub(channel_).PrepareCall(&context_, "/usuarios.Usuarios/ExportarUsuarios", &queue);
  void* tag;
  bool ok;
  call->StartCall(nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  call->WritesDone(nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  grpc::Status status;
  call->Finish(&status, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "the request is missing");
}

TEST_F(StreamsTest, AHandlerThatDoesNotReadHoldsTheClientBack) {
  Start();
  auto writer = numbers_->Add(&context_, &sum_);
  ASSERT_TRUE(writer->Write(MakeNumber(1, "wait")));
  EXPECT_LT(WriteUntilHeldUp(*writer), 5000);
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(AllEnded());
  EXPECT_EQ(streams_.read, 1);
  EXPECT_EQ(streams_.last_end().code(), absl::StatusCode::kCancelled);
}

TEST_F(StreamsTest, AClientThatDoesNotReadHoldsTheHandlerBackInBothDirections) {
  Start();
  auto stream = numbers_->Echo(&context_);
  EXPECT_LT(WriteUntilHeldUp(*stream), 5000);
  EXPECT_LT(streams_.written, 5000);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(AllEnded());
}

TEST_F(StreamsTest, AReadAndAWriteGoOnAtTheSameTime) {
  Start();
  auto stream = numbers_->Echo(&context_);
  ASSERT_TRUE(stream->Write(MakeNumber(1, "flood")));
  Number answer;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(stream->Write(MakeNumber(i)));
    ASSERT_TRUE(stream->Read(&answer));
  }
  EXPECT_TRUE(Eventually([&] { return streams_.read == 101; })) << "also while nobody reads the answers";
  context_.TryCancel();
  EXPECT_TRUE(AllEnded());
  EXPECT_EQ(streams_.last_end().code(), absl::StatusCode::kCancelled);
}

// A stream that was cut must never pass for one that is complete.
TEST_F(StreamsTest, AClientThatGoesMidStreamEndsTheHandlerWithAnError) {
  Start();
  for (int i = 0; i < 200; ++i) {
    grpc::ClientContext context;
    Limit(context);
    auto writer = numbers_->Add(&context, &sum_);
    ASSERT_TRUE(writer->Write(MakeNumber(1)));
    ASSERT_TRUE(Eventually([&] { return streams_.read == i + 1; }));
    context.TryCancel();
    writer->Finish();
    ASSERT_TRUE(AllEnded());
    ASSERT_EQ(streams_.last_end().code(), absl::StatusCode::kCancelled) << i;
  }
}

TEST_F(StreamsTest, AConnectionThatBreaksEndsTheHandlerWithAnError) {
  Start();
  auto channel = Connect(server_->address());
  auto other = streams_test::Streams::NewStub(channel);
  grpc::ClientContext context;
  Limit(context);
  auto stream = other->Echo(&context);
  ASSERT_TRUE(stream->Write(MakeNumber(1)));
  Number answer;
  ASSERT_TRUE(stream->Read(&answer));
  context.TryCancel();
  stream->Finish();
  stream.reset(), other.reset(), channel.reset();
  EXPECT_TRUE(AllEnded());
  EXPECT_EQ(streams_.last_end().code(), absl::StatusCode::kCancelled);
}

TEST_F(StreamsTest, TheClientsDeadlineEndsAHandlerThatReads) {
  Start();
  grpc::ClientContext context;
  Limit(context, std::chrono::milliseconds(200));
  auto writer = numbers_->Add(&context, &sum_);
  ASSERT_TRUE(writer->Write(MakeNumber(1)));
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(AllEnded());
  EXPECT_FALSE(streams_.last_end().ok());
}

TEST_F(StreamsTest, TheServersDeadlineEndsAHandlerThatReadsAndTheClientIsToldWhy) {
  Config config;
  config.default_deadline = absl::Milliseconds(200);
  Start(config);
  grpc::ClientContext add;
  auto writer = numbers_->Add(&add, &sum_);
  ASSERT_TRUE(writer->Write(MakeNumber(1)));
  grpc::Status status = writer->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(status.error_message(), "the call has taken longer than the server allows");
  EXPECT_TRUE(AllEnded());
  EXPECT_EQ(streams_.last_end().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(StreamsTest, TheServersDeadlineEndsAHandlerThatReadsAndWrites) {
  Config config;
  config.default_deadline = absl::Milliseconds(300);
  Start(config);
  grpc::ClientContext echo;
  auto stream = numbers_->Echo(&echo);
  ASSERT_TRUE(stream->Write(MakeNumber(1, "flood")));
  EXPECT_TRUE(Eventually([&] { return streams_.written > 0; }));
  EXPECT_TRUE(AllEnded());
  EXPECT_EQ(streams_.last_end().code(), absl::StatusCode::kDeadlineExceeded);
  for (Number answer; stream->Read(&answer);) {
  }
  EXPECT_FALSE(stream->Finish().ok());
}

TEST_F(StreamsTest, CallsOverTheLimitAreRefusedAtOnce) {
  Config config;
  config.max_concurrent_calls = 1;
  Start(config);
  grpc::ClientContext first;
  Limit(first);
  auto stream = numbers_->Echo(&first);
  ASSERT_TRUE(Eventually([&] { return streams_.running == 1; }));
  EXPECT_EQ(Add({MakeNumber(1)}).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  first.TryCancel();
  EXPECT_TRUE(AllEnded());
}

TEST_F(StreamsTest, AreCountedByMethodAndCode) {
  Start();
  ASSERT_TRUE(Add({MakeNumber(1)}).ok());
  ASSERT_TRUE(AllEnded());
  const std::string add = "transport=grpc,service=streams_test.Streams,method=Add";
  std::map<std::string, double> numbers = Numbers(*host_.metrics);
  EXPECT_EQ(numbers["tomada_requests_total{" + add + ",code=OK}"], 1);
  EXPECT_EQ(numbers["tomada_request_duration_seconds{" + add + "}"], 1);
  EXPECT_THAT(host_.log->text(), HasSubstr("request method=streams_test.Streams/Add code=OK"));
}

TEST_F(StreamsTest, StopLetsAStreamEndAndTellsItAtTheGrace) {
  Start();
  auto ending = numbers_->Echo(&context_);
  grpc::ClientContext other;
  Limit(other);
  auto cut = numbers_->Echo(&other);
  Number answer;
  for (auto* stream : {ending.get(), cut.get()}) {
    ASSERT_TRUE(stream->Write(MakeNumber(1)));
    ASSERT_TRUE(stream->Read(&answer));
  }
  std::thread stop([&] { server_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(2)).IgnoreError(); });
  ASSERT_TRUE(ending->Write(MakeNumber(2)));
  ASSERT_TRUE(ending->Read(&answer)) << "streams go on while the server drains";
  ending->WritesDone();
  ASSERT_TRUE(ending->Read(&answer));
  grpc::Status status = ending->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  stop.join();
  EXPECT_EQ(streams_.running, 0) << "nothing runs after Stop";
  EXPECT_EQ(streams_.last_end().code(), absl::StatusCode::kUnavailable);
  status = cut->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "the server is shutting down");
}

TEST_F(StreamsTest, ManyAtOnce) {
  Start();
  std::vector<std::thread> clients;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      for (int k = 0; k < 50; ++k) {
        grpc::ClientContext context;
        Limit(context);
        auto stream = numbers_->Echo(&context);
        Number answer;
        int64_t sum = 0;
        for (int n = 0; n < 20 && stream->Write(MakeNumber(n)) && stream->Read(&answer); ++n) sum += answer.value();
        if (i % 2 == 0) {
          stream->WritesDone();
          stream->Read(&answer);
          right += stream->Finish().ok() && sum == 190;
        } else {
          context.TryCancel();
          right += stream->Finish().error_code() == grpc::StatusCode::CANCELLED && sum == 190;
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, 400);
  EXPECT_TRUE(AllEnded());
}

}  // namespace
}  // namespace tomada::testing
