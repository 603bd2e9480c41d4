// What the contract asks of every transport, as test cases: each file here is an area. They run in `tomada-conformance
// transport` alone, which says what is tested and by which driver.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/probe_service.h"
#include "tomada/testing/test_host.h"
#include "tomada/testing/transport_driver.h"

namespace tomada::testing {

// What is tested, and by whom.
struct TransportSubject {
  std::string plugin;  // its file
  std::string port;    // where it takes services
  TransportDriver::Settings settings;
  TransportDriver* driver = nullptr;
};

// Before the first case. Throws std::runtime_error when the transport does not start.
void SelectTransport(TransportSubject subject);

// The transport is started by the first Connect, or by Start, and stopped at the end of the case, when no handler may
// have left its executor.
class TransportCase : public ::testing::Test {
 protected:
  static std::chrono::milliseconds Patience() { return ProbeService::patience; }
  // What a client of little patience waits.
  static constexpr std::chrono::milliseconds kMoment{500};

  void TearDown() override;

  static TransportDriver& driver();
  static bool Can(Ability ability) { return driver().Can(ability); }
  // From its start on. False when the transport has no such bound.
  bool Limit(Bound bound, uint64_t value);

  // At the address of the earlier one, if there was one.
  void Start();
  absl::Status Stop(std::chrono::milliseconds grace);
  // False when the transport is not Drainable.
  bool Drain();

  // A new connection; null when it is refused.
  std::unique_ptr<ClientConnection> TryConnect();
  // The same, and a refusal fails the case.
  std::unique_ptr<ClientConnection> Connect();

  // Sends `requests`, reads to the end.
  struct Outcome {
    std::vector<Probe> messages;
    Entries metadata;
    CallEnd end;
    std::string texts() const;  // of the messages, one a line
  };
  Outcome Ask(ClientConnection& connection, MethodKind kind, const std::vector<Probe>& requests = {Probe()},
              const CallOptions& options = {});
  // Begins a call with one request, and waits until its handler has that. With `more`, where the wire can, a stream of
  // requests stays open.
  enum class Requests { kAll, kMore };
  std::unique_ptr<ClientCall> Open(ClientConnection& connection, MethodKind kind, Requests requests = Requests::kAll,
                                   const CallOptions& options = {});
  // Reads to the end, which must come in time.
  static Outcome Finish(ClientCall& call);

  static Probe MakeProbe(int64_t number, std::string text = "");
  static std::vector<std::string> Values(const Entries& entries, const std::string& name);

  ProbeService service;

 private:
  TransportDriver::Settings settings_;  // of this case
  std::unique_ptr<TestHost> host_;
  Component* transport_ = nullptr;
  std::string address_;
};

// Once for each kind of method that the wire can carry, of all; of those that take a stream; of those that give one.
class EachKind : public TransportCase, public ::testing::WithParamInterface<MethodKind> {
 protected:
  void SetUp() override;
  static MethodKind kind() { return GetParam(); }
};
class EachThatTakesAStream : public EachKind {};
class EachThatGivesAStream : public EachKind {};

MATCHER_P(EndsWith, code, "") {
  *result_listener << absl::StatusCodeToString(arg.end.code) << ": " << arg.end.message;
  return arg.end.code == code;
}

}  // namespace tomada::testing

// Skips the case, with the reason, where the driver's wire or the transport's config cannot express it.
#define TOMADA_NEEDS(ability) \
  if (!Can(Ability::ability)) GTEST_SKIP() << "the driver cannot: " #ability
#define TOMADA_NEEDS_LIMIT(bound, value) \
  if (!Limit(Bound::bound, value)) GTEST_SKIP() << "the transport has no bound: " #bound
