#include "support/fault_proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "echo.h"

namespace tomada::testing {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kShort{100};

class FaultProxyTest : public ::testing::Test {
 protected:
  // A client that has been through once.
  std::unique_ptr<EchoClient> Connected() {
    auto client = std::make_unique<EchoClient>(proxy_.port());
    client->Send("hello");
    EXPECT_EQ(client->Receive(5), "hello");
    return client;
  }
  // What the client's read gives at the end of its connection: 0, or the error.
  static int EndOf(EchoClient& client) {
    std::string ignored;
    ssize_t size;
    while ((size = client.ReceiveOnce(ignored)) > 0) {
    }
    return size == 0 ? 0 : size == -2 ? EAGAIN : errno;
  }
  milliseconds RoundTrip(EchoClient& client, size_t size) {
    const Clock::time_point begin = Clock::now();
    client.Send(std::string(size, 'x'));
    EXPECT_EQ(client.Receive(size).size(), size);
    return std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
  }

  EchoServer server_;
  FaultProxy proxy_{server_.port()};
};

TEST_F(FaultProxyTest, PassesEverythingOnAndCounts) {
  auto client = Connected();
  auto other = Connected();
  EXPECT_EQ(proxy_.connections(), 2u);
  EXPECT_EQ(proxy_.links(), 2u);
  EXPECT_EQ(proxy_.bytes(Way::kToServer), 10u);
  EXPECT_EQ(proxy_.bytes(Way::kToClient), 10u);
  ::shutdown(client->fd(), SHUT_WR);
  EXPECT_EQ(EndOf(*client), 0);
}

TEST_F(FaultProxyTest, DelaysEachWay) {
  auto client = Connected();
  proxy_.Delay(Way::kToServer, milliseconds(30));
  proxy_.Delay(Way::kToClient, milliseconds(30));
  EXPECT_GE(RoundTrip(*client, 1), milliseconds(60));
  proxy_.Heal();
  // A round trip may take long for other reasons, but not each.
  const Clock::time_point patience = Clock::now() + std::chrono::seconds(10);
  while (RoundTrip(*client, 1) >= milliseconds(60)) ASSERT_LT(Clock::now(), patience) << "still delayed";
}

TEST_F(FaultProxyTest, DeliversWhatWasSentBeforeAReset) {
  auto client = Connected();
  proxy_.Delay(Way::kToServer, kShort);
  client->Send(", and bye");
  linger at_once{1, 0};
  ::setsockopt(client->fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  client.reset();
  const Clock::time_point patience = Clock::now() + std::chrono::seconds(5);
  const auto all_there = [&] { return proxy_.links() == 0 && server_.received() == "hello, and bye"; };
  while (!all_there() && Clock::now() < patience) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(server_.received(), "hello, and bye");
}

TEST_F(FaultProxyTest, LimitsTheRate) {
  auto client = Connected();
  proxy_.Throttle(Way::kToClient, 10'000);
  EXPECT_GE(RoundTrip(*client, 3'000), milliseconds(150));
}

TEST_F(FaultProxyTest, CutsIntoSlices) {
  auto client = Connected();
  proxy_.Slice(Way::kToClient, 1);
  const size_t before = client->packets();
  RoundTrip(*client, 200);
  EXPECT_GT(client->packets() - before, 10u);
}

TEST_F(FaultProxyTest, StopsReadingSoThatTheSenderIsBlocked) {
  auto client = Connected();
  proxy_.StopReading(Way::kToServer);
  size_t sent = 0;
  const std::string chunk(65536, 'x');
  for (ssize_t size; (size = ::send(client->fd(), chunk.data(), chunk.size(), MSG_NOSIGNAL | MSG_DONTWAIT)) > 0;) {
    sent += static_cast<size_t>(size);
    ASSERT_LT(sent, 256u << 20);
  }
  EXPECT_EQ(server_.received(), "hello");
}

TEST_F(FaultProxyTest, ABlackHoleTakesAllAndGivesItBackWhenHealed) {
  auto client = Connected();
  proxy_.BlackHole(Way::kToServer);
  client->Send("lost");
  EXPECT_EQ(client->Receive(4, kShort), "");
  EXPECT_EQ(server_.received(), "hello");
  client.reset();  // nor does the server learn that its client has gone
  std::this_thread::sleep_for(kShort);
  EXPECT_EQ(proxy_.links(), 1u);
  proxy_.Heal();
  for (int i = 0; i < 500 && server_.received() != "hellolost"; ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(server_.received(), "hellolost");
}

TEST_F(FaultProxyTest, ABlackHoleForAnswersOnly) {
  auto client = Connected();
  proxy_.BlackHole(Way::kToClient);
  client->Send("done");
  EXPECT_EQ(client->Receive(4, kShort), "");
  EXPECT_EQ(server_.received(), "hellodone");
  proxy_.Heal();
  EXPECT_EQ(client->Receive(4), "done");
}

TEST_F(FaultProxyTest, RefusesConnections) {
  auto client = Connected();
  proxy_.Refuse();
  EXPECT_FALSE(EchoClient(proxy_.port()).connected());
  client->Send("still");  // the others stay
  EXPECT_EQ(client->Receive(5), "still");
  proxy_.Heal();
  Connected();
}

TEST_F(FaultProxyTest, IgnoresConnects) {
  proxy_.IgnoreConnects();
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in name = LoopbackPort::LoopbackName(proxy_.port());
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof name), -1);
  pollfd writable{fd, POLLOUT, 0};
  EXPECT_EQ(::poll(&writable, 1, 300), 0);
  proxy_.Heal();
  EXPECT_EQ(::poll(&writable, 1, 5000), 1);  // the kernel tries again
  ::close(fd);
}

TEST_F(FaultProxyTest, CutsBeforeARequestIsDelivered) {
  auto client = Connected();
  proxy_.CutAfter(Way::kToServer, 0);
  client->Send("never");
  EXPECT_EQ(EndOf(*client), ECONNRESET);
  EXPECT_EQ(proxy_.cuts(), 1u);
  EXPECT_EQ(server_.received(), "hello");
  Connected();  // only once
}

TEST_F(FaultProxyTest, CutsBetweenRequestAndAnswer) {
  auto client = Connected();
  proxy_.CutAfter(Way::kToClient, 0, CutBy::kClose);
  client->Send("done");
  std::string answer;
  EXPECT_EQ(client->ReceiveOnce(answer), 0);
  EXPECT_EQ(server_.received(), "hellodone");
}

TEST_F(FaultProxyTest, CutsWithinAnAnswer) {
  auto client = Connected();
  proxy_.CutAfter(Way::kToClient, 3, CutBy::kClose);
  client->Send("answer");
  EXPECT_EQ(client->Receive(6), "ans");
}

TEST_F(FaultProxyTest, CorruptsOneByte) {
  auto client = Connected();
  proxy_.Corrupt(Way::kToClient, 2, '!');
  client->Send("abcdef");
  EXPECT_EQ(client->Receive(6), "ab!def");
  client->Send("abcdef");
  EXPECT_EQ(client->Receive(6), "abcdef");
}

TEST_F(FaultProxyTest, CutsAllAtOnce) {
  auto client = Connected();
  auto other = Connected();
  proxy_.CutAll();
  EXPECT_EQ(EndOf(*client), ECONNRESET);
  EXPECT_EQ(EndOf(*other), ECONNRESET);
  EXPECT_EQ(proxy_.links(), 0u);
}

TEST_F(FaultProxyTest, ClosesOneHalf) {
  auto client = Connected();
  proxy_.HalfClose(Way::kToClient);
  EXPECT_EQ(EndOf(*client), 0);
  client->Send("more");
  for (int i = 0; i < 500 && server_.received() != "hellomore"; ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(server_.received(), "hellomore");
}

}  // namespace
}  // namespace tomada::testing
