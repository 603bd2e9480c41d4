// A gRPC server that has a name: it moves, or has several addresses. In a network of its own, with a name server of its
// own.
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "support/eventually.h"
#include "support/http_client.h"
#include "support/name_server.h"
#include "support/private_network.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace tomada::testing {
namespace {

using namespace std::chrono_literals;

std::string refused;  // why there is no private network; empty when there is

class GatewayNames : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!refused.empty()) GTEST_SKIP() << "no private network here: " << refused;
    names_ = std::make_unique<NameServer>();
  }

  // The user service at port 50051 of `host`.
  std::unique_ptr<Process> StartServer(const std::string& host) {
    Process::Options options;
    options.environment = {
        {"TOMADA_GRPC", host + ":50051"}, {"TOMADA_HTTP", host + ":0"}, {"TOMADA_ADMIN", host + ":0"}};
    auto server =
        std::make_unique<Process>(std::vector<std::string>{TomadaBinary(), "run", "--profile", "memory"}, options);
    server->WaitForLine("host: ready");
    return server;
  }
  void StartGateway(const std::string& target) {
    Process::Options options;
    options.environment = {{"GRPC_SERVER", target},
                           {"TOMADA_HTTP", "127.0.0.1:0"},
                           {"TOMADA_ADMIN", "127.0.0.1:0"},
                           {"TOMADA_DATA", data_.path()}};
    gateway_ =
        std::make_unique<Process>(std::vector<std::string>{TomadaBinary(), "run", "--profile", "gateway"}, options);
    address_ = gateway_->WaitForLine(R"(http: listening address=(127\.0\.0\.1:\d+))")[1];
    gateway_->WaitForLine("host: ready");
  }
  // 404 is the server's answer.
  int Get() { return HttpClient(address_).Request("GET", "/usuarios/ninguem").status; }

  TempDir data_;
  std::unique_ptr<NameServer> names_;
  std::unique_ptr<Process> gateway_;
  std::string address_;
};

TEST_F(GatewayNames, AServerThatMovesIsFound) {
  auto server = StartServer("127.0.0.2");
  names_->Answer({"127.0.0.2"});
  StartGateway("servidor.test:50051");
  ASSERT_EQ(Get(), 404);
  server.reset();
  server = StartServer("127.0.0.3");
  names_->Answer({"127.0.0.3"});
  // The promise is max_backoff, 2 s, give or take a fifth; the rest is for a busy machine. It was 30 s.
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(Eventually([&] { return Get() == 404; }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST_F(GatewayNames, ANameWithSeveralAddressesIsNotLookedUpAllTheTime) {
  const auto first = StartServer("127.0.0.2"), second = StartServer("127.0.0.3");
  names_->Answer({"127.0.0.2", "127.0.0.3"});
  StartGateway("servidor.test:50051");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Get(), 404);
  const uint64_t before = names_->questions();
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(Get(), 404);
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_LE(names_->questions() - before, 2u);  // for IPv4 and for IPv6
}

TEST_F(GatewayNames, CallsSpreadOverTheAddressesOfAName) {
  auto first = StartServer("127.0.0.2");
  const auto second = StartServer("127.0.0.3");
  names_->Answer({"127.0.0.2", "127.0.0.3"});
  StartGateway("servidor.test:50051");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Get(), 404);
  first.reset();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Get(), 404) << "one that is gone is passed over";
}

// While the old one is still there.
TEST_F(GatewayNames, AChangeOfTheNameIsSeen) {
  auto old = StartServer("127.0.0.2");
  names_->Answer({"127.0.0.2"});
  StartGateway("servidor.test:50051");
  ASSERT_EQ(Get(), 404);
  const auto fresh = StartServer("127.0.0.3");
  names_->Answer({"127.0.0.3"});
  std::this_thread::sleep_for(30s);  // the promise
  old.reset();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Get(), 404) << "no call went to the one that is gone";
}

TEST_F(GatewayNames, TheAddressesOfLocalhostAreOneServer) {
  const auto server = StartServer("127.0.0.1");  // and nobody at ::1
  StartGateway("localhost:50051");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Get(), 404);
}

}  // namespace
}  // namespace tomada::testing

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  tomada::testing::refused = tomada::testing::EnterPrivateNetwork();
  return RUN_ALL_TESTS();
}
