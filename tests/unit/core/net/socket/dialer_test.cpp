#include "net/socket/dialer.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/loop/event_fd.h"
#include "net/socket/listener.h"
#include "net/socket/socket_options.h"
#include "support/temp_dir.h"

namespace tomada::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

int Option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(fd, level, name, &value, &size);
  return value;
}

class DialerTest : public ::testing::Test {
 protected:
  Patience Within(milliseconds timeout) const { return Patience{timeout, interrupt_.fd()}; }

  // A port that is listened to, on an IPv4 address alone.
  HostPort ListenHere() {
    listeners_ = *Listen(HostPort{"127.0.0.1", 0}, 1);
    return *HostPort::Parse(LocalAddress(listeners_.front().get()));
  }
  // A port whose server takes no connection any more: the kernel leaves the next ones without an answer.
  HostPort ListenFull() {
    const HostPort server = ListenHere();
    EXPECT_EQ(::listen(listeners_.front().get(), 0), 0);  // one may wait
    waiting_ = *dialer_.Dial(server, Within(seconds(5)));
    return server;
  }

  Dialer dialer_;
  const EventFd interrupt_;

 private:
  std::vector<UniqueFd> listeners_;
  UniqueFd waiting_;
};

TEST_F(DialerTest, ASocketDoesNotBlockIsNotInheritedAndSendsAtOnce) {
  const absl::StatusOr<UniqueFd> fd = dialer_.Dial(ListenHere(), Within(seconds(5)));
  ASSERT_EQ(fd.status(), absl::OkStatus());
  EXPECT_NE(::fcntl(fd->get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(Option(fd->get(), IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(Option(fd->get(), SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST_F(DialerTest, ADeadServerIsNoticedWithinTheSilenceAllowed) {
  Dialer dialer(seconds(2));
  const absl::StatusOr<UniqueFd> fd = dialer.Dial(ListenHere(), Within(seconds(5)));
  ASSERT_EQ(fd.status(), absl::OkStatus());
  EXPECT_EQ(Option(fd->get(), SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(Option(fd->get(), IPPROTO_TCP, TCP_KEEPIDLE), 1);
  EXPECT_EQ(Option(fd->get(), IPPROTO_TCP, TCP_KEEPINTVL), 1);
  EXPECT_EQ(Option(fd->get(), IPPROTO_TCP, TCP_USER_TIMEOUT), 2000);
}

TEST_F(DialerTest, EachAddressOfANameIsTried) {
  HostPort server = ListenHere();
  server.host = "localhost";  // ::1 too, where nobody listens
  EXPECT_EQ(dialer_.Dial(server, Within(seconds(5))).status(), absl::OkStatus());
}

TEST_F(DialerTest, AnAddressIsTriedAlone) {
  const absl::StatusOr<SocketAddresses> addresses = dialer_.Resolve(ListenHere(), Within(seconds(5)));
  ASSERT_EQ(addresses.status(), absl::OkStatus());
  ASSERT_EQ(addresses->size(), 1u);
  EXPECT_EQ(dialer_.Connect(addresses->front(), Within(seconds(5))).status(), absl::OkStatus());
}

TEST_F(DialerTest, WhoDoesNotWaitIsToldByTheSocket) {
  const HostPort server = ListenHere();
  const SocketAddress there = LookUp(server)->front();
  const auto result = [&] {
    const absl::StatusOr<UniqueFd> fd = BeginConnect(there);
    EXPECT_EQ(fd.status(), absl::OkStatus());
    EXPECT_TRUE(WaitFor(fd->get(), POLLOUT, Clock::now() + seconds(5), -1));
    return ConnectResult(fd->get());
  };
  EXPECT_EQ(result(), absl::OkStatus());
  ListenHere();  // somewhere else
  EXPECT_EQ(result(), absl::UnavailableError("Connection refused"));
}

TEST_F(DialerTest, WhoDoesNotWaitIsToldWhenALookUpIsReady) {
  const auto done = std::make_shared<EventFd>();
  PendingLookUp look_up(HostPort{"127.0.0.1", 80}, done);
  EXPECT_TRUE(WaitFor(done->fd(), POLLIN, Clock::now() + seconds(5), -1));
  ASSERT_TRUE(look_up.ready());
  EXPECT_EQ(look_up.Take()->size(), 1u);
}

TEST_F(DialerTest, AUnixSocketIsAnAddress) {
  const testing::TempDir folder;
  const std::string path = folder.path() / "socket";
  EXPECT_THAT(std::string(dialer_.Connect(UnixAddress(path), Within(seconds(5))).status().message()),
              HasSubstr("No such file"));
  const absl::StatusOr<UnixListener> listener = ListenUnix(path, 1);
  ASSERT_EQ(listener.status(), absl::OkStatus());
  EXPECT_EQ(dialer_.Connect(UnixAddress(path), Within(seconds(5))).status(), absl::OkStatus());
}

TEST_F(DialerTest, ANameThatNobodyHasIsSaid) {
  EXPECT_EQ(dialer_.Dial(HostPort{"nobody.invalid", 6379}, Within(seconds(5))).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(DialerTest, WhereNobodyListensIsSaid) {
  const HostPort server = ListenHere();
  ListenHere();  // somewhere else
  const absl::Status refused = dialer_.Dial(server, Within(seconds(5))).status();
  EXPECT_EQ(refused, absl::UnavailableError("Connection refused"));
}

TEST_F(DialerTest, AServerThatDoesNotAnswerIsWaitedForNoLongerThanAllowed) {
  const HostPort server = ListenFull();
  const Clock::time_point begin = Clock::now();
  EXPECT_EQ(dialer_.Dial(server, Within(milliseconds(100))).status(), absl::UnavailableError("connect timed out"));
  EXPECT_GE(Clock::now() - begin, milliseconds(100));
  EXPECT_EQ(dialer_.Dial(server, Patience{milliseconds(100), -1}).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(DialerTest, AnInterruptEndsAWaitAtOnce) {
  const HostPort server = ListenFull();
  std::jthread interrupter([this] {
    std::this_thread::sleep_for(milliseconds(50));
    interrupt_.Signal();
  });
  const Clock::time_point begin = Clock::now();
  EXPECT_EQ(dialer_.Dial(server, Within(seconds(60))).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_LT(Clock::now() - begin, seconds(30));
}

}  // namespace
}  // namespace tomada::net
