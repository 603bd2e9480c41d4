#include "timestamp.h"

#include <gtest/gtest.h>

namespace tomada::usuarios {
namespace {

google::protobuf::Timestamp Make(int64_t seconds, int32_t nanos) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(nanos);
  return timestamp;
}

TEST(TimestampTest, GoesThereAndBack) {
  for (auto [seconds, nanos] : {std::pair<int64_t, int32_t>{0, 0},
                                {1750000000, 123456789},
                                {-1, 999999999},
                                {-62135596800, 0},
                                {253402300799, 999999999}}) {
    auto time = FromTimestamp(Make(seconds, nanos));
    ASSERT_TRUE(time.has_value());
    google::protobuf::Timestamp back;
    ToTimestamp(*time, back);
    EXPECT_EQ(back.seconds(), seconds);
    EXPECT_EQ(back.nanos(), nanos);
  }
}

TEST(TimestampTest, RefusesWhatATimestampMayNotHold) {
  EXPECT_FALSE(FromTimestamp(Make(-62135596801, 0)));
  EXPECT_FALSE(FromTimestamp(Make(253402300800, 0)));
  EXPECT_FALSE(FromTimestamp(Make(0, -1)));
  EXPECT_FALSE(FromTimestamp(Make(0, 1'000'000'000)));
  EXPECT_FALSE(FromTimestamp(Make(INT64_MAX, 0)));
}

TEST(TimestampTest, ExpiryIsInWholeMilliseconds) {
  EXPECT_EQ(ToExpiry(absl::FromUnixMicros(1'999)), absl::FromUnixMillis(1));
  EXPECT_EQ(ToExpiry(absl::FromUnixMillis(5)), absl::FromUnixMillis(5));
}

}  // namespace
}  // namespace tomada::usuarios
