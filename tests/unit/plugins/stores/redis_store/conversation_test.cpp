#include "conversation.h"

#include <thread>

#include <gtest/gtest.h>

#include "net/loop/event_fd.h"
#include "net/socket/dialer.h"
#include "support/redis_server.h"

namespace tomada::redis_store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

class ConversationTest : public ::testing::Test {
 protected:
  net::Patience Within(milliseconds timeout) const { return net::Patience{timeout, interrupt_.fd()}; }
  static HostPort Address(uint16_t port) { return HostPort{"127.0.0.1", port}; }

  net::Dialer dialer_;
  const net::EventFd interrupt_;
};

TEST_F(ConversationTest, AServerThatSaysNothingIsWaitedForNoLongerThanAllowed) {
  testing::RedisServer server;
  absl::StatusOr<UniqueFd> fd = dialer_.Dial(Address(server.port()), Within(seconds(5)));
  ASSERT_EQ(fd.status(), absl::OkStatus());
  server.Pause();
  net::ByteStream stream(*std::move(fd));
  Conversation conversation(stream, Within(milliseconds(100)));
  const Clock::time_point begin = Clock::now();
  EXPECT_EQ(conversation.Ask({"PING"}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_GE(Clock::now() - begin, milliseconds(100));
  server.Continue();
}

TEST_F(ConversationTest, AnInterruptEndsAWaitAtOnce) {
  testing::RedisServer server;
  absl::StatusOr<UniqueFd> fd = dialer_.Dial(Address(server.port()), Within(seconds(5)));
  ASSERT_EQ(fd.status(), absl::OkStatus());
  server.Pause();
  net::ByteStream stream(*std::move(fd));
  Conversation conversation(stream, Within(seconds(60)));
  std::jthread interrupter([this] {
    std::this_thread::sleep_for(milliseconds(50));
    interrupt_.Signal();
  });
  const Clock::time_point begin = Clock::now();
  EXPECT_EQ(conversation.Ask({"PING"}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_LT(Clock::now() - begin, seconds(30));
  server.Continue();
}

}  // namespace
}  // namespace tomada::redis_store
