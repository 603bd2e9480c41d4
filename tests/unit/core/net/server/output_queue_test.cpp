#include "net/server/output_queue.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tomada::net {
namespace {

TEST(OutputQueueTest, SharedBodiesKeepTheirOrder) {
  OutputQueue queue;
  queue.text() += "head1";
  queue.AppendShared("body1");
  queue.AppendShared("");
  queue.text() += "head2";
  queue.AppendShared("body2");
  queue.text() += std::string(200'000, 'x');
  queue.AppendShared("body3");
  EXPECT_EQ(queue.size(), 200'025u);
  EXPECT_EQ(queue.owned(), 200'010u);
  std::string sent;
  while (!queue.empty()) {
    const std::string_view front = queue.front();
    ASSERT_FALSE(front.empty());
    const size_t count = std::min<size_t>(front.size(), sent.size() < 30 ? 3 : 90'000);
    sent += front.substr(0, count);
    queue.RemovePrefix(count);
  }
  EXPECT_EQ(sent, "head1body1head2body2" + std::string(200'000, 'x') + "body3");
  EXPECT_EQ(queue.owned(), 0u);
}

TEST(OutputQueueTest, MovesItsFrontUpToALimit) {
  OutputQueue from, to;
  to.text() += "first";
  from.text() += "head";
  from.AppendShared("shared");
  from.text() += std::string(100'000, 'x');
  std::string moved;
  for (int i = 0; i < 100 && !from.empty(); ++i) {
    from.MoveTo(to, 10'000);
    EXPECT_LE(to.owned(), 10'000u);
    while (to.size() > 5000) {
      const std::string_view front = to.front().substr(0, 5000);
      moved += front;
      to.RemovePrefix(front.size());
    }
  }
  moved += to.front();
  EXPECT_EQ(moved, "firstheadshared" + std::string(100'000, 'x'));
}

TEST(OutputQueueTest, HandsAllOverToOneThatIsEmpty) {
  OutputQueue from, to;
  from.text() += std::string(100'000, 'x');
  const char* const where = from.front().data();
  from.MoveTo(to, 10);
  EXPECT_TRUE(from.empty());
  EXPECT_EQ(to.owned(), 100'000u);
  EXPECT_EQ(to.front().data(), where) << "not copied";
}

}  // namespace
}  // namespace tomada::net
