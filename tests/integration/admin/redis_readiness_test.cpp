// How soon readiness tells that Redis has died, and that it is back: to an operator and to gRPC clients.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include "grpc/health/v1/health.grpc.pb.h"
#include "integration/admin/running.h"
#include "support/redis_server.h"
#include "support/scheduling_noise.h"

namespace tomada::testing {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using ::testing::HasSubstr;

class Health {
 public:
  explicit Health(const std::string& address)
      : stub_(grpc::health::v1::Health::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))) {}

  bool Serving(const std::string& service) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + Process::kPatience);
    HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    const grpc::Status status = stub_->Check(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status() == HealthCheckResponse::SERVING;
  }

 private:
  const std::unique_ptr<grpc::health::v1::Health::Stub> stub_;
};

// The change goes through three processes, and each may have to wait for a core.
void ExpectWithin(milliseconds limit, Clock::time_point begin) {
  const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
  EXPECT_LE(took, limit + 3 * SchedulingNoise::Since(begin));
}

TEST(RedisReadiness, TheCauseIsNamedWithinASecondAndGoneWithinTwo) {
  SchedulingNoise::Listen();
  RedisServer redis;
  Running host("servidor", {{"REDIS_URL", "redis://" + redis.address()}}, {kAnyGrpc});
  Health health(host.AddressOf("grpc"));
  HttpClient admin(host.admin);
  HttpResponse seen;
  const auto ready = [&](bool wanted) {
    seen = admin.Request("GET", "/readyz?verbose");
    return (seen.status == 200) == wanted && health.Serving("usuarios.Usuarios") == wanted &&
           health.Serving("") == wanted;
  };
  RedisServer::WaitUntil("it is ready", [&] { return ready(true); });

  for (int round = 0; round < 3; ++round) {
    const Clock::time_point death = Clock::now();
    redis.Kill();
    RedisServer::WaitUntil("it is not ready", [&] { return ready(false); });
    ExpectWithin(milliseconds(1000), death);
    EXPECT_THAT(seen.body, HasSubstr("\nstore not ready <- " + redis.address() + ": "));
    EXPECT_THAT(seen.body, HasSubstr("\nusuarios not ready <- redis_store store <- " + redis.address() + ": "));
    EXPECT_THAT(seen.body, HasSubstr("\ngrpc not ready <- usuarios <- redis_store store <- " + redis.address() + ": "));

    std::this_thread::sleep_for(milliseconds(700));  // some tries fail: the next one may be a while off
    redis.Start();
    redis.WaitReady();
    const Clock::time_point back = Clock::now();
    RedisServer::WaitUntil("it is ready again", [&] { return ready(true); });
    ExpectWithin(milliseconds(2000), back);
  }
}

}  // namespace
}  // namespace tomada::testing
