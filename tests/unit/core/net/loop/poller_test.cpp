#include "net/loop/poller.h"

#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tomada/unique_fd.h"

namespace tomada::net {
namespace {

// A loop that hands each event to the test until that has seen enough.
class PollerTest : public ::testing::Test, private Poller::Sink {
 protected:
  PollerTest() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    here_.Reset(ends[0]);
    there_.Reset(ends[1]);
  }

  // Runs the loop on a thread of its own until `enough`.
  void RunUntil(std::function<bool(const Poller::Event&)> enough) {
    enough_ = std::move(enough);
    std::thread loop([this] { poller_.Run(); });
    loop.join();
  }

  static constexpr uint64_t kTag = (uint64_t{1} << 56) - 1;  // the greatest
  Poller poller_{*this};
  UniqueFd here_, there_;

 private:
  void OnReady(std::span<const Poller::Event> events) noexcept override {
    for (const Poller::Event& event : events) {
      if (enough_(event)) return poller_.Stop();
    }
  }

  std::function<bool(const Poller::Event&)> enough_;
};

TEST_F(PollerTest, TellsWhatASocketIsReadyForByItsTag) {
  ASSERT_TRUE(poller_.Add(here_.get(), kTag).ok());
  ASSERT_EQ(::write(there_.get(), "x", 1), 1);
  RunUntil([](const Poller::Event& event) {
    EXPECT_EQ(event.tag, kTag);
    EXPECT_TRUE(event.writable);
    EXPECT_FALSE(event.hangup);
    return event.readable;
  });
}

TEST_F(PollerTest, TellsOnceForEachChangeAndAgainWhenAsked) {
  ASSERT_TRUE(poller_.Add(here_.get(), kTag).ok());
  int events = 0;
  std::thread writer;
  RunUntil([&](const Poller::Event&) {
    if (++events == 1) poller_.Rearm(here_.get(), kTag);  // nothing has changed
    if (events == 2) writer = std::thread([this] { EXPECT_EQ(::write(there_.get(), "x", 1), 1); });
    return events == 3;
  });
  writer.join();
}

TEST_F(PollerTest, TellsWhenTheOtherEndIsGone) {
  ASSERT_TRUE(poller_.Add(here_.get(), kTag).ok());
  there_.Reset();
  RunUntil([](const Poller::Event& event) { return event.hangup; });
}

TEST_F(PollerTest, WhatIsNoDescriptorIsRefused) {
  EXPECT_EQ(poller_.Add(-1, kTag).code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace tomada::net
