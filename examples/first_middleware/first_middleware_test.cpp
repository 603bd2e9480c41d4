// The plugin as it is built, in front of a service with all four kinds of method, without a host.
#include <string>
#include <vector>

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include "tomada/service_client.h"
#include "tomada/status.h"
#include "tomada/testing/await.h"
#include "tomada/testing/test_call.h"
#include "tomada/testing/test_host.h"

namespace first_middleware {
namespace {

using google::protobuf::StringValue;
using tomada::Call;
using Task = tomada::Task<absl::Status>;

constexpr char kFile[] = R"(
  name: "four.proto" package: "four" syntax: "proto3" dependency: "google/protobuf/wrappers.proto"
  service {
    name: "Four"
    method { name: "One" input_type: ".google.protobuf.StringValue" output_type: ".google.protobuf.StringValue" }
    method { name: "Out" input_type: ".google.protobuf.StringValue" output_type: ".google.protobuf.StringValue"
             server_streaming: true }
    method { name: "In" input_type: ".google.protobuf.StringValue" output_type: ".google.protobuf.StringValue"
             client_streaming: true }
    method { name: "Both" input_type: ".google.protobuf.StringValue" output_type: ".google.protobuf.StringValue"
             client_streaming: true server_streaming: true }
  })";

const google::protobuf::ServiceDescriptor& Descriptor() {
  static google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  static const google::protobuf::FileDescriptor* file = [] {
    StringValue::descriptor();  // its file is known from now on
    google::protobuf::FileDescriptorProto proto;
    google::protobuf::TextFormat::ParseFromString(kFile, &proto);
    return pool.BuildFile(proto);
  }();
  return *file->service(0);
}

// Answers with what it was given, and refuses "wrong" with details.
class Four final : public tomada::ServiceProvider {
 public:
  Four() {
    services_.push_back(tomada::ServiceBuilder(Descriptor())
                            .Unary("One", this, &Four::One)
                            .ServerStreaming("Out", this, &Four::Out)
                            .ClientStreaming("In", this, &Four::In)
                            .BidiStreaming("Both", this, &Four::Both)
                            .Build());
  }
  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(tomada::Deadline) override { return absl::OkStatus(); }
  const std::vector<tomada::Service>& services() const override { return services_; }

  int calls = 0;
  std::string caller;  // of the last one

 private:
  using Reader = tomada::Reader<StringValue>;
  using Writer = tomada::Writer<StringValue>;

  absl::Status Look(Call& call, const std::string& text) {
    ++calls;
    if (call.principal() != nullptr) caller = call.principal()->kind + " " + call.principal()->name;
    tomada::FieldViolations violations;
    if (text == "wrong") violations.Add("value", "another one would be right");
    return violations.ToStatus();
  }
  Task One(Call& call, const StringValue& request, StringValue& response) {
    response = request;
    co_return Look(call, request.value());
  }
  Task Out(Call& call, const StringValue& request, Writer responses) {
    absl::Status status = co_await responses.Write(request);
    co_return status.ok() ? Look(call, request.value()) : status;
  }
  Task In(Call& call, Reader requests, StringValue& response) {
    absl::StatusOr<bool> read = co_await requests.Read(response);
    co_return read.ok() ? Look(call, response.value()) : read.status();
  }
  Task Both(Call& call, Reader requests, Writer responses) {
    StringValue value;
    absl::StatusOr<bool> read = co_await requests.Read(value);
    if (!read.ok()) co_return read.status();
    absl::Status status = co_await responses.Write(value);
    co_return status.ok() ? Look(call, value.value()) : status;
  }

  std::vector<tomada::Service> services_;
};

class FirstMiddlewareTest : public ::testing::Test {
 protected:
  // The ends of a call of each kind with `text`; what came back is in `answers`.
  std::vector<absl::Status> CallAll(const std::string& key, const std::string& text) {
    tomada::testing::TestCall call(executor_);
    if (!key.empty()) call.sent.Add("x-api-key", key);
    StringValue request, response;
    request.set_value(text);
    tomada::FunctionReader<StringValue> requests([&](StringValue& value) {
      value = request;
      return true;
    });
    tomada::FunctionWriter<StringValue> responses([&](const StringValue& value) {
      answers.push_back(value.value());
      return absl::OkStatus();
    });
    std::vector<absl::Status> ends;
    ends.push_back(executor_.Run(client_.Unary<StringValue, StringValue>("One")(call, request, response)));
    if (ends.back().ok()) answers.push_back(response.value());
    ends.push_back(executor_.Run(client_.ServerStreaming<StringValue, StringValue>("Out")(call, request, responses)));
    ends.push_back(executor_.Run(client_.ClientStreaming<StringValue, StringValue>("In")(call, requests, response)));
    if (ends.back().ok()) answers.push_back(response.value());
    ends.push_back(executor_.Run(client_.BidiStreaming<StringValue, StringValue>("Both")(call, requests, responses)));
    return ends;
  }

  std::vector<std::string> answers;
  Four four_;  // outlives the middleware
  tomada::testing::TestHost host_;
  tomada::ServiceProvider& provider_ = host_.Start<tomada::ServiceProvider>(
      "keys", PLUGIN, {{"keys", "ana:0123456789abcdef"}, {"keys", "bia:fedcba9876543210"}},
      {{"services", {{"four", &four_}}}});
  tomada::ServiceClient client_ =
      tomada::ServiceClient::Find({{"keys", &provider_}}, Descriptor(), tomada::Logger(host_.log, "test")).value();
  tomada::testing::TestExecutor executor_;
};

TEST_F(FirstMiddlewareTest, WithAKeyAllFourKindsPass) {
  for (const absl::Status& end : CallAll("fedcba9876543210", "hello")) EXPECT_EQ(end, absl::OkStatus());
  EXPECT_EQ(answers, std::vector<std::string>(4, "hello"));
  EXPECT_EQ(four_.calls, 4);
  EXPECT_EQ(four_.caller, "api_key bia");
}

TEST_F(FirstMiddlewareTest, WithoutOneNoneIsCalled) {
  for (const char* key : {"", "0123456789abcdeX", "0123456789abcde", "ana:0123456789abcdef"}) {
    for (const absl::Status& end : CallAll(key, "hello")) {
      EXPECT_EQ(end.code(), absl::StatusCode::kUnauthenticated) << key;
      EXPECT_EQ(end.message().find("0123"), std::string::npos) << "it tells a key";
    }
  }
  EXPECT_EQ(four_.calls, 0);
}

TEST_F(FirstMiddlewareTest, ErrorsKeepTheirDetails) {
  tomada::FieldViolations violations;
  violations.Add("value", "another one would be right");
  for (const absl::Status& end : CallAll("0123456789abcdef", "wrong")) EXPECT_EQ(end, violations.ToStatus());
}

TEST_F(FirstMiddlewareTest, KeysThatAreNoneAreRefused) {
  for (const char* key : {"ana", ":0123456789abcdef", "ana:0123456789abcde"}) {
    tomada::testing::TestHost host;
    const auto start = [&] {
      host.Start<tomada::ServiceProvider>("keys", PLUGIN, {{"keys", key}}, {{"services", {{"four", &four_}}}});
    };
    EXPECT_THROW(start(), std::runtime_error) << key;
  }
}

}  // namespace
}  // namespace first_middleware
