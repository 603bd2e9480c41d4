// Several servers behind one component.
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <atomic>
#include <list>
#include <thread>

#include "client_fixture.h"
#include "support/fault_proxy.h"
#include "support/temp_dir.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;

class SeveralServersTest : public ::testing::Test {
 protected:
  using Config = grpc_client::Config;
  struct Server {
    TestHost host;
    TestService service;
    std::unique_ptr<grpc_server::GrpcServer> server;
    std::string address;
  };
  // A call of ObterUsuario that waits at whichever server it came to.
  struct Waiting {
    ClientCall call;
    std::atomic<absl::StatusCode> ended{absl::StatusCode::kOk};  // until it has
    std::thread thread;
  };

  ~SeveralServersTest() override {
    for (Waiting& waiting : waiting_) {
      waiting.call.Cancel(absl::CancelledError("the test is over"));
      waiting.thread.join();
    }
  }

  static void Start(Server& server) {
    grpc_server::Config config;
    config.listen = *HostPort::Parse(server.address.empty() ? "127.0.0.1:0" : server.address);
    server.server = std::make_unique<grpc_server::GrpcServer>(
        server.host.MakeContext("grpc", config, {{"services", {{"x", &server.service}}}}));
    absl::Status started = server.server->Start();
    ASSERT_TRUE(started.ok()) << started;
    server.address = server.server->address();
  }
  static void Stop(Server& server) { ASSERT_TRUE(server.server->Stop(std::chrono::steady_clock::now()).ok()); }

  void StartClient(const std::vector<std::string>& targets, const std::string& descriptor_set) {
    Config config;
    config.targets = targets;
    config.descriptor_set = descriptor_set;
    client_ = std::make_unique<grpc_client::GrpcClient>(host_.MakeContext("cliente", config));
    absl::Status started = client_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  Readiness Reported() { return host_.board->Of("cliente"); }
  // All of them: the component is ready as soon as the first is.
  bool Connected(size_t servers) {
    return Eventually([&] {
      const std::string log = host_.log->text();
      size_t count = 0;
      for (size_t at = log.find(" connected "); at != log.npos; at = log.find(" connected ", at + 1)) ++count;
      return count >= servers;
    });
  }

  absl::Status Obter(const std::string& id, Call& call) {
    const Method& method = client_->services().at(0).methods.at(1);
    EXPECT_EQ(method.descriptor->name(), "ObterUsuario");
    std::unique_ptr<google::protobuf::Message> request(method.request_prototype->New());
    std::unique_ptr<google::protobuf::Message> response(method.response_prototype->New());
    request->GetReflection()->SetString(request.get(), request->GetDescriptor()->FindFieldByName("id"), id);
    return Await(InvokeUnary(method, call, Logger(host_.log, "test"), *request, *response));
  }
  absl::Status Obter(const std::string& id) {
    ClientCall call;
    return Obter(id, call);
  }
  Waiting& Wait() {
    Waiting& waiting = waiting_.emplace_back();
    waiting.thread = std::thread([this, &waiting] { waiting.ended = Obter("espera", waiting.call).code(); });
    return waiting;
  }

  // The descriptor set of usuarios, in which ObterUsuario may be carried out twice.
  std::string WithRepeatableObter() {
    google::protobuf::FileDescriptorSet files;
    EXPECT_TRUE(files.ParseFromString(ReadFile(USUARIOS_DESCRIPTOR_SET)));
    for (auto& file : *files.mutable_file()) {
      for (auto& service : *file.mutable_service()) {
        service.mutable_method(1)->mutable_options()->set_idempotency_level(
            google::protobuf::MethodOptions::NO_SIDE_EFFECTS);
      }
    }
    return directory_.Write("x.binpb", files.SerializeAsString());
  }

  TempDir directory_;
  Server a_, b_;
  TestHost host_;
  std::unique_ptr<grpc_client::GrpcClient> client_;
  std::list<Waiting> waiting_;
};

TEST_F(SeveralServersTest, CallsGoToThemInTurn) {
  Start(a_);
  Start(b_);
  StartClient({a_.address, b_.address}, USUARIOS_DESCRIPTOR_SET);
  ASSERT_TRUE(Connected(2));
  for (int i = 1; i <= 6; ++i) {
    Wait();
    ASSERT_TRUE(Eventually([&] { return a_.service.waiting + b_.service.waiting == i; }));
    EXPECT_LE(std::abs(a_.service.waiting - b_.service.waiting), 1);
  }
}

TEST_F(SeveralServersTest, OneThatIsAwayIsPassedOverAndTakenInAgain) {
  Start(a_);
  Start(b_);
  StartClient({a_.address, b_.address}, USUARIOS_DESCRIPTOR_SET);
  ASSERT_TRUE(Connected(2));

  Stop(a_);
  ASSERT_TRUE(Eventually([&] { return host_.log->text().find("cannot reach the server") != std::string::npos; }));
  EXPECT_TRUE(Reported().ready) << Reported().reason;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Obter("u1").ok());

  Start(a_);
  ASSERT_TRUE(Connected(3));
  Wait();
  Wait();
  EXPECT_TRUE(Eventually([&] { return a_.service.waiting == 1 && b_.service.waiting == 1; }));
}

TEST_F(SeveralServersTest, WithoutAnyCallsFailAtOnceAndAllCausesAreNamed) {
  Start(a_);
  Start(b_);
  Stop(a_);
  Stop(b_);
  StartClient({a_.address, b_.address}, USUARIOS_DESCRIPTOR_SET);
  const std::string expected = a_.address + ": Connection refused; " + b_.address + ": Connection refused";
  ASSERT_TRUE(Eventually([&] { return Reported().reason == expected; })) << Reported().reason;
  absl::Status status = Obter("u1");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(" cannot be reached: Connection refused"));
}

TEST_F(SeveralServersTest, CallThatMayRunTwiceGoesToAnotherServerWhenItsOwnIsLost) {
  Start(a_);
  FaultProxy to_a(static_cast<uint16_t>(HostPort::Parse(a_.address)->port));
  Start(b_);
  StartClient({to_a.address(), b_.address}, WithRepeatableObter());
  ASSERT_TRUE(Connected(2));
  Waiting& first = Wait();
  Waiting& second = Wait();
  ASSERT_TRUE(Eventually([&] { return a_.service.waiting == 1 && b_.service.waiting == 1; }));
  to_a.CutAll();
  EXPECT_TRUE(Eventually([&] { return b_.service.waiting == 2; }));
  EXPECT_EQ(first.ended, absl::StatusCode::kOk);
  EXPECT_EQ(second.ended, absl::StatusCode::kOk);
}

TEST_F(SeveralServersTest, CallThatMayNotRunTwiceFailsWhenItsServerIsLost) {
  Start(a_);
  FaultProxy to_a(static_cast<uint16_t>(HostPort::Parse(a_.address)->port));
  Start(b_);
  StartClient({to_a.address(), b_.address}, USUARIOS_DESCRIPTOR_SET);
  ASSERT_TRUE(Connected(2));
  Waiting& first = Wait();
  Waiting& second = Wait();
  ASSERT_TRUE(Eventually([&] { return a_.service.waiting == 1 && b_.service.waiting == 1; }));
  to_a.CutAll();
  ASSERT_TRUE(Eventually(
      [&] { return first.ended == absl::StatusCode::kUnavailable || second.ended == absl::StatusCode::kUnavailable; }));
  EXPECT_EQ(b_.service.waiting, 1);
}

}  // namespace
}  // namespace tomada::testing
