#include "conformance/service/service_case.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "conformance/service/message_maker.h"

namespace tomada::testing {
namespace {

using google::protobuf::Message;

ServiceSubject the_service;
MessageMaker the_maker;
// What was found, by the method's full name.
struct Found {
  std::vector<std::string> requests;
  std::optional<std::string> taken;
};
std::map<std::string, Found> found;
// Methods that wait for what does not come: a client need not try long each time.
std::mutex waiting_mutex;
std::set<std::string> waiting;

constexpr size_t kMostAnswers = 20;
constexpr int kRandomRequests = 40;

std::chrono::nanoseconds ClientWaits(const Method& method) {
  std::lock_guard lock(waiting_mutex);
  return std::chrono::milliseconds(waiting.contains(method.descriptor->full_name()) ? 20 : 1000);
}

void NoteWaiting(const Method& method) {
  std::lock_guard lock(waiting_mutex);
  waiting.insert(method.descriptor->full_name());
}

// Owns the client's side for as long as the handler runs, however long that is.
Task<HandlerEnd> Serve(const Method& method, Call& call, std::shared_ptr<ClientSide> client) {
  Task<HandlerEnd> handler = CallHandler(method, call, *client);
  HandlerEnd end = co_await handler;
  co_return end;
}

void Learn(const Method& method, const Ended& ended) {
  const std::unique_ptr<Message> answer(method.response_prototype->New());
  for (const std::string& each : ended.answers) {
    if (answer->ParsePartialFromString(each)) the_maker.Learn(*answer);
  }
}

}  // namespace

void SelectService(ServiceSubject subject) {
  the_service = std::move(subject);
  const std::unique_ptr<ServiceInstance> instance = the_service.start();
  size_t methods = 0;
  for (const Service& service : instance->services()) {
    the_maker.LearnExamples(*service.descriptor->file());
    methods += service.methods.size();
  }
  instance->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(10)).IgnoreError();
  if (methods == 0) throw std::runtime_error("it offers no method");
}

void ServiceCase::SetUp() { instance_ = the_service.start(); }

void ServiceCase::TearDown() {
  if (hangs_) {
    static_cast<void>(instance_.release());  // a handler still runs in it
  } else {
    EXPECT_EQ(Stop(), absl::OkStatus());
    instance_.reset();
  }
  watch_.Check();
}

std::vector<const Method*> ServiceCase::Methods() const {
  std::vector<const Method*> methods;
  for (const Service& service : instance_->services()) {
    for (const Method& method : service.methods) {
      if (method.handler.index() != 0) methods.push_back(&method);
    }
  }
  return methods;
}

Ended ServiceCase::Ask(const Method& method, const Asking& asking) { return Ask(method, asking, watch_); }

Ended ServiceCase::Ask(const Method& method, const Asking& asking, CallWatch& watch) {
  if (hangs_) return {.status = absl::AbortedError("another call hangs")};
  SCOPED_TRACE(method.descriptor->full_name());
  std::shared_ptr<ClientSide> client;
  const auto begin = [&](TestCall& call) {
    call.sent = the_service.metadata;
    client = std::make_shared<ClientSide>(call);
    client->requests = asking.requests;
    client->then = asking.then;
    const absl::Status gone = absl::CancelledError("the client is gone");
    client->answered = [&call, gone](size_t answers) {
      if (answers >= kMostAnswers) call.Cancel(gone);
    };
    if (asking.cancel_at > 0) {
      static_cast<WatchedExecutor&>(call.executor()).BeforeEach([&call, gone, at = asking.cancel_at](int number) {
        if (number == at) call.Cancel(gone);
      });
    }
    if (asking.cancelled) call.Cancel(gone);
    return Serve(method, call, client);
  };
  RunningCall<HandlerEnd> running(watch, asking.timeout, begin);
  Ended ended;
  ended.given_up = !running.Wait(ClientWaits(method));
  if (ended.given_up) {
    NoteWaiting(method);
    running.call().Cancel(absl::CancelledError("the client is gone"));
    if (!running.Wait(the_service.patience)) {
      hangs_ = true;
      ADD_FAILURE() << "goes on though its call is cancelled";
      ended.status = absl::DeadlineExceededError("hangs");
      return ended;
    }
  }
  const HandlerEnd end = running.Take();
  EXPECT_FALSE(end.threw) << "an exception left the handler";
  EXPECT_TRUE(end.on_executor) << "ended on a thread that is not its executor's";
  EXPECT_EQ(client->mistake, "");
  ended.resumed = static_cast<WatchedExecutor&>(running.call().executor()).resumed();
  EXPECT_FALSE(end.status.ok() && !client->read_refused.ok() && !running.call().cancelled())
      << "is OK, though a read gave " << client->read_refused << ": there may have been more requests";
  ended.status = end.status;
  ended.answers = std::move(client->answers);
  return ended;
}

// Again and again, as what one method makes another may find, and with what was answered.
const std::vector<std::string>& ServiceCase::KnownRequests(const Method& method) {
  if (found.empty()) {
    for (const Method* each : Methods()) Explore(*each);
    for (const Method* each : Methods()) {
      // What one has removed is made again: those that make something come first in most services.
      std::vector<const Method*> backwards = Methods();
      std::ranges::reverse(backwards);
      for (const Method* other : backwards) AskAgain(*other);
      Explore(*each);
    }
  }
  return found[method.descriptor->full_name()].requests;
}

void ServiceCase::Explore(const Method& method) {
  Found& known = found[method.descriptor->full_name()];
  std::string furthest, refused;
  int most = -1;
  for (int i = 0; i < kRandomRequests && !hangs_; ++i) {
    const std::string request = i == 0 ? "" : the_maker.Random(*method.request_prototype);
    const Ended ended = Ask(method, {.requests = {request}});
    // One that answers without end, or waits for something, has taken it too.
    const bool begun = ended.given_up || !ended.answers.empty();
    if (ended.status.ok() || (begun && !known.taken)) known.taken = request;
    if (!ended.status.ok() && !begun) refused = request;
    if (ended.resumed > most) most = ended.resumed, furthest = request;
    Learn(method, ended);
  }
  known.requests = {""};
  for (const std::string& request : {refused, furthest, known.taken.value_or("")}) {
    if (std::ranges::find(known.requests, request) == known.requests.end()) known.requests.push_back(request);
  }
}

bool ServiceCase::Took(const Method& method) {
  KnownRequests(method);
  return found[method.descriptor->full_name()].taken.has_value();
}

void ServiceCase::AskAgain(const Method& method) {
  const std::optional<std::string>& taken = found[method.descriptor->full_name()].taken;
  if (taken) Learn(method, Ask(method, {.requests = {*taken}}));
}

void ServiceCase::Fill() {
  for (const Method* method : Methods()) {
    KnownRequests(*method);
    AskAgain(*method);
  }
}

}  // namespace tomada::testing
