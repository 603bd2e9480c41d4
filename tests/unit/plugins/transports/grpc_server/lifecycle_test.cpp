// Start and stop: the port, the log line, what a stop does to calls.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <thread>

#include "server_fixture.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;

class LifecycleTest : public GrpcServerTest {};

TEST_F(LifecycleTest, LogsTheAddressItGot) {
  StartServer();
  EXPECT_THAT(host_.log->text(), HasSubstr("listening address=" + server_->address()));
  EXPECT_TRUE(std::regex_match(server_->address(), std::regex(R"(127\.0\.0\.1:[1-9]\d*)"))) << server_->address();
}

TEST_F(LifecycleTest, TakenPortFailsTheStartAndIsNamed) {
  StartServer();
  Config config;
  config.listen = *HostPort::Parse(server_->address());
  grpc_server::GrpcServer second(host_.MakeContext("outro", config, {{"services", {{"usuarios", &service_}}}}));
  absl::Status started = second.Start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(std::string(started.message()),
              HasSubstr("cannot listen on " + server_->address() + ": bind: Address already in use; stop what"));
  EXPECT_TRUE(second.Stop(std::chrono::steady_clock::now()).ok());
  EXPECT_TRUE(Obter("u1").ok());
}

TEST_F(LifecycleTest, AddressOfAnotherMachineFailsTheStart) {
  Config config;
  config.listen = HostPort{"192.0.2.1", 0};
  grpc_server::GrpcServer server(host_.MakeContext("grpc", config, {{"services", {{"usuarios", &service_}}}}));
  absl::Status started = server.Start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(std::string(started.message()), HasSubstr("cannot listen on 192.0.2.1:0: "));
}

TEST_F(LifecycleTest, ServiceOfferedTwiceFailsTheStartAndBothAreNamed) {
  TestService other;
  Config config;
  config.listen.port = 0;
  grpc_server::GrpcServer server(
      host_.MakeContext("grpc", config, {{"services", {{"usuarios", &service_}, {"copia", &other}}}}));
  absl::Status started = server.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(started.message()), HasSubstr("usuarios.Usuarios is offered by 'usuarios' and by 'copia'"));
}

// The same service, for those who run the host alone.
class InternalService final : public ServiceProvider {
 public:
  explicit InternalService(const TestService& shown) : services_(shown.services()) {
    for (Service& service : services_) service.internal = true;
  }
  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  const std::vector<Service>& services() const override { return services_; }

 private:
  std::vector<Service> services_;
};

TEST_F(LifecycleTest, AnInternalServiceComesOnAPublicAddressOnlyWhenTheConfigSaysSo) {
  InternalService internal(service_);
  Config config;
  config.listen = HostPort{"0.0.0.0", 0};
  grpc_server::GrpcServer refused(host_.MakeContext("grpc", config, {{"services", {{"admin", &internal}}}}));
  EXPECT_EQ(refused.Start().code(), absl::StatusCode::kPermissionDenied);
  config.expose_internal = true;
  grpc_server::GrpcServer exposed(host_.MakeContext("grpc", config, {{"services", {{"admin", &internal}}}}));
  EXPECT_TRUE(exposed.Start().ok());
}

// Threads of this process.
size_t Threads() {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}));
}

TEST(CreateTest, StartsNoThread) {
  TestHost host;
  TestService service;
  const size_t before = Threads();
  grpc_server::GrpcServer server(
      host.MakeContext("grpc", grpc_server::Config(), {{"services", {{"usuarios", &service}}}}));
  EXPECT_EQ(Threads(), before);
}

TEST(CallExecutorsTest, EndWithStop) {
  const size_t before = Threads();
  grpc_server::CallExecutors executors;
  executors.Start(3);
  EXPECT_EQ(Threads(), before + 3);
  executors.Stop();
  executors.Stop();
  EXPECT_EQ(Threads(), before);
}

TEST_F(LifecycleTest, StopWithoutStartAndTwice) {
  Config config;
  grpc_server::GrpcServer server(host_.MakeContext("grpc", config, {{"services", {{"usuarios", &service_}}}}));
  EXPECT_TRUE(server.Stop(std::chrono::steady_clock::now()).ok());
  server.Drain();
  StartServer();
  const auto grace = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  EXPECT_TRUE(server_->Stop(grace).ok());
  EXPECT_TRUE(server_->Stop(grace).ok());
}

TEST_F(LifecycleTest, PortIsFreeAfterStop) {
  StartServer();
  ASSERT_TRUE(Obter("u1").ok());
  Config config;
  config.listen = *HostPort::Parse(server_->address());
  ASSERT_TRUE(server_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(10)).ok());
  grpc_server::GrpcServer next(host_.MakeContext("grpc", config, {{"services", {{"usuarios", &service_}}}}));
  absl::Status started = next.Start();
  EXPECT_TRUE(started.ok()) << started;
}

TEST_F(LifecycleTest, StopLetsCallsFinish) {
  StartServer();
  grpc::ClientContext context;
  Limit(context, std::chrono::milliseconds(500));
  grpc::Status status;
  std::thread client([&] { status = Obter("espera", context); });
  ASSERT_TRUE(Eventually([&] { return service_.waiting == 1; }));
  EXPECT_TRUE(server_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(20)).ok());
  client.join();
  // The call went on to its own end.
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << status.error_message();
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(LifecycleTest, StopCancelsCallsThatOutlastTheGrace) {
  StartServer();
  grpc::ClientContext context;
  Limit(context);
  grpc::Status status;
  std::thread client([&] { status = Obter("espera", context); });
  ASSERT_TRUE(Eventually([&] { return service_.waiting == 1; }));
  EXPECT_TRUE(server_->Stop(std::chrono::steady_clock::now() + std::chrono::milliseconds(100)).ok());
  EXPECT_EQ(service_.waiting, 0) << "nothing runs after Stop";
  client.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kCancelled);
}

TEST_F(LifecycleTest, AStreamThatOutlastsTheGraceEndsUnavailable) {
  StartServer();
  grpc::ClientContext context;
  Limit(context);
  context.AddMetadata("sem-fim", "1");
  auto reader = stub_->ExportarUsuarios(&context, usuarios::ExportarUsuariosRequest());
  usuarios::Usuario user;
  ASSERT_TRUE(reader->Read(&user));
  std::thread stop([&] { EXPECT_TRUE(server_->Stop(std::chrono::steady_clock::now()).ok()); });
  while (reader->Read(&user)) continue;
  const grpc::Status status = reader->Finish();
  stop.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "the server is shutting down");
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kUnavailable);
}

TEST_F(LifecycleTest, AStreamThatNobodyReadsIsCutAfterTheGrace) {
  StartServer();
  grpc::ClientContext context;
  Limit(context);
  context.AddMetadata("sem-fim", "1");
  auto reader = stub_->ExportarUsuarios(&context, usuarios::ExportarUsuariosRequest());
  int before = -1;
  ASSERT_TRUE(Eventually([&] {  // flow control has stopped it
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const int now = service_.exported;
    return now > 0 && std::exchange(before, now) == now;
  }));
  EXPECT_TRUE(server_->Stop(std::chrono::steady_clock::now()).ok());
  EXPECT_EQ(service_.exports_ended, 1) << "nothing runs after Stop";
  usuarios::Usuario user;
  while (reader->Read(&user)) continue;
  EXPECT_FALSE(reader->Finish().ok());
}

}  // namespace
}  // namespace tomada::testing
