// Spans, what a call waits for, and what an executor is at.
#include "tomada/span.h"

#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tomada/context.h"
#include "tomada/executors.h"
#include "tomada/service.h"
#include "tomada/testing/await.h"
#include "tomada/testing/test_call.h"
#include "tomada/testing/test_host.h"
#include "tomada/thread_executor.h"
#include "tomada/wait.h"
#include "usuarios.pb.h"

namespace tomada {
namespace {

using testing::TestCall;
using testing::TestExecutor;
using testing::TestHost;
using usuarios::ObterUsuarioRequest;
using usuarios::ObterUsuarioResponse;

class Recorder final : public SpanSink {
 public:
  bool Wants(Call& call) override { return !sampled_only || call.trace().sampled; }
  void Ended(const SpanRecord& record) override {
    std::lock_guard lock(mutex_);
    records_.push_back(record);
  }
  std::vector<SpanRecord> records() const {
    std::lock_guard lock(mutex_);
    return records_;
  }
  bool sampled_only = false;

 private:
  mutable std::mutex mutex_;
  std::vector<SpanRecord> records_;
};

class SpanTest : public ::testing::Test {
 protected:
  TestHost host_;
  Context context_ = host_.MakeContext("store", 0);
  const Step get_{context_, "get"}, hash_{context_, "hash"};
  const Step serve_{context_, "serve", Step::Kind::kServer};
  std::shared_ptr<Recorder> sink_ = std::make_shared<Recorder>();
  std::shared_ptr<void> attached_ = host_.tracing->Attach(sink_);
  TestCall call_;
};

TEST_F(SpanTest, TellsWhatOfWhichCallTookHowLongAndHowItEnded) {
  call_.sent.Add("x-request-id", "r1");
  call_.sent.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  {
    Span span(call_, get_);
    span.SetStatus(absl::NotFoundError("none"));
    span.SetAttribute("rows", 2);
    span.SetAttribute("table", "usuarios");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_TRUE(sink_->records().empty());
  }
  ASSERT_EQ(sink_->records().size(), 1u);
  const SpanRecord record = sink_->records()[0];
  EXPECT_EQ(record.step->component() + " " + record.step->name(), "store get");
  EXPECT_EQ(record.call_id, "r1");
  EXPECT_EQ(record.trace.trace_id, call_.trace().trace_id);
  EXPECT_EQ(record.trace.parent_id, call_.trace().span_id);
  EXPECT_NE(record.trace.span_id, call_.trace().span_id);
  EXPECT_TRUE(record.trace.sampled);
  EXPECT_GE(record.duration, std::chrono::milliseconds(2));
  EXPECT_EQ(record.status, absl::NotFoundError("none"));
  EXPECT_EQ(record.attributes, (decltype(record.attributes){{"rows", int64_t{2}}, {"table", std::string("usuarios")}}));
}

TEST_F(SpanTest, IsBeneathTheInnermostThatHasNotEnded) {
  {
    Span outer(call_, get_);
    { Span inner(call_, hash_); }
  }
  { Span alone(call_, hash_); }
  const std::vector<SpanRecord> records = sink_->records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].trace.parent_id, records[1].trace.span_id);
  EXPECT_EQ(records[1].trace.parent_id, call_.trace().span_id);
  EXPECT_EQ(records[2].trace.parent_id, call_.trace().span_id);
}

TEST_F(SpanTest, OfAServerIsTheCallsOwn) {
  call_.sent.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  { Span span(call_, serve_); }
  const SpanRecord record = sink_->records().at(0);
  EXPECT_EQ(record.trace.span_id, call_.trace().span_id);
  EXPECT_EQ(record.trace.parent_id, call_.trace().parent_id);
}

TEST_F(SpanTest, CarriesOnItsOwnIdsWhenItIsRecordedElseTheCalls) {
  sink_->sampled_only = true;
  {
    Span span(call_, get_);
    EXPECT_EQ(span.trace().span_id, call_.trace().span_id);
  }
  TestCall sampled;
  sampled.sent.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  {
    Span span(sampled, get_);
    EXPECT_NE(span.trace().span_id, sampled.trace().span_id);
    EXPECT_EQ(span.trace().parent_id, sampled.trace().span_id);
  }
  EXPECT_EQ(sink_->records().size(), 1u);
}

TEST_F(SpanTest, BoundsItsAttributes) {
  {
    Span span(call_, get_);
    span.SetAttribute("long", std::string(5000, 'x'));
    for (int i = 0; i < 100; ++i) span.SetAttribute("n", i);
  }
  const SpanRecord record = sink_->records().at(0);
  EXPECT_EQ(record.attributes.size(), 32u);
  EXPECT_EQ(std::get<std::string>(record.attributes[0].second).size(), 2048u);
}

TEST_F(SpanTest, GoesToEachWhoWantsItUntilTheyAreDetached) {
  auto other = std::make_shared<Recorder>();
  other->sampled_only = true;
  const std::shared_ptr<void> attached = host_.tracing->Attach(other);
  { Span span(call_, get_); }
  attached_.reset();
  { Span span(call_, get_); }
  EXPECT_EQ(sink_->records().size(), 1u);
  EXPECT_TRUE(other->records().empty());
}

TEST_F(SpanTest, AsksForNoTraceWhenNobodyTakesSpans) {
  attached_.reset();
  { Span span(call_, get_); }
  EXPECT_FALSE(call_.traced());
}

TEST_F(SpanTest, NamesWhatTheCallWaitsFor) {
  EXPECT_EQ(call_.waits_for(), nullptr);
  std::optional<Span> first, second;
  first.emplace(call_, get_);
  EXPECT_EQ(call_.waits_for(), &get_);
  second.emplace(call_, hash_);
  EXPECT_EQ(call_.waits_for(), &hash_);
  first.reset();  // side by side, they end in any order
  EXPECT_EQ(call_.waits_for(), &hash_);
  second.reset();
  EXPECT_EQ(call_.waits_for(), nullptr);
}

// A handler that looks at its executor at each of its steps.
struct Looker {
  Task<absl::Status> Obter(Call& call, const ObterUsuarioRequest&, ObterUsuarioResponse&) {
    Look(call);
    absl::Status slept = co_await Sleep(call, std::chrono::milliseconds(1));
    Look(call);
    co_return slept;
  }
  void Look(Call& call) {
    calls.push_back(call.executor().running_call());
    methods.push_back(call.executor().running_method());
  }
  std::vector<const Call*> calls;
  std::vector<const google::protobuf::MethodDescriptor*> methods;
};

TEST(RunningTest, AnExecutorTellsWhichCallsHandlerHasItsThread) {
  Looker looker;
  const Service service = ServiceBuilder(*usuarios::Usuario::descriptor()->file()->FindServiceByName("Usuarios"))
                              .Unary("ObterUsuario", &looker, &Looker::Obter)
                              .Build();
  const Method* method = nullptr;
  for (const Method& one : service.methods) {
    if (one.descriptor->name() == "ObterUsuario") method = &one;
  }
  TestExecutor executor;
  TestCall call(executor);
  EXPECT_EQ(call.method(), nullptr);
  ObterUsuarioRequest request;
  ObterUsuarioResponse response;
  EXPECT_TRUE(
      executor.Run(InvokeUnary(*method, call, Logger(std::make_shared<testing::TestLog>(), "test"), request, response))
          .ok());
  EXPECT_EQ(looker.calls, (std::vector<const Call*>{&call, &call}));
  EXPECT_EQ(looker.methods, (std::vector{method->descriptor, method->descriptor}));
  EXPECT_EQ(call.method(), method->descriptor);
  EXPECT_EQ(executor.running_call(), nullptr);
  EXPECT_EQ(executor.running_method(), nullptr);
}

// Posts itself to the executor, blocks it until it is told to end, and says when it is there.
Task<> Block(Executor& executor, const Call& call, std::atomic<int>& step) {
  Hop there(executor);
  co_await there;
  executor.SetRunning(&call);
  step = 1;
  step.notify_all();
  step.wait(1);
  step = 3;
}

TEST(RunningTest, OthersSeeTheMethodThatHoldsAThreadAndNoneWhenItWaitsForWork) {
  const auto* method = usuarios::Usuario::descriptor()->file()->FindServiceByName("Usuarios")->method(0);
  ThreadExecutor executor;
  TestCall call(executor);
  call.set_method(*method);
  std::atomic<int> step{0};
  Spawn(Block(executor, call, step), [] {});
  step.wait(0);
  EXPECT_EQ(executor.running_method(), method);
  step = 2;
  step.notify_all();
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while ((step != 3 || executor.running_method() != nullptr) && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::yield();
  }
  EXPECT_EQ(executor.running_method(), nullptr);
}

TEST(ExecutorsTest, ListsThoseThatWereAddedAndNotDropped) {
  const auto executors = std::make_shared<Executors>();
  TestExecutor a, b;
  std::vector<std::string> seen;
  const auto look = [&](const std::string& name, Executor& executor) {
    seen.push_back(name + (&executor == &a ? " a" : " b"));
  };
  std::shared_ptr<void> first = executors->Add("worker 1", a);
  std::shared_ptr<void> second = executors->Add("worker 2", b);
  executors->ForEach(look);
  first.reset();
  executors->ForEach(look);
  second.reset();
  executors->ForEach(look);
  EXPECT_EQ(seen, (std::vector<std::string>{"worker 1 a", "worker 2 b", "worker 2 b"}));
}

}  // namespace
}  // namespace tomada
