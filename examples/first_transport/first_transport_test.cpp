// The plugin as it is built, between a real socket and a service of the test's own, without a host.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <future>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include "tomada/service.h"
#include "tomada/testing/test_host.h"
#include "tomada/unique_fd.h"
#include "tomada/wait.h"

namespace first_transport {
namespace {

using google::protobuf::StringValue;
using tomada::Call;

constexpr char kFile[] = R"(
  name: "echo.proto" package: "echo" syntax: "proto3" dependency: "google/protobuf/wrappers.proto"
  service {
    name: "Echo"
    method { name: "Say" input_type: ".google.protobuf.StringValue" output_type: ".google.protobuf.StringValue" }
  })";

const google::protobuf::ServiceDescriptor& Descriptor() {
  static google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  static const google::protobuf::FileDescriptor* file = [] {
    StringValue::descriptor();  // its file is known from now on
    google::protobuf::FileDescriptorProto proto;
    google::protobuf::TextFormat::ParseFromString(kFile, &proto);
    return pool.BuildFile(proto);
  }();
  return *file->service(0);
}

// Answers with what it was given, unless that is "fail", "thread", "peer" or, until the call is cancelled, "wait".
class Echo final : public tomada::ServiceProvider {
 public:
  Echo() { services_.push_back(tomada::ServiceBuilder(Descriptor()).Unary("Say", this, &Echo::Say).Build()); }
  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(tomada::Deadline) override { return absl::OkStatus(); }
  const std::vector<tomada::Service>& services() const override { return services_; }

  std::promise<void> waiting;
  std::promise<std::string> waited;  // the end of the wait
  tomada::Event go_on;

 private:
  tomada::Task<absl::Status> Say(Call& call, const StringValue& request, StringValue& response) {
    response = request;
    if (request.value() == "fail") co_return absl::NotFoundError("not\nfound");
    if (request.value() == "peer") response.set_value(call.peer().address);
    if (request.value() == "thread") {
      bool kept = call.executor().InThread();
      absl::Status slept = co_await tomada::Sleep(call, std::chrono::milliseconds(1));
      kept = kept && slept.ok() && call.executor().InThread();
      response.set_value(kept ? "kept" : "lost");
    }
    if (request.value() != "wait") co_return absl::OkStatus();
    waiting.set_value();
    absl::Status status = co_await go_on.Wait(call);
    waited.set_value(status.ToString());
    co_return status;
  }

  std::vector<tomada::Service> services_;
};

class Client {
 public:
  explicit Client(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    timeval patience{30, 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  bool connected() const { return connected_; }
  void Send(const std::string& text) { send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL); }
  // The next line; empty when the connection is closed.
  std::string Line() {
    std::string line;
    for (char c; recv(socket_.get(), &c, 1, 0) == 1 && c != '\n';) line += c;
    return line;
  }
  std::string Ask(const std::string& text) {
    Send("echo.Echo/Say value: \"" + text + "\"\n");
    return Line();
  }

 private:
  tomada::UniqueFd socket_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  bool connected_;
};

class FirstTransportTest : public ::testing::Test {
 protected:
  tomada::Component& Start(tomada::testing::TestHost::Settings settings = {}) {
    settings.emplace_back("listen", "127.0.0.1:0");
    auto& line = host_.Start<tomada::Component>("line", PLUGIN, settings, {{"services", {{"echo", &echo_}}}});
    const std::string log = host_.log->text();
    std::smatch found;
    if (std::regex_search(log, found, std::regex("127\\.0\\.0\\.1:(\\d+)"))) port_ = std::stoi(found[1]);
    return line;
  }

  Echo echo_;  // outlives the transport
  tomada::testing::TestHost host_;
  int port_ = 0;
};

TEST_F(FirstTransportTest, EachLineIsACall) {
  Start();
  Client client(port_);
  EXPECT_EQ(client.Ask("hello"), "OK value: \"hello\"");
  EXPECT_EQ(client.Ask("fail"), "NOT_FOUND not\\nfound");
  EXPECT_EQ(client.Ask("peer"), "OK value: \"127.0.0.1\"");
  client.Send("echo.Echo/Say\r\necho.Echo/Say value: 1\necho.Echo/Sing\n");
  EXPECT_EQ(client.Line(), "OK ");
  EXPECT_EQ(client.Line(), "INVALID_ARGUMENT this is no google.protobuf.StringValue in text format");
  EXPECT_EQ(client.Line(), "UNIMPLEMENTED there is no such method");
  client.Send("quit\necho.Echo/Say\n");
  EXPECT_EQ(client.Line(), "");
}

TEST_F(FirstTransportTest, AHandlerKeepsToItsExecutor) {
  Start();
  EXPECT_EQ(Client(port_).Ask("thread"), "OK value: \"kept\"");
}

TEST_F(FirstTransportTest, ALineThatIsTooLongEndsTheConnection) {
  Start({{"max_line", "64"}});
  Client client(port_);
  EXPECT_EQ(client.Ask(std::string(64, 'x')), "OUT_OF_RANGE the line is longer than 64 bytes");
  EXPECT_EQ(client.Line(), "");
}

TEST_F(FirstTransportTest, WhoSaysNothingIsSentAway) {
  Start({{"max_wait", "10ms"}});
  Client client(port_);
  client.Send("echo.Echo/Say value: ");
  EXPECT_EQ(client.Line(), "");
}

TEST_F(FirstTransportTest, TheDeadlineEndsACall) {
  Start({{"max_call", "10ms"}});
  EXPECT_EQ(Client(port_).Ask("wait"), "DEADLINE_EXCEEDED the deadline has passed");
}

TEST_F(FirstTransportTest, AClientThatGoesAwayEndsItsCall) {
  Start();
  {
    Client client(port_);
    client.Send("echo.Echo/Say value: \"wait\"\n");
    echo_.waiting.get_future().wait();
  }
  EXPECT_EQ(echo_.waited.get_future().get(), "CANCELLED: the client is gone");
}

TEST_F(FirstTransportTest, ADrainFinishesTheCallsThatAreThere) {
  tomada::Component& line = Start();
  Client busy(port_), idle(port_);
  EXPECT_EQ(idle.Ask("hello"), "OK value: \"hello\"");
  busy.Send("echo.Echo/Say value: \"wait\"\n");
  echo_.waiting.get_future().wait();
  dynamic_cast<tomada::Drainable&>(line).Drain();
  EXPECT_EQ(idle.Line(), "");
  EXPECT_FALSE(Client(port_).connected());
  echo_.go_on.Set();
  EXPECT_EQ(busy.Line(), "OK value: \"wait\"");
  EXPECT_EQ(busy.Line(), "");
}

TEST_F(FirstTransportTest, AStopCutsWhatOutlastsTheGrace) {
  tomada::Component& line = Start();
  Client client(port_);
  client.Send("echo.Echo/Say value: \"wait\"\n");
  echo_.waiting.get_future().wait();
  EXPECT_EQ(line.Stop(std::chrono::steady_clock::now() + std::chrono::milliseconds(10)), absl::OkStatus());
  EXPECT_EQ(echo_.waited.get_future().get(), "UNAVAILABLE: the server is stopping");
}

}  // namespace
}  // namespace first_transport
