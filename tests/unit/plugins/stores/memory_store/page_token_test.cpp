#include "page_token.h"

#include <gtest/gtest.h>

namespace tomada::memory_store {
namespace {

TEST(PageToken, RoundTrip) {
  for (const std::string& after :
       {std::string(), std::string("ana"), std::string("\0\xff", 2), std::string(512, 'i')}) {
    Position position;
    position.shard = 1023;
    position.after = after;
    absl::StatusOr<Position> decoded = DecodeToken("table", EncodeToken("table", position));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(decoded->shard, 1023u);
    EXPECT_EQ(decoded->after, after);
  }
}

TEST(PageToken, EmptyIsTheBeginning) {
  absl::StatusOr<Position> beginning = DecodeToken("table", "");
  ASSERT_TRUE(beginning.ok());
  EXPECT_EQ(beginning->shard, 0u);
  EXPECT_EQ(beginning->after, "");
}

TEST(PageToken, OneOfAnotherTableIsRefused) {
  EXPECT_EQ(DecodeToken("other", EncodeToken("table", Position())).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(PageToken, AnyChangeIsNoticed) {
  Position position;
  position.after = "an id of some length";
  const std::string token = EncodeToken("table", position);
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    absl::StatusOr<Position> decoded = DecodeToken("table", changed);
    // The last character of base64 may hold bits that nobody reads.
    if (decoded.ok()) {
      EXPECT_EQ(decoded->after, position.after);
    }
    EXPECT_FALSE(DecodeToken("table", token.substr(0, i)).ok() && i > 0);
  }
}

}  // namespace
}  // namespace tomada::memory_store
