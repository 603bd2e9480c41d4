#include "net/loop/event_fd.h"

#include <poll.h>
#include <sys/epoll.h>

#include <gtest/gtest.h>

namespace tomada::net {
namespace {

bool IsReadable(int fd) {
  pollfd readable{fd, POLLIN, 0};
  return ::poll(&readable, 1, 0) == 1;
}

TEST(EventFdTest, IsReadableFromSignalUntilClear) {
  const EventFd event;
  EXPECT_FALSE(IsReadable(event.fd()));
  event.Clear();  // does not wait
  event.Signal();
  event.Signal();
  EXPECT_TRUE(IsReadable(event.fd()));
  event.Clear();
  EXPECT_FALSE(IsReadable(event.fd())) << "for all signals before it";
}

TEST(EventFdTest, EachSignalIsAnEdge) {
  const EventFd event;
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event interest{};
  interest.events = EPOLLIN | EPOLLET;
  ASSERT_EQ(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, event.fd(), &interest), 0);
  epoll_event seen{};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(::epoll_wait(epoll.get(), &seen, 1, 0), 0);
    event.Signal();
    EXPECT_EQ(::epoll_wait(epoll.get(), &seen, 1, 0), 1) << i;
  }
}

}  // namespace
}  // namespace tomada::net
