#include <gtest/gtest.h>

#include <thread>

#include "grpc/health/v1/health.grpc.pb.h"
#include "server_fixture.h"

namespace tomada::testing {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class HealthTest : public GrpcServerTest {
 protected:
  void SetUp() override {
    StartServer();
    health_ = grpc::health::v1::Health::NewStub(channel_);
  }

  grpc::Status Check(const std::string& service, HealthCheckResponse::ServingStatus* status) {
    grpc::ClientContext context;
    Limit(context);
    HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    grpc::Status result = health_->Check(&context, request, &response);
    *status = response.status();
    return result;
  }
  HealthCheckResponse::ServingStatus Check(const std::string& service) {
    HealthCheckResponse::ServingStatus status;
    EXPECT_TRUE(Check(service, &status).ok());
    return status;
  }

  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

TEST_F(HealthTest, CheckFollowsTheBoard) {
  EXPECT_EQ(Check(""), HealthCheckResponse::SERVING);
  EXPECT_EQ(Check("usuarios.Usuarios"), HealthCheckResponse::SERVING);
  host_.board->Report("usuarios", Readiness{false, "store: connection refused"});
  EXPECT_EQ(Check("usuarios.Usuarios"), HealthCheckResponse::NOT_SERVING);
  host_.board->Report("grpc", Readiness{false, "usuarios <- store: connection refused"});
  EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthTest, UnknownServiceIsNotFound) {
  HealthCheckResponse::ServingStatus status;
  EXPECT_EQ(Check("outro.Servico", &status).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthTest, WatchTellsEachChangeOnce) {
  grpc::ClientContext context;
  Limit(context);
  HealthCheckRequest request;
  request.set_service("usuarios.Usuarios");
  auto reader = health_->Watch(&context, request);
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  host_.board->Report("outro", Readiness{false, "no change for this service"});
  host_.board->Report("usuarios", Readiness{false, "x"});
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  host_.board->Report("usuarios", Readiness{true, {}});
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
}

TEST_F(HealthTest, WatchOfUnknownServiceStaysOpen) {
  grpc::ClientContext context;
  Limit(context, std::chrono::milliseconds(300));
  HealthCheckRequest request;
  request.set_service("outro.Servico");
  auto reader = health_->Watch(&context, request);
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(HealthTest, DrainTellsWatchersAndEndsTheirStreams) {
  grpc::ClientContext context;
  Limit(context);
  auto reader = health_->Watch(&context, HealthCheckRequest());
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  const auto begun = std::chrono::steady_clock::now();
  server_->Drain();
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(server_->Stop(begun + std::chrono::seconds(30)).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15)) << "a watch held the stop up";
}

}  // namespace
}  // namespace tomada::testing
