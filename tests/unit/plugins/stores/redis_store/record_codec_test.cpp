#include "record_codec.h"

#include <set>

#include <gtest/gtest.h>

#include "key_layout.h"
#include "page_token.h"

namespace tomada::redis_store {
namespace {

// What the script makes of a body: its own part before it.
std::string Stored(const Record& record, std::string version, uint64_t expiry) {
  std::string bytes = "1" + version;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(expiry >> shift);
  AppendRecordBody(bytes, record);
  return bytes;
}

Record Example() {
  Record record("id", std::string("va\0lue", 6));
  record.unique_keys = {UniqueKey("email", "a@x"), UniqueKey("phone", std::string(300, '\xff'))};
  return record;
}

TEST(RecordCodec, GivesBackWhatWasStored) {
  const std::string version(11, 'v');
  absl::StatusOr<RecordPtr> record = DecodeRecord("id", Stored(Example(), version, 1'700'000'000'123));
  ASSERT_EQ(record.status(), absl::OkStatus());
  EXPECT_EQ((*record)->value, Example().value);
  EXPECT_EQ((*record)->unique_keys, Example().unique_keys);
  EXPECT_EQ((*record)->expires_at, absl::FromUnixMillis(1'700'000'000'123));
  EXPECT_EQ(DecodeVersion((*record)->version), version);
  EXPECT_EQ((*DecodeRecord("id", Stored(Record("id", ""), version, 0)))->expires_at, std::nullopt);
}

TEST(RecordCodec, BytesThatAreCutOrForeignAreDataLoss) {
  const std::string stored = Stored(Example(), std::string(11, 'v'), 0);
  const size_t header = stored.size() - Example().value.size();
  for (size_t size = 0; size < header; ++size) {
    EXPECT_EQ(DecodeRecord("id", stored.substr(0, size)).status().code(), absl::StatusCode::kDataLoss) << size;
  }
  EXPECT_EQ(DecodeRecord("id", "2" + stored.substr(1)).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeOwner("12345678").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeOwner("12345678id")->id, "id");
  EXPECT_EQ(DecodeOwner(std::string("\0\0\0\0\0\0\x03\xe8id", 10))->expires_at, absl::FromUnixMillis(1000));
  EXPECT_EQ(DecodeOwner(std::string("\0\0\0\0\0\0\0\0id", 10))->expires_at, std::nullopt);
}

TEST(RecordCodec, VersionsAreShortAndReadBack) {
  for (int byte : {0x00, 0x7f, 0xff}) {
    const std::string stored(11, static_cast<char>(byte));
    const std::string version = EncodeVersion(stored);
    EXPECT_EQ(version.size(), 15u);  // which std::string holds without allocating
    EXPECT_EQ(DecodeVersion(version), stored);
  }
  for (const char* wrong : {"", "AAAA", "AAAAAAAAAAAAAAAA", "not a version!!"}) EXPECT_FALSE(DecodeVersion(wrong));
}

TEST(RecordCodec, AnExpiryFitsTheNumbersOfLua) {
  const absl::Time now = absl::FromUnixMillis(1000);
  EXPECT_EQ(ToExpiryMillis(absl::FromUnixMillis(5), now, absl::Seconds(1)), 5);
  EXPECT_EQ(ToExpiryMillis(std::nullopt, now, absl::Seconds(1)), 2000);
  EXPECT_EQ(ToExpiryMillis(std::nullopt, now, absl::InfiniteDuration()), 0);
  EXPECT_EQ(ToExpiryMillis(absl::InfiniteFuture(), now, absl::Seconds(1)), 0);
  EXPECT_EQ(ToExpiryMillis(absl::InfinitePast(), now, absl::Seconds(1)), 1);
  EXPECT_EQ(ToExpiryMillis(absl::FromUnixSeconds(int64_t{1} << 60), now, absl::Seconds(1)), int64_t{1} << 53);
}

// The names and buckets are where data lies: a change of any of these is a change of format.
TEST(KeyLayout, IsWhatItWas) {
  const KeyLayout layout("tomada", "usuarios", 256);
  EXPECT_EQ(layout.BucketOf("u1"), 244);
  std::string record, unique;
  layout.AppendRecord(record, 244, "u1");
  layout.AppendUnique(unique, UniqueKey("email", "a@x"));
  EXPECT_EQ(record, "tomada:{usuarios/244}:r:u1");
  EXPECT_EQ(unique, "tomada:u:usuarios:email:{4f3f890080826994}:a@x");
}

TEST(KeyLayout, SpreadsIdsOverAllBuckets) {
  const KeyLayout layout("tomada", "usuarios", 256);
  std::set<int> buckets;
  for (int i = 0; i < 3000; ++i) buckets.insert(layout.BucketOf(std::to_string(i)));
  EXPECT_EQ(buckets.size(), 256u);
}

TEST(PageToken, ReadsBackItsOwnAndNoOther) {
  Position position;
  position.bucket = 0xfedc & 0x3fff;
  position.after = std::string("a\0b", 3);
  const std::string token = EncodeToken("users/256", position);
  absl::StatusOr<Position> read = DecodeToken("users/256", token);
  ASSERT_EQ(read.status(), absl::OkStatus());
  EXPECT_EQ(read->bucket, position.bucket);
  EXPECT_EQ(read->after, position.after);
  EXPECT_EQ(DecodeToken("users/128", token).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DecodeToken("other/256", token).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DecodeToken("users/256", "")->bucket, 0);
}

}  // namespace
}  // namespace tomada::redis_store
