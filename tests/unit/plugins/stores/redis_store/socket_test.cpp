#include "socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <thread>

#include <gtest/gtest.h>

#include "dialer.h"
#include "support/redis_server.h"

namespace tomada::redis_store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

class SocketTest : public ::testing::Test {
 protected:
  Patience Within(milliseconds timeout) const { return Patience{timeout, interrupt_.get()}; }
  static ServerAddress Address(uint16_t port, std::string host = "127.0.0.1") {
    ServerAddress address;
    address.host = std::move(host);
    address.port = port;
    return address;
  }

  Dialer dialer_;
  UniqueFd interrupt_{::eventfd(0, EFD_CLOEXEC)};
};

int Option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(fd, level, name, &value, &size);
  return value;
}

TEST_F(SocketTest, AConnectionIsNoticedWhenItDiesAndIsNotInherited) {
  testing::RedisServer server;
  absl::StatusOr<UniqueFd> fd = dialer_.Dial(Address(server.port(), "localhost"), Within(seconds(5)));
  ASSERT_EQ(fd.status(), absl::OkStatus());
  EXPECT_EQ(Option(fd->get(), IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(Option(fd->get(), SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(Option(fd->get(), IPPROTO_TCP, TCP_USER_TIMEOUT), 2000);
  EXPECT_NE(::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(fd->get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(SocketTest, ANameThatNobodyHasIsSaid) {
  EXPECT_EQ(dialer_.Dial(Address(6379, "nobody.invalid"), Within(seconds(5))).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(SocketTest, AServerThatSaysNothingIsWaitedForNoLongerThanAllowed) {
  testing::RedisServer server;
  absl::StatusOr<UniqueFd> fd = dialer_.Dial(Address(server.port()), Within(seconds(5)));
  ASSERT_EQ(fd.status(), absl::OkStatus());
  server.Pause();
  Conversation conversation(fd->get(), Within(milliseconds(100)));
  const Clock::time_point begin = Clock::now();
  EXPECT_EQ(conversation.Ask({"PING"}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_GE(Clock::now() - begin, milliseconds(100));
  server.Continue();
}

TEST_F(SocketTest, AnInterruptEndsAWaitAtOnce) {
  testing::RedisServer server;
  absl::StatusOr<UniqueFd> fd = dialer_.Dial(Address(server.port()), Within(seconds(5)));
  ASSERT_EQ(fd.status(), absl::OkStatus());
  server.Pause();
  Conversation conversation(fd->get(), Within(seconds(60)));
  std::jthread interrupter([this] {
    std::this_thread::sleep_for(milliseconds(50));
    ::eventfd_write(interrupt_.get(), 1);
  });
  const Clock::time_point begin = Clock::now();
  EXPECT_EQ(conversation.Ask({"PING"}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_LT(Clock::now() - begin, seconds(30));
  server.Continue();
}

}  // namespace
}  // namespace tomada::redis_store
