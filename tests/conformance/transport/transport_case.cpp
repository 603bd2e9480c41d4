#include "conformance/transport/transport_case.h"

#include <regex>
#include <stdexcept>

namespace tomada::testing {
namespace {

TransportSubject the_transport;

struct Started {
  Component* transport;
  std::string address;
};

// With `settings` over those of all cases.
Started StartTransport(TestHost& host, ProbeService& service, const TransportDriver::Settings& settings) {
  TransportDriver::Settings all = the_transport.driver->settings();
  for (const auto& more : {the_transport.settings, settings}) all.insert(all.end(), more.begin(), more.end());
  auto& transport =
      host.Start<Component>("transport", the_transport.plugin, all, {{the_transport.port, {{"probe", &service}}}});
  const std::string log = host.log->text();
  std::smatch found;
  if (!std::regex_search(log, found, std::regex("listening.* address=(\\S+)"))) {
    throw std::runtime_error("the transport has not logged \"listening\" with its `address`:\n" + log);
  }
  return {&transport, found[1]};
}

}  // namespace

void SelectTransport(TransportSubject subject) {
  the_transport = std::move(subject);
  ProbeService service;
  TestHost host;
  StartTransport(host, service, {});
}

TransportDriver& TransportCase::driver() { return *the_transport.driver; }

bool TransportCase::Limit(Bound bound, uint64_t value) {
  std::optional<TransportDriver::Settings> settings = driver().SettingsFor(bound, value);
  if (settings) settings_.insert(settings_.end(), settings->begin(), settings->end());
  return settings.has_value();
}

void TransportCase::Start() {
  TransportDriver::Settings settings = settings_;
  if (!address_.empty()) settings.emplace_back("listen", address_);
  host_ = std::make_unique<TestHost>();
  const Started started = StartTransport(*host_, service, settings);
  transport_ = started.transport;
  address_ = started.address;
}

absl::Status TransportCase::Stop(std::chrono::milliseconds grace) {
  return transport_->Stop(std::chrono::steady_clock::now() + grace);
}

bool TransportCase::Drain() {
  auto* drainable = dynamic_cast<Drainable*>(transport_);
  if (drainable != nullptr) drainable->Drain();
  return drainable != nullptr;
}

void TransportCase::TearDown() {
  service.Release();
  if (host_ == nullptr) return;
  EXPECT_EQ(Stop(Patience()), absl::OkStatus());
  EXPECT_EQ(service.running(), 0) << "after Stop";
  host_.reset();
  for (const Seen& seen : service.All()) EXPECT_TRUE(seen.on_executor) << "a handler ran on another thread";
}

std::unique_ptr<ClientConnection> TransportCase::TryConnect() {
  if (host_ == nullptr) Start();
  return driver().Connect(address_, Patience());
}

std::unique_ptr<ClientConnection> TransportCase::Connect() {
  std::unique_ptr<ClientConnection> connection = TryConnect();
  if (connection == nullptr) throw std::runtime_error("cannot connect to " + address_);
  return connection;
}

TransportCase::Outcome TransportCase::Ask(ClientConnection& connection, MethodKind kind,
                                          const std::vector<Probe>& requests, const CallOptions& options) {
  std::unique_ptr<ClientCall> call = connection.Call(MethodOf(kind), options);
  for (const Probe& request : requests) {
    if (call->Send(request, Patience()) != ClientCall::Sent::kTaken) break;
  }
  call->HalfClose();
  return Finish(*call);
}

std::unique_ptr<ClientCall> TransportCase::Open(ClientConnection& connection, MethodKind kind, Requests requests,
                                                const CallOptions& options) {
  const int before = service.begun();
  std::unique_ptr<ClientCall> call = connection.Call(MethodOf(kind), options);
  EXPECT_EQ(call->Send(MakeProbe(1, "um"), Patience()), ClientCall::Sent::kTaken);
  const bool more = requests == Requests::kMore && TakesStream(kind) && Can(Ability::kRequestsOneByOne);
  if (!more) call->HalfClose();
  EXPECT_TRUE(service.AwaitBegun(before + 1)) << "no handler has begun";
  EXPECT_TRUE(ProbeService::Eventually([this] { return !service.Last().received.empty(); })) << "it has no request";
  return call;
}

TransportCase::Outcome TransportCase::Finish(ClientCall& call) {
  Outcome outcome;
  for (Probe message;;) {
    const ClientCall::Received received = call.Read(message, Patience());
    if (received == ClientCall::Received::kMessage) {
      outcome.messages.push_back(message);
      continue;
    }
    EXPECT_NE(received, ClientCall::Received::kNothing) << "the call does not end";
    outcome.metadata = call.metadata();
    if (received == ClientCall::Received::kEnd) outcome.end = call.end();
    return outcome;
  }
}

std::string TransportCase::Outcome::texts() const {
  std::string all;
  for (const Probe& message : messages) all += message.text() + '\n';
  return all;
}

Probe TransportCase::MakeProbe(int64_t number, std::string text) {
  Probe probe;
  probe.set_number(number);
  probe.set_text(std::move(text));
  return probe;
}

std::vector<std::string> TransportCase::Values(const Entries& entries, const std::string& name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : entries) {
    if (key == name) values.push_back(value);
  }
  return values;
}

void EachKind::SetUp() {
  if (kind() != MethodKind::kUnary) TOMADA_NEEDS(kStreams);
}

namespace {

std::string NameOfParameter(const ::testing::TestParamInfo<MethodKind>& test) { return NameOf(test.param); }

INSTANTIATE_TEST_SUITE_P(Transport, EachKind, ::testing::ValuesIn(kEveryKind), NameOfParameter);
INSTANTIATE_TEST_SUITE_P(Transport, EachThatTakesAStream,
                         ::testing::Values(MethodKind::kClientStream, MethodKind::kBidi), NameOfParameter);
INSTANTIATE_TEST_SUITE_P(Transport, EachThatGivesAStream,
                         ::testing::Values(MethodKind::kServerStream, MethodKind::kBidi), NameOfParameter);

}  // namespace
}  // namespace tomada::testing
