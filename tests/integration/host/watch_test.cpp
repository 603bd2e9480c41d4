// `tomada run --watch` as a developer sees it, and the host as the first process of a container.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "support/eventually.h"
#include "support/http_client.h"
#include "support/loopback_port.h"
#include "support/process.h"
#include "support/scheduling_noise.h"
#include "support/temp_dir.h"
#include "tomada/unique_fd.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::HttpClient;
using testing::HttpResponse;
using testing::LoopbackPort;
using testing::Process;
using testing::ReadFile;
using testing::SchedulingNoise;
using testing::TempDir;
using testing::TomadaBinary;
using Clock = std::chrono::steady_clock;

size_t Occurrences(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

// As editors save: another file takes the name.
void Save(const fs::path& file, const std::string& text) {
  TempDir beside;
  const fs::path fresh = file.parent_path() / (file.filename().string() + ".new");
  fs::copy_file(beside.Write("text", text), fresh, fs::copy_options::overwrite_existing);
  fs::rename(fresh, file);
}

// The command that watches a profile. Not at once: what is written just before a start may as well have been written
// during it, by the clock that stamps files, and counts as changed.
std::vector<std::string> Watching(const fs::path& profile) {
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return {TomadaBinary(), "run", "--watch", "--config", profile.string()};
}

// The fixture components, which write down what happens to them.
class WatchTest : public ::testing::Test {
 protected:
  WatchTest() {
    fs::create_directories(plugins_);
    for (const char* name : {"libfixture_store.so", "libfixture_service.so", "libfixture_transport.so"})
      fs::copy_file(good_ / name, plugins_ / name);
    Save(profile_, Text("one"));
  }

  // `config` is of the store: ", fail_start: no disk".
  std::string Text(const std::string& record, const std::string& config = "") const {
    return fmt::format(R"(plugins: {0}
components:
  transport: {{plugin: fixture_transport, uses: {{services: service}}, config: {{record: {1}}}}}
  service: {{plugin: fixture_service, uses: {{store: store}}, config: {{record: {1}}}}}
  store: {{plugin: fixture_store, config: {{record: {1}{2}}}}}
)",
                       plugins_.string(), (dir_.path() / record).string(), config);
  }
  std::vector<std::string> Command() const { return Watching(profile_); }
  bool Started(const std::string& record) const {
    return ReadFile(dir_.path() / record).find("start transport") != std::string::npos;
  }
  bool Stopped(const std::string& record) const {
    return ReadFile(dir_.path() / record).find("destroy store") != std::string::npos;
  }

  TempDir dir_;
  const fs::path good_ = fs::path(TOMADA_FIXTURE_PLUGINS) / "good";
  const fs::path plugins_ = dir_.path() / "plugins";
  const fs::path profile_ = dir_.path() / "profile.yaml";
};

TEST_F(WatchTest, AChangedProfileRestartsItAndOneLineSaysWhy) {
  Process host(Command());
  host.WaitForLine("host: ready");
  EXPECT_TRUE(Started("one"));
  Save(profile_, Text("two"));
  host.WaitForLine(fmt::format(" info host: restarting changed={}$", profile_.string()));
  EXPECT_TRUE(Eventually([&] { return Started("two"); })) << host.output();
  EXPECT_TRUE(Stopped("one")) << "one after the other";
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 0) << host.output();
  EXPECT_TRUE(Stopped("two"));
  EXPECT_EQ(Occurrences(host.output(), "restarting"), 1u) << host.output();
}

TEST_F(WatchTest, ABrokenEditPrintsItsMistakesAndTheOldOneGoesOn) {
  Process host(Command());
  host.WaitForLine("host: ready");
  Save(profile_, Text("two", ", recrod: x"));
  host.WaitForLine(R"(profile.yaml:5:.*: unknown key `recrod` \(did you mean `record`\?\))");
  host.WaitForLine("tomada run: not restarted: the host goes on as it is$");
  EXPECT_FALSE(Stopped("one"));
  fs::remove(profile_);
  host.WaitForLine("profile.yaml: the profile cannot be read: No such file or directory");
  EXPECT_FALSE(Stopped("one"));
  Save(profile_, Text("three"));
  EXPECT_TRUE(Eventually([&] { return Started("three"); })) << host.output();
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 0) << host.output();
  EXPECT_FALSE(fs::exists(dir_.path() / "two"));
}

TEST_F(WatchTest, APluginThatIsBuiltAgainRestartsItOnceItIsWhole) {
  Process host(Command());
  host.WaitForLine("host: ready");
  const fs::path library = plugins_ / "libfixture_store.so", fresh = plugins_ / "new";
  fs::copy_file(library, fresh);
  fs::resize_file(fresh, 4096);  // a half may lack nothing but what debuggers read
  fs::rename(fresh, library);
  host.WaitForLine("libfixture_store.so: is cut off: ");
  host.WaitForLine("not restarted");
  EXPECT_FALSE(Stopped("one"));
  fs::copy_file(good_ / "libfixture_store.so", fresh);
  fs::rename(fresh, library);
  host.WaitForLine("host: restarting changed=.*libfixture_store.so$");
  EXPECT_TRUE(Eventually([&] { return Occurrences(ReadFile(dir_.path() / "one"), "start transport") == 2; }));
}

TEST_F(WatchTest, WatchesWhatTheProfileNamesAndWhereLinksLead) {
  const fs::path link = dir_.path() / "current";
  const fs::path name = dir_.Write("name", (dir_.path() / "two").string());
  dir_.Write("first/profile.yaml", Text("one"));
  const std::regex record((dir_.path() / "x").string());
  dir_.Write("second/profile.yaml", std::regex_replace(Text("x"), record, "\"$${file:../name}\""));
  fs::create_directory_symlink("first", link);
  Process host(Watching(link / "profile.yaml"));
  host.WaitForLine("host: ready");
  fs::create_directory_symlink("second", dir_.path() / "other");
  fs::rename(dir_.path() / "other", link);
  EXPECT_TRUE(Eventually([&] { return Started("two"); })) << host.output();
  Save(name, (dir_.path() / "three").string());
  EXPECT_TRUE(Eventually([&] { return Started("three"); })) << host.output();
}

TEST_F(WatchTest, WatchesTheFilesOfSecrets) {
  const fs::path token = dir_.Write("token", "hunter2");
  Save(profile_, Text("one", ", token: {file: token}"));
  Process host(Command());
  host.WaitForLine("host: ready");
  fs::remove(token);
  host.WaitForLine("profile.yaml:5:.*: file `token` cannot be read: No such file or directory");
  host.WaitForLine("not restarted");
  EXPECT_FALSE(Stopped("one"));
  Save(token, "hunter2-too");
  host.WaitForLine("host: restarting changed=.*/token$");
  EXPECT_TRUE(Eventually([&] { return Occurrences(ReadFile(dir_.path() / "one"), "start transport") == 2; }));
  EXPECT_THAT(host.output(), Not(HasSubstr("hunter2")));
}

TEST_F(WatchTest, AHostThatEndsIsStartedAgainAtTheNextChange) {
  Save(profile_, Text("one", ", fail_strat: x"));
  Process host(Command());
  host.WaitForLine("tomada run: waiting for a change$");
  Save(profile_, Text("one", ", fail_start: no disk"));
  host.WaitForLine("host: the start failed cause=\"start of store: no disk\"$");
  host.WaitForLine("tomada run: the host ended with exit code 1: waiting for a change$");
  Save(profile_, Text("two"));
  EXPECT_TRUE(Eventually([&] { return Started("two"); })) << host.output();
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 0) << host.output();
}

TEST_F(WatchTest, SignalsArePassedOnAndTheExitCodeIsThatOfTheHost) {
  Save(profile_, Text("one", ", fail_stop: not flushed"));
  Process host(Command());
  host.WaitForLine("host: ready");
  host.Signal(SIGHUP);
  host.WaitForLine("host: signal without effect signal=SIGHUP$");
  host.Signal(SIGINT);
  EXPECT_EQ(host.Wait(), 1);
  EXPECT_THAT(host.output(), HasSubstr("host: stopping signal=SIGINT\n"));
  EXPECT_THAT(host.output(), HasSubstr("stop failed component=store error=\"not flushed\"\n"));
  EXPECT_TRUE(Stopped("one"));

  Save(profile_, Text("two", ", recrod: x"));
  Process broken(Command());
  broken.WaitForLine("waiting for a change");
  broken.Signal(SIGTERM);
  EXPECT_EQ(broken.Wait(), 2);

  Process wrong({TomadaBinary(), "run", "--watch", "--profile", "none"});
  EXPECT_EQ(wrong.Wait(), 2);
}

TEST_F(WatchTest, TheHostStopsWhenItsParentDies) {
  Process host(Command());
  host.WaitForLine("host: ready");
  host.Signal(SIGKILL);
  EXPECT_EQ(host.Wait(), 128 + SIGKILL);
  EXPECT_TRUE(Eventually([&] { return Stopped("one"); })) << "gracefully";
}

// Clients that ask all the time, one request after another on connections that they keep as long as the server does. A
// connection may be refused; what is sent on one is answered.
class Clients {
 public:
  Clients(std::string address, int count) : address_(std::move(address)) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this](const std::stop_token& stop) { Ask(stop); });
  }

  int answered() const { return answered_; }
  int failed() const { return failed_; }

 private:
  void Ask(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      try {
        HttpClient client(address_);
        while (!stop.stop_requested() && AskOnce(client)) continue;
      } catch (const std::exception&) {  // refused
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
  }
  // Whether the connection can be used again.
  bool AskOnce(HttpClient& client) {
    HttpResponse response = client.Request("GET", "/usuarios/nenhum");
    ++(response.status == 404 ? answered_ : failed_);
    return response.status == 404 && response.headers["connection"] != "close";
  }

  const std::string address_;
  std::atomic<int> answered_{0}, failed_{0};
  std::vector<std::jthread> threads_;
};

// A real system, whose version can be asked for.
class WatchedServiceTest : public ::testing::Test {
 protected:
  WatchedServiceTest() { Save(profile_, Text(0)); }

  std::string Text(int version, const std::string& config = "") const {
    return fmt::format(R"(components:
  store: {{plugin: memory_store}}
  usuarios: {{plugin: usuarios, uses: {{store: store}}}}
  http:
    plugin: pistache_http
    uses: {{services: usuarios}}
    config: {{listen: "{}", workers: 1, cors_origins: ["*"], cors_max_age: {}s{}}}
host: {{log: {{requests: 0}}}}
)",
                       port_.address(), version, config);
  }
  // -1 when nobody is there.
  int Version() const {
    try {
      HttpResponse answer = HttpClient(port_.address())
                                .Request("OPTIONS", "/usuarios/nenhum", {},
                                         {{"Origin", "http://a.test"}, {"Access-Control-Request-Method", "GET"}});
      return answer.status == 0 ? -1 : std::stoi(answer.headers["access-control-max-age"]);
    } catch (const std::exception&) {
      return -1;
    }
  }

  TempDir dir_;
  const LoopbackPort port_;
  const fs::path profile_ = dir_.path() / "profile.yaml";
};

TEST_F(WatchedServiceTest, AChangedProfileIsServedWithinTwoSecondsAndNoRequestFails) {
  SchedulingNoise::Listen();
  Process host(Watching(profile_));
  ASSERT_TRUE(Eventually([&] { return Version() == 0; })) << host.output();
  Clients clients(port_.address(), 4);
  for (int version = 1; version <= 3; ++version) {
    const int before = clients.answered();
    ASSERT_TRUE(Eventually([&] { return clients.answered() > before + 20; }));
    HttpClient page(port_.address());  // as a browser's, idle until the server closes it
    ASSERT_EQ(page.Request("GET", "/usuarios/nenhum").status, 404);
    const std::jthread browser([&] {
      page.Closed(std::chrono::seconds(20));
      page.Close();
    });
    const Clock::time_point saved = Clock::now();
    Save(profile_, Text(version));
    ASSERT_TRUE(Eventually([&] { return Version() == version; })) << host.output();
    [[maybe_unused]] const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - saved);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LE(took, std::chrono::seconds(2) + 5 * SchedulingNoise::Since(saved)) << host.output();
#endif
  }
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 0) << host.output();
  EXPECT_EQ(clients.failed(), 0) << "of " << clients.answered();
}

TEST_F(WatchedServiceTest, OfFiftySavesTheLastGoodOneServes) {
  Process host(Watching(profile_));
  ASSERT_TRUE(Eventually([&] { return Version() == 0; })) << host.output();
  Clients clients(port_.address(), 1);
  const std::string broken[] = {"components: [",
                                "",
                                "components: {}\n",
                                Text(1000, ", wrokers: 2"),
                                Text(1000, ", workers: many"),
                                Text(1000) + "  extra: {plugin: nobody}\n"};
  int last_good = 0;
  for (int save = 1; save <= 50; ++save) {
    if (save % 2 == 0) {
      Save(profile_, broken[save / 2 % std::size(broken)]);
      continue;  // the next one may come before this has been looked at
    }
    last_good = save;
    Save(profile_, Text(save));
    ASSERT_TRUE(Eventually([&] { return Version() == save; })) << save << host.output();
  }
  const size_t known = Occurrences(host.output(), "not restarted");
  Save(profile_, broken[0] + " ");
  ASSERT_TRUE(Eventually([&] { return Occurrences(host.output(), "not restarted") > known; })) << host.output();
  EXPECT_EQ(Version(), last_good);
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 0) << host.output();
  EXPECT_EQ(clients.failed(), 0) << "of " << clients.answered();
}

// The first process of a container inherits orphans; so does a subreaper, for which no container is needed.
TEST_F(WatchTest, OrphansThatBecomeItsChildrenDoNotStayZombies) {
  const fs::path gate = dir_.path() / "gate";
  ASSERT_EQ(::mkfifo(gate.c_str(), 0600), 0);
  Process::Options options;
  options.adopts_orphans = true;
  Process host(
      {"/bin/sh", "-c", fmt::format("(sh -c 'echo orphan=$$; read line < {}; exit 3' &); exec \"$@\"", gate.string()),
       "sh", TomadaBinary(), "run", "--config", profile_.string()},
      options);
  const std::string orphan = host.WaitForLine("orphan=(\\d+)$")[1];
  host.WaitForLine("host: ready");
  { const UniqueFd let_go(::open(gate.c_str(), O_WRONLY | O_CLOEXEC)); }
  EXPECT_TRUE(Eventually([&] { return !fs::exists("/proc/" + orphan); })) << ReadFile("/proc/" + orphan + "/status");
  host.Signal(SIGTERM);
  EXPECT_EQ(host.Wait(), 0) << host.output();
  EXPECT_TRUE(Stopped("one"));
}

TEST_F(WatchTest, WhoInheritsOrphansStillSeesHowItsOwnChildrenEnd) {
  Process::Options options;
  options.adopts_orphans = true;
  Save(profile_,
       fmt::format("plugins: {}/broken\ncomponents: {{a: {{plugin: aborting_descriptor}}}}\n", TOMADA_FIXTURE_PLUGINS));
  Process broken({TomadaBinary(), "run", "--config", profile_.string()}, options);
  EXPECT_EQ(broken.Wait(), 2);
  EXPECT_THAT(broken.output(), HasSubstr("its descriptor ends the process (SIGABRT"));

  Save(profile_, Text("one", ", fail_start: no disk"));
  Process failing({TomadaBinary(), "run", "--config", profile_.string()}, options);
  EXPECT_EQ(failing.Wait(), 1);
}

}  // namespace
}  // namespace tomada
