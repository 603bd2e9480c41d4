#include "uuid.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomada::usuarios {
namespace {

using ::testing::MatchesRegex;

TEST(UuidTest, VersionSevenHoldsTheTime) {
  // The time of the example in RFC 9562 A.6.
  std::string uuid = TimeOrderedUuid(absl::FromUnixMillis(1645557742000));
  EXPECT_THAT(uuid, MatchesRegex("017f22e2-79b0-7[0-9a-f][0-9a-f][0-9a-f]-[89ab][0-9a-f]+-[0-9a-f]+"));
  EXPECT_EQ(uuid.size(), 36u);
}

TEST(UuidTest, VersionSevenSortsByTime) {
  absl::Time now = absl::FromUnixMillis(1645557742000);
  EXPECT_LT(TimeOrderedUuid(now), TimeOrderedUuid(now + absl::Milliseconds(1)));
}

TEST(UuidTest, VersionSevenIsNeverTheSame) {
  absl::Time now = absl::FromUnixMillis(1645557742000);
  std::set<std::string> uuids;
  for (int i = 0; i < 10'000; ++i) uuids.insert(TimeOrderedUuid(now));
  EXPECT_EQ(uuids.size(), 10'000u);
}

TEST(UuidTest, FromTextIsAlwaysTheSame) {
  EXPECT_EQ(UuidFromText("a"), UuidFromText("a"));
  EXPECT_NE(UuidFromText("a"), UuidFromText("b"));
  // SHA-256 of the empty text begins e3b0c442 98fc1c14 9afbf4c8 996fb924.
  EXPECT_EQ(UuidFromText(""), "e3b0c442-98fc-8c14-9afb-f4c8996fb924");
}

}  // namespace
}  // namespace tomada::usuarios
