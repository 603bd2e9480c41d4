// Keys, values and tokens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keys.h"
#include "page_token.h"
#include "stored.h"

namespace tomada::rocksdb_store {
namespace {

TEST(Keys, OfOneTableStandTogetherAndInOrder) {
  EXPECT_LT(RecordKey("a", "z"), RecordKey("b", "a"));
  EXPECT_LT(RecordKey("t", "1"), RecordKey("t", "2"));
  EXPECT_LT(RecordKey("t", "\xff\xff"), AfterPrefix(RecordPrefix("t")));
  EXPECT_LE(AfterPrefix(RecordPrefix("t")), RecordPrefix("u"));
  EXPECT_FALSE(RecordKey("tt", "x").starts_with(RecordPrefix("t")));
}

TEST(Keys, NamesDoNotRunIntoWhatFollows) {
  EXPECT_NE(RecordKey("a", "bc"), RecordKey("ab", "c"));
  EXPECT_NE(UniqueIndexKey("t", "a", "bc"), UniqueIndexKey("t", "ab", "c"));
}

TEST(Keys, ExpiriesStandInOrderOfTime) {
  const std::string key = RecordKey("t", "x");
  const Millis times[] = {MillisOf(absl::InfinitePast()), -1, 0, 1, 255, 256, 1'700'000'000'000, kNever};
  for (size_t i = 1; i < std::size(times); ++i) EXPECT_LT(ExpiryKey(times[i - 1], key), ExpiryKey(times[i], ""));
}

TEST(Keys, AreReadAsTheyWereMade) {
  const std::string id("\0\xff id", 5);
  const std::string record = RecordKey("usuarios", id);
  const std::optional<RecordName> name = ParseRecordKey(record);
  ASSERT_TRUE(name);
  EXPECT_EQ(name->table, "usuarios");
  EXPECT_EQ(name->id, id);
  const std::string expiry_key = ExpiryKey(-5, record);
  const std::optional<Expiry> expiry = ParseExpiryKey(expiry_key);
  ASSERT_TRUE(expiry);
  EXPECT_EQ(expiry->time, -5);
  EXPECT_EQ(expiry->key, record);
  EXPECT_FALSE(ParseRecordKey("r\x09short"));
  EXPECT_FALSE(ParseRecordKey(expiry_key));
  EXPECT_FALSE(ParseExpiryKey("x123"));
  EXPECT_TRUE(IsOperationKey(OperationKey("t", "ana", OperationId::Random())));
}

// Every beginning of what `encode` gives is either refused or reads back as something; none is read past its end, which
// the address sanitizer sees.
void ExpectCutsAreSafe(const std::string& bytes, const auto& decode, size_t fixed) {
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<char> exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const bool read = decode(std::string_view(exact.data(), exact.size())).has_value();
    if (size < fixed) {
      EXPECT_FALSE(read) << size;
    }
  }
  std::string newer = bytes;
  newer[0] = 2;
  EXPECT_FALSE(decode(newer).has_value());
}

TEST(Stored, ARecordIsReadAsItWasWritten) {
  Record record("ana", std::string("va\0lue", 6));
  record.version = "v1";
  record.unique_keys = {{"email", std::string(300, 'e')}, {"phone", ""}};
  for (std::optional<absl::Time> expires : {std::optional<absl::Time>(), std::optional(absl::FromUnixMillis(-7))}) {
    record.expires_at = expires;
    const std::optional<Record> read = DecodeRecord("ana", EncodeRecord(record));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, record.id);
    EXPECT_EQ(read->value, record.value);
    EXPECT_EQ(read->version, record.version);
    EXPECT_EQ(read->unique_keys, record.unique_keys);
    EXPECT_EQ(read->expires_at, record.expires_at);
  }
  const std::string bytes = EncodeRecord(record);
  ExpectCutsAreSafe(
      bytes, [](std::string_view b) { return DecodeRecord("ana", b); }, bytes.size() - 6);
}

TEST(Stored, TheRestToo) {
  const std::optional<Holder> holder = DecodeHolder(EncodeHolder("ana", 12));
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->id, "ana");
  EXPECT_EQ(holder->expires, 12);
  ExpectCutsAreSafe(EncodeHolder("ana", 12), DecodeHolder, 9);

  Remembered result;
  result.request_digest = "digest";
  result.version = "version";
  result.memo = "memo";
  result.until = 34;
  const std::optional<Remembered> remembered = DecodeRemembered(EncodeRemembered(result));
  ASSERT_TRUE(remembered);
  EXPECT_EQ(remembered->request_digest, "digest");
  EXPECT_EQ(remembered->version, "version");
  EXPECT_EQ(remembered->memo, "memo");
  EXPECT_EQ(remembered->until, 34);
  ExpectCutsAreSafe(EncodeRemembered(result), DecodeRemembered, EncodeRemembered(result).size() - 4);

  for (const std::vector<std::string>& indexes : {std::vector<std::string>{}, {"email"}, {"email", "phone"}}) {
    EXPECT_EQ(DecodeIndexes(EncodeIndexes(indexes)), indexes);
  }
}

TEST(PageToken, ComesBackAsItWasGiven) {
  const TokenKey key = RandomTokenKey();
  for (const std::string& id : {std::string("ana"), std::string("\0\xff", 2), std::string(512, 'i')}) {
    EXPECT_EQ(*DecodeToken(key, "t", EncodeToken(key, "t", id)), id);
  }
  EXPECT_EQ(*DecodeToken(key, "t", ""), "");
}

TEST(PageToken, OfAnotherTableOrDirectoryOrNobodyIsRefused) {
  const TokenKey key = RandomTokenKey();
  const std::string token = EncodeToken(key, "t", "ana");
  const auto is_refused = [&](const TokenKey& k, std::string_view table, const std::string& given) {
    return DecodeToken(k, table, given).status().code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(is_refused(key, "u", token));
  EXPECT_TRUE(is_refused(RandomTokenKey(), "t", token));
  EXPECT_TRUE(is_refused(key, "t", token + token));
  for (size_t i = 0; i < token.size(); ++i) {
    EXPECT_TRUE(is_refused(key, "t", token.substr(0, i == 0 ? 1 : i)));
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(is_refused(key, "t", changed)) << i;
  }
}

}  // namespace
}  // namespace tomada::rocksdb_store
