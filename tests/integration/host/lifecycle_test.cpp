// `tomada run` as an operator sees it: signals, exit codes and what it prints.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "support/process.h"
#include "support/temp_dir.h"

namespace tomada {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Process;
using testing::ReadFile;
using testing::TempDir;
using testing::TomadaBinary;

// A store, a service that uses it and a transport that serves that; each takes part of its config from the test.
class LifecycleTest : public ::testing::Test {
 protected:
  struct Behaviour {
    std::string store, service, transport;  // entries of a YAML flow map: ", fail_start: no disk"
  };

  std::filesystem::path Profile(const Behaviour& behaviour = {}, const std::string& host = "{}") {
    return dir_.Write("profile.yaml", fmt::format(R"(host: {0}
plugins: {1}/good
components:
  transport: {{plugin: fixture_transport, uses: {{services: service}}, config: {{record: {2}{5}}}}}
  service: {{plugin: fixture_service, uses: {{store: store}}, config: {{record: {2}{4}}}}}
  store: {{plugin: fixture_store, config: {{record: {2}{3}}}}}
)",
                                                  host, TOMADA_FIXTURE_PLUGINS, record_.string(), behaviour.store,
                                                  behaviour.service, behaviour.transport));
  }
  static Process Run(const std::filesystem::path& profile) {
    return Process({TomadaBinary(), "run", "--config", profile.string()});
  }
  std::string Record() const { return ReadFile(record_); }
  // For a behaviour: the step ("start", "stop") goes on when its gate is open.
  std::string Gate(const std::string& step) const {
    return fmt::format(", {0}_gate: {1}", step, (dir_.path() / step).string());
  }
  void OpenGate(const std::string& step) const { dir_.Write(step, ""); }

  TempDir dir_;
  const std::filesystem::path record_ = dir_.path() / "record";
};

constexpr char kMadeAndStarted[] =
    "create store\ncreate service\ncreate transport\n"
    "start store\nstart service\nstart transport\n";
constexpr char kStopped[] =
    "drain transport\ndrain service\ndrain store\n"
    "stop transport\nstop service\nstop store\n"
    "destroy transport\ndestroy service\ndestroy store\n";

TEST_F(LifecycleTest, StartsInOrderAndStopsInReverseOnSigterm) {
  Process host = Run(Profile());
  host.WaitForLine(R"( info host: started components=store,service,transport took=\d+ms$)");
  host.WaitForLine(" info host: ready$");
  EXPECT_EQ(Record(), kMadeAndStarted);
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 0) << host.output();
  EXPECT_EQ(Record(), std::string(kMadeAndStarted) + kStopped);
  host.WaitForLine(" info host: stopping signal=SIGTERM$");
  host.WaitForLine(" info host: stopped took=");
  EXPECT_EQ(host.out(), "");
}

TEST_F(LifecycleTest, StopsOnSigintToo) {
  Process host = Run(Profile());
  host.WaitForLine("host: ready");
  host.Signal(SIGINT);
  EXPECT_EQ(host.Wait(), 0) << host.output();
  host.WaitForLine("host: stopping signal=SIGINT");
}

TEST_F(LifecycleTest, ALostReaderOfItsLogDoesNotEndIt) {
  Process host = Run(Profile());
  host.WaitForLine("host: ready");
  host.Signal(SIGPIPE);
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 0) << host.output();
}

TEST_F(LifecycleTest, MayOpenAsManyDescriptorsAsTheSystemAllows) {
  Process host({"/bin/sh", "-c", "ulimit -S -n 64; ulimit -H -n 2000; exec \"$0\" run --config \"$1\"", TomadaBinary(),
                Profile().string()});
  host.WaitForLine("host: ready");
  const std::string limits = ReadFile(fmt::format("/proc/{}/limits", host.pid()));
  EXPECT_THAT(limits, ContainsRegex("Max open files +2000 +2000 "));
}

size_t CountOf(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

// Of each thread there is.
std::vector<std::string> BlockedSignals(const Process& process) {
  std::vector<std::string> blocked;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process.pid()))) {
    std::smatch match;
    const std::string status = ReadFile(thread.path() / "status");
    if (std::regex_search(status, match, std::regex("SigBlk:\\s*([0-9a-f]+)"))) blocked.push_back(match[1]);
  }
  return blocked;
}

TEST_F(LifecycleTest, SignalsThatItDoesNotKnowChangeNothingInAnyPhase) {
  Process host = Run(Profile({.service = Gate("start"), .transport = Gate("stop")}));
  size_t sent = 0;
  const auto send_all = [&] {
    for (int signal : {SIGHUP, SIGUSR1, SIGUSR2}) host.Signal(signal);
    ++sent;
    for (const char* name : {"SIGHUP", "SIGUSR1", "SIGUSR2"}) {
      const std::string line = fmt::format(" info host: signal without effect signal={}\n", name);
      while (host.running() && CountOf(host.output(), line) < sent) std::this_thread::yield();
      ASSERT_EQ(CountOf(host.output(), line), sent) << host.output();
    }
  };
  host.WaitForLine("component is up component=store");
  send_all();
  OpenGate("start");
  host.WaitForLine("host: ready");
  send_all();
  for (const std::string& blocked : BlockedSignals(host))
    EXPECT_EQ(std::stoull(blocked, nullptr, 16) & 0x4a03, 0x4a03u);
  host.Signal(SIGTERM);
  host.WaitForLine("host: draining");
  send_all();
  OpenGate("stop");
  EXPECT_EQ(host.Wait(), 0) << host.output();
}

TEST_F(LifecycleTest, ASignalEndsTheCheckOfPluginsThatHang) {
  Process host = Run(dir_.Write("profile.yaml", fmt::format("plugins: {}/broken\n"
                                                            "components: {{a: {{plugin: hanging_constructor}}}}\n",
                                                            TOMADA_FIXTURE_PLUGINS)));
  // Its child has opened the library.
  const std::string children = fmt::format("/proc/{0}/task/{0}/children", host.pid());
  const auto opened = [&] {
    std::istringstream pids(ReadFile(children));
    std::string pid;
    return (pids >> pid) && ReadFile("/proc/" + pid + "/maps").find("hanging_constructor") != std::string::npos;
  };
  while (host.running() && !opened()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (int signal : {SIGHUP, SIGUSR1, SIGUSR2, SIGTERM}) host.Signal(signal);
  EXPECT_EQ(host.Wait(), 0) << host.output();
  EXPECT_EQ(host.output(), "tomada run: stopped by a signal before anything was started\n");
}

TEST_F(LifecycleTest, ASignalDuringTheStartEndsItWithoutTheRest) {
  Process host = Run(Profile({.service = Gate("start")}, "{log: {level: debug}}"));
  host.WaitForLine("info host: component is up component=store took=");
  host.Signal(SIGTERM);
  host.WaitForLine("host: stopping");
  OpenGate("start");
  EXPECT_EQ(host.Wait(), 0) << host.output();
  EXPECT_THAT(Record(), Not(HasSubstr("start transport")));
  EXPECT_THAT(Record(), HasSubstr("stop store"));
}

TEST_F(LifecycleTest, ASecondSignalEndsAStopThatTakesItsTime) {
  Process host = Run(Profile({.transport = ", hang_stop: true"}, "{shutdown: {grace: 1h}}"));
  host.WaitForLine("host: ready");
  host.Signal(SIGTERM);
  host.WaitForLine("host: stopping signal=SIGTERM");
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 1) << host.output();
  host.WaitForLine("error host: stop hangs component=transport");
  EXPECT_THAT(Record(), HasSubstr("stop store")) << "the others have been stopped";
}

TEST_F(LifecycleTest, AFailingStartUnwindsAndNamesTheCause) {
  Process host = Run(Profile({.service = ", fail_start: no disk"}));
  EXPECT_EQ(host.Wait(), 1) << host.output();
  host.WaitForLine(R"(error host: start failed component=service error="no disk"$)");
  EXPECT_EQ(Record(),
            "create store\ncreate service\ncreate transport\nstart store\nstart service\ndrain store\n"
            "stop service\nstop store\ndestroy transport\ndestroy service\ndestroy store\n");
}

TEST_F(LifecycleTest, TheLastLineOfAFailedStartIsItsCause) {
  const std::tuple<Behaviour, std::string, std::string> cases[] = {
      {{.service = ", fail_start: no disk"}, "{}", "start of service: no disk"},
      {{.service = ", fail_start: no disk, fail_stop: not flushed"}, "{}", "start of service: no disk"},
      {{.service = ", fail_create: no file"}, "{}", "create of service: no file"},
      {{.service = ", hang_start: true"}, "{start: {deadline: 1s}}", "start of service hangs"},
  };
  for (const auto& [behaviour, config, cause] : cases) {
    Process host = Run(Profile(behaviour, config));
    EXPECT_EQ(host.Wait(), 1);
    EXPECT_THAT(host.output(), ContainsRegex(fmt::format(" error host: the start failed cause=\"{}\"\n$", cause)));
  }
  Process host = Run(Profile({.service = ", fail_stop: not flushed"}));
  host.WaitForLine("host: ready");
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 1);
  EXPECT_THAT(host.output(), Not(HasSubstr("the start failed")));
}

TEST_F(LifecycleTest, AThrowingStartIsAFailingOne) {
  Process host = Run(Profile({.service = ", throw_start: boom"}));
  EXPECT_EQ(host.Wait(), 1) << host.output();
  host.WaitForLine(R"(error host: start failed component=service error="it threw: boom"$)");
}

TEST_F(LifecycleTest, AFailingCreateStartsNothing) {
  Process host = Run(Profile({.transport = ", fail_create: no such file"}));
  EXPECT_EQ(host.Wait(), 1) << host.output();
  host.WaitForLine(R"(error host: create failed component=transport error="no such file"$)");
  EXPECT_THAT(Record(), Not(HasSubstr("start")));
}

TEST_F(LifecycleTest, AThrowingCreateNamesTheComponent) {
  Process host = Run(Profile({.service = ", throw_create: boom"}));
  EXPECT_EQ(host.Wait(), 1) << host.output();
  host.WaitForLine(R"(error host: create failed component=service error="it threw: boom"$)");
}

TEST_F(LifecycleTest, AStartThatHangsIsNamedAndTheOthersAreStopped) {
  Process host = Run(Profile({.service = ", hang_start: true"}, "{start: {deadline: 1s}}"));
  EXPECT_EQ(host.Wait(), 1) << host.output();
  host.WaitForLine(R"(error host: start hangs component=service given_up_after=\d+ms$)");
  EXPECT_THAT(Record(), HasSubstr("stop store\n"));
  EXPECT_THAT(Record(), Not(HasSubstr("destroy")));
}

TEST_F(LifecycleTest, AStopThatHangsIsNamedAndTheOthersAreStopped) {
  Process host = Run(Profile({.service = ", hang_stop: true"}, "{stop: {deadline: 1s}, shutdown: {grace: 0s}}"));
  host.WaitForLine("host: ready");
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 1) << host.output();
  host.WaitForLine(R"(error host: stop hangs component=service given_up_after=\d+ms$)");
  EXPECT_THAT(Record(), HasSubstr("stop store\n"));
}

TEST_F(LifecycleTest, FailingAndThrowingStopsDoNotKeepTheOthersFromStopping) {
  Process host = Run(Profile({.service = ", fail_stop: not flushed", .transport = ", throw_stop: boom"}));
  host.WaitForLine("host: ready");
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 1) << host.output();
  host.WaitForLine(R"(error host: stop failed component=transport error="it threw: boom"$)");
  host.WaitForLine(R"(error host: stop failed component=service error="not flushed"$)");
  EXPECT_EQ(Record(), std::string(kMadeAndStarted) + kStopped);
}

TEST_F(LifecycleTest, SaysWhyItIsNotReady) {
  Process host = Run(Profile({.store = ", not_ready: connection refused"}));
  host.WaitForLine(R"(warning host: not ready reason="store: connection refused"$)");
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 0) << host.output();
  EXPECT_THAT(host.output(), Not(HasSubstr("host: ready")));
}

TEST_F(LifecycleTest, WritesNoLineBelowTheLogLevel) {
  Process host = Run(Profile({.service = ", fail_start: no disk"}, "{log: {level: error}}"));
  EXPECT_EQ(host.Wait(), 1);
  host.WaitForLine("error host: start failed");
  EXPECT_THAT(host.output(), Not(HasSubstr(" info ")));
}

TEST_F(LifecycleTest, ValidateRunsBesideARunningHostAndTouchesNothing) {
  const std::filesystem::path profile = Profile();
  Process host = Run(profile);
  host.WaitForLine("host: ready");
  Process validate({TomadaBinary(), "validate", "--config", profile.string()});
  EXPECT_EQ(validate.Wait(), 0) << validate.output();
  EXPECT_EQ(Record(), kMadeAndStarted) << "validate has made components";
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 0) << host.output();
}

}  // namespace
}  // namespace tomada
