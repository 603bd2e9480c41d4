// Health and reflection as this transport offers them when it is given them like any other service.
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rpc/services/health.h"
#include "rpc/services/reflection.h"
#include "support/eventually.h"
#include "test_client.h"
#include "test_service.h"
#include "tomada/testing/test_host.h"

namespace tomada::pistache_http {
namespace {

using ::testing::HasSubstr;

class RpcServices final : public ServiceProvider {
 public:
  explicit RpcServices(std::shared_ptr<ReadinessBoard> board) : health(std::move(board), "http") {
    services_ = reflection.Describe();
    services_.push_back(health.Describe());
    for (const Service& service : services_) reflection.Add(service);
  }
  absl::Status Start() override {
    health.Start();
    return absl::OkStatus();
  }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  const std::vector<Service>& services() const override { return services_; }

  rpc::HealthService health;
  rpc::ReflectionService reflection{QuietLogger()};

 private:
  std::vector<Service> services_;
};

class RpcServicesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Config config;
    config.listen.port = 0;
    config.workers = 1;
    ASSERT_TRUE(services_.Start().ok());
    server_ = std::make_unique<Server>(config, Server::Providers{{"rpc", &services_}}, QuietLogger());
    ASSERT_TRUE(server_->Start().ok());
    board_->Report("http", Readiness{true, {}});
  }

  const std::shared_ptr<testing::TestBoard> board_ = std::make_shared<testing::TestBoard>();
  RpcServices services_{board_};
  std::unique_ptr<Server> server_;
};

TEST_F(RpcServicesTest, HealthIsCheckedAndWatched) {
  TestClient client(server_->address());
  auto checked = client.Ask("POST", "/grpc.health.v1.Health/Check", "{}");
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->body, "{\"status\":\"SERVING\"}");
  EXPECT_EQ(client.Ask("POST", "/grpc.health.v1.Health/Check", "{\"service\":\"outro\"}")->status, 404);

  std::optional<TestResponse> watched;
  std::jthread watcher([&] { watched = client.Ask("POST", "/grpc.health.v1.Health/Watch", "{}"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  board_->Report("http", Readiness{false, "the store is away"});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  services_.health.Stop();
  watcher.join();
  ASSERT_TRUE(watched);
  EXPECT_THAT(watched->body, HasSubstr("{\"status\":\"NOT_SERVING\"}\n{\"error\":{\"code\":14"));
}

TEST_F(RpcServicesTest, ReflectionAnswersInBothVersions) {
  const std::string requests = "{\"listServices\":\"\"}\n{\"fileByFilename\":\"nada.proto\"}\n";
  TestClient client(server_->address());
  for (std::string version : {"v1", "v1alpha"}) {
    ASSERT_TRUE(client.Send("POST /grpc.reflection." + version +
                            ".ServerReflection/ServerReflectionInfo HTTP/1.1\r\nHost: h\r\n"
                            "Content-Type: application/x-ndjson\r\nContent-Length: " +
                            std::to_string(requests.size()) + "\r\n\r\n" + requests));
    auto response = client.Receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_THAT(response->body, HasSubstr("{\"name\":\"grpc.health.v1.Health\"}"));
    EXPECT_THAT(response->body, HasSubstr("\"errorCode\":5,\"errorMessage\":\"not found: nada.proto\""));
  }
}

}  // namespace
}  // namespace tomada::pistache_http
