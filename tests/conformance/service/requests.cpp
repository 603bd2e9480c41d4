// Whatever a request holds, its call ends, once, on its executor, with a status and without an exception.
#include <memory>

#include "conformance/service/message_maker.h"
#include "conformance/service/service_case.h"
#include "tomada/testing/await.h"

namespace tomada::testing {
namespace {

using google::protobuf::Message;

TEST_F(ServiceCase, MethodsAreThoseOfTheDescriptor) {
  for (const Service& service : instance().services()) {
    ASSERT_EQ(static_cast<int>(service.methods.size()), service.descriptor->method_count());
    for (int i = 0; i < service.descriptor->method_count(); ++i) {
      const Method& method = service.methods[static_cast<size_t>(i)];
      SCOPED_TRACE(service.descriptor->method(i)->full_name());
      ASSERT_EQ(method.descriptor, service.descriptor->method(i));
      if (method.handler.index() == 0) continue;
      ASSERT_NE(method.request_prototype, nullptr);
      ASSERT_NE(method.response_prototype, nullptr);
      EXPECT_EQ(method.request_prototype->GetDescriptor(), method.descriptor->input_type());
      EXPECT_EQ(method.response_prototype->GetDescriptor(), method.descriptor->output_type());
      const size_t kind = 1 + (method.descriptor->server_streaming() ? 1u : 0u) +
                          (method.descriptor->client_streaming() ? 2u : 0u);  // the order of the variant
      EXPECT_EQ(method.handler.index(), kind) << "its handler streams in another way than it says";
    }
  }
}

// What the other cases are worth depends on it, so it is told; no service must take what was made up.
TEST_F(ServiceCase, EveryMethodTookOneOfThem) {
  std::string none;
  for (const Method* method : Methods()) {
    if (!Took(*method)) none += ' ' + method->descriptor->name();
  }
  if (!none.empty()) GTEST_SKIP() << "no request was found that these take:" << none;
}

// By documentation and reflection, of callers that nobody knows.
TEST_F(ServiceCase, WhoMaySeeAMethodIsAnswered) {
  for (const Service& service : instance().services()) {
    if (!service.visible) continue;
    for (const Method& method : service.methods) {
      TestExecutor executor;
      TestCall call(executor);
      executor.Run(service.visible(call, *method.descriptor));
    }
  }
}

TEST_F(ServiceCase, EachFieldAtTheEdgesOfItsType) {
  Fill();
  for (const Method* method : Methods()) {
    const std::unique_ptr<Message> like(method->request_prototype->New());
    for (const std::string& known : {std::string(), KnownRequests(*method).back()}) {
      like->ParsePartialFromString(known);
      for (const std::string& request : MessageMaker().Edges(*like)) {
        Ask(*method, {.requests = {request}});
        if (HasFailure()) FAIL() << "by the request {" << like->ShortDebugString() << "} with another field";
      }
    }
  }
}

TEST_F(ServiceCase, AnyFieldsWithAnyValues) {
  MessageMaker maker;
  for (const Method* method : Methods()) {
    for (int i = 0; i < 100 && !HasFailure(); ++i) {
      const std::string request = maker.Random(*method->request_prototype);
      Ask(*method, {.requests = {request}});
    }
  }
}

TEST_F(ServiceCase, StreamsOfNoneOneAndManyRequests) {
  for (const Method* method : Methods()) {
    if (!method->descriptor->client_streaming()) continue;
    Ask(*method, {});
    for (const std::string& known : KnownRequests(*method)) {
      Ask(*method, {.requests = {known}});
      Ask(*method, {.requests = std::vector<std::string>(200, known)});
    }
  }
}

// The client is gone, its deadline is over, or what came is no such message: what was sent is not all.
TEST_F(ServiceCase, AStreamThatBreaksOffIsNoEnd) {
  for (const Method* method : Methods()) {
    if (!method->descriptor->client_streaming()) continue;
    for (const std::string& known : KnownRequests(*method)) {
      for (size_t count : {0, 1, 3}) {
        Ask(*method, {.requests = std::vector<std::string>(count, known),
                      .then = absl::InvalidArgumentError("what came is no message")});
      }
    }
  }
}

}  // namespace
}  // namespace tomada::testing
