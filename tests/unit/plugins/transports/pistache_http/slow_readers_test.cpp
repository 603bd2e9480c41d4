// Clients that ask for much and read nothing: what is kept for them is bounded, for each and for all, and others are
// served as before.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/at_rest.h"
#include "support/open_files.h"
#include "support/process_usage.h"
#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kClients = 200;
#else
constexpr int kClients = 1000;
#endif
constexpr size_t kMiB = 1 << 20;

std::string Repeat(int count, std::string_view text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

std::string GetTarget(std::string_view target) { return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n"; }

// Each sends `requests` and reads nothing; the kernel takes little for them.
std::vector<TestClient> SilentReaders(const std::string& address, int count, const std::string& requests) {
  testing::RaiseOpenFiles();
  std::vector<TestClient> clients;
  for (int i = 0; i < count; ++i) {
    TestClient& client = clients.emplace_back(address);
    const int size = 2048;
    setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    EXPECT_TRUE(client.Send(requests));
  }
  return clients;
}

// Reads what has come.
bool IsOpen(const TestClient& client) {
  char bytes[65536];
  ssize_t count = 0;
  while ((count = recv(client.fd(), bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
  }
  return count < 0 && errno == EAGAIN;
}

class SlowReadersTest : public ::testing::Test {
 protected:
  SlowReadersTest() {
    char name[] = "/tmp/tomada_slow_readers_XXXXXX";
    folder_ = mkdtemp(name);
    std::filesystem::create_directory(folder_ + "/swagger-ui");
    std::ofstream(folder_ + "/swagger-ui/swagger-ui.css") << "css";
    std::ofstream(folder_ + "/swagger-ui/swagger-ui-bundle.js") << bundle;
  }
  ~SlowReadersTest() override {
    service.gate.Open();
    server.reset();
    std::filesystem::remove_all(folder_);
  }

  void Start(const std::function<void(Config&)>& change = [](Config&) {}) {
    Config config;
    config.listen.port = 0;
    config.workers = 1;
    config.write_timeout = absl::Hours(1);
    change(config);
    server =
        std::make_unique<Server>(config, Server::Providers{{"usuarios", &service}}, QuietLogger(), Metrics(), folder_);
    absl::Status started = server->Start();
    ASSERT_TRUE(started.ok()) << started;
    TestClient client(server->address());
    ASSERT_EQ(client.Ask("GET", "/docs/swagger-ui-bundle.js")->body, bundle);
    memory_ = testing::ProcessUsage::Now().resident_bytes;
  }

  // How many calls begin between the time when `client` asks and its own.
  int CallsBefore(TestClient& client) {
    const int before = service.calls;
    auto response = client.Ask("GET", "/usuarios/contagem1");
    EXPECT_TRUE(response);
    int then = 0;
    const char* format = R"({"id":"contagem1","nome":"contagem1","email":"%d")";
    EXPECT_EQ(response ? sscanf(response->body.c_str(), format, &then) : 0, 1);
    return then - before;
  }

  void ExpectBounded(size_t more) {
    TestClient other(server->address());
    EXPECT_EQ(other.Ask("GET", "/usuarios/u1")->status, 200);
    EXPECT_EQ(other.Ask("GET", "/docs/swagger-ui-bundle.js")->body, bundle) << "who reads gets all of it";
    if (!testing::kMemoryIsTrue) return;
    EXPECT_LE(testing::ProcessUsage::Now().resident_bytes, memory_ + more);
  }

  static constexpr int kCrowd = 300;
  const std::string bundle = std::string(1'400'000, 'b');
  TestService service;
  std::unique_ptr<Server> server;

 private:
  std::string folder_;
  size_t memory_ = 0;
};

TEST_F(SlowReadersTest, StaticBodiesAreNotCopiedForEach) {
  Start();
  const auto clients = SilentReaders(server->address(), kClients, Repeat(4, GetTarget("/docs/swagger-ui-bundle.js")));
  ExpectBounded(64 * kMiB);
}

TEST_F(SlowReadersTest, PipelinedStaticBodiesArriveWhole) {
  Start();
  TestClient client(server->address());
  ASSERT_TRUE(client.Send(GetTarget("/usuarios/espera1") +
                          Repeat(3, GetTarget("/docs/swagger-ui-bundle.js") + GetTarget("/usuarios/u2"))));
  service.gate.WaitFor(1);
  service.gate.Release();
  EXPECT_EQ(client.Receive()->status, 200);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(client.Receive()->body == bundle) << i;
    EXPECT_EQ(client.Receive()->body, R"({"id":"u2","nome":"u2"})");
  }
}

// An answer is made when there is room for it: of 64 that each asked for, few are.
TEST_F(SlowReadersTest, AnswersThatNobodyTakesAreNotMade) {
  service.export_size = 1000;
  Start();
  const auto clients = SilentReaders(server->address(), kClients, Repeat(64, GetTarget("/usuarios?tamanhoPagina=20")));
  EXPECT_LE(testing::AtRest(service.calls), 12 * kClients);  // what the kernel takes, and one more
  ExpectBounded(64 * kMiB);
}

// Nor are they made before those of others. Each takes the worker 2 ms at least, so few can go before an answer that is
// due at once, however slow the machine is.
TEST_F(SlowReadersTest, OthersAreServedBeforeThoseWhoHaveMoreWaiting) {
  service.export_size = 1000;
  service.list_milliseconds = 2;
  Start();
  const auto clients = SilentReaders(server->address(), kCrowd, Repeat(64, GetTarget("/usuarios?tamanhoPagina=20")));
  TestClient other(server->address());
  EXPECT_LE(CallsBefore(other), kCrowd / 4);
}

// The same where all become ready at once, as after a stall of what they wait for.
TEST_F(SlowReadersTest, OthersAreServedBeforeThoseWhoHaveWaitedTogether) {
  service.list_milliseconds = 2;
  Start();
  const std::string list = GetTarget("/usuarios?tamanhoPagina=20&tokenPagina=espera");
  const auto clients = SilentReaders(server->address(), kCrowd, list);
  service.gate.WaitFor(kCrowd);
  TestClient other(server->address());
  EXPECT_EQ(CallsBefore(other), 0);
  service.gate.Release();
  EXPECT_LE(CallsBefore(other), kCrowd / 4);
  EXPECT_TRUE(TestService::WaitUntil([&] { return service.calls == kCrowd + 2; })) << "all have their answers";
}

// The same where no answer is ready before all requests have been read.
TEST_F(SlowReadersTest, NorAreThoseOfMethodsThatWait) {
  service.export_size = 1000;
  Start();
  std::vector<TestClient> clients = SilentReaders(server->address(), 1, GetTarget("/usuarios?tamanhoPagina=100"));
  EXPECT_GT(clients.front().Receive()->body.size(), 100'000u);
  clients.front().Send(Repeat(64, GetTarget("/usuarios/espera1")));
  service.gate.WaitFor(1);
  const int begun = service.calls;
  EXPECT_EQ(TestClient(server->address()).Ask("GET", "/usuarios/u1")->status, 200);
  EXPECT_EQ(service.calls, begun + 1) << "one at a time for a client whose answers are large";
}

TEST_F(SlowReadersTest, AClientThatGoesIsSeenThoughNothingIsReadOfIt) {
  service.export_size = 1000;
  Start();
  TestClient client(server->address());
  EXPECT_GT(client.Ask("GET", "/usuarios?tamanhoPagina=100")->body.size(), 100'000u);
  ASSERT_TRUE(client.Request("GET", "/usuarios/cancelavel1"));
  EXPECT_TRUE(TestService::WaitUntil([&] { return service.calls == 2; }));
  client.Close();
  EXPECT_TRUE(TestService::WaitUntil([&] { return service.cancelled == 1; }));
}

// One answer each is too much for all of them together: those who take nothing are cut, and nobody else.
TEST_F(SlowReadersTest, AllTogetherHoldNoMoreThanTheyMay) {
  service.export_size = 1000;
  constexpr int kReaders = kClients / 5;
  Start([](Config& config) { config.max_unsent.bytes = kReaders * kMiB / 12; });
  const auto clients = SilentReaders(server->address(), kReaders, GetTarget("/usuarios?tamanhoPagina=1000"));
  testing::AtRest(service.calls);
  TestClient reader(server->address());
  for (int i = 0; i < 20; ++i) {
    auto response = reader.Ask("GET", "/usuarios?tamanhoPagina=1000");
    ASSERT_TRUE(response) << i;
    EXPECT_GT(response->body.size(), 1'000'000u);
  }
  EXPECT_EQ(service.calls, kReaders + 20);
  ExpectBounded(128 * kMiB);  // they asked for 280; malloc keeps much of what it freed
  EXPECT_TRUE(TestService::WaitUntil([&] { return std::ranges::count_if(clients, IsOpen) < kReaders / 2; }));
}

}  // namespace
}  // namespace tomada::pistache_http
