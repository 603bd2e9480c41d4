// What comes from the cache, and for how long.
#include <absl/time/clock.h>

#include "cache_entry.h"
#include "gated_test.h"

namespace tomada::testing {
namespace {

using CachedReads = GatedTest;

TEST_F(CachedReads, ASecondGetComesFromTheCacheWhole) {
  Record record = RecordWithKeys("ana", "value", {{"email", "a@x"}});
  record.expires_at = absl::FromUnixMillis(absl::ToUnixMillis(absl::Now()) + 3'600'000);
  absl::StatusOr<Written> written = table().Insert(record);
  ASSERT_THAT(written, IsApplied());
  ASSERT_THAT(table().Get("ana"), HasValue("value"));
  EXPECT_EQ(store().reads(), 1u);
  Read again = table().Get("ana");
  ASSERT_THAT(again, HasValue("value"));
  EXPECT_EQ(store().reads(), 1u);
  EXPECT_EQ((*again)->id, "ana");
  EXPECT_EQ((*again)->version, written->version);
  EXPECT_EQ((*again)->expires_at, record.expires_at);
  EXPECT_EQ((*again)->unique_keys, record.unique_keys);
}

TEST_F(CachedReads, CountsWhatTheCacheAnswers) {
  ASSERT_THAT(table().Insert(Record("ana", "1")), IsApplied());
  for (int i = 0; i < 3; ++i) ASSERT_THAT(table().Get("ana"), HasValue("1"));
  ASSERT_TRUE(table().GetMany({"ana", "nobody"}).ok());
  std::map<std::string, double> numbers = instance().numbers();
  EXPECT_EQ(numbers["tomada_cache_lookups_total{result=hit}"], 3);
  EXPECT_EQ(numbers["tomada_cache_lookups_total{result=miss}"], 2);
  EXPECT_EQ(numbers["tomada_cache_lookups_total{result=doubt}"], 0);
  EXPECT_EQ(numbers["tomada_cache_pauses_total{}"], 0);
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=write,code=OK}"], 1);
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=read,code=OK}"], 4);

  cache().Fail(What::kRemove, When::kBefore, absl::UnavailableError("gone"));
  ASSERT_THAT(table().Put(Record("ana", "2")), IsApplied());
  ASSERT_THAT(table().Get("ana"), HasValue("2"));
  numbers = instance().numbers();
  EXPECT_EQ(numbers["tomada_cache_lookups_total{result=doubt}"], 1);
  EXPECT_EQ(numbers["tomada_cache_pauses_total{}"], 1);
}

TEST_F(CachedReads, AFindComesFromTheCacheOnceTheRecordIsThere) {
  ASSERT_THAT(table().Insert(RecordWithKeys("ana", "value", {{"email", "a@x"}})), IsApplied());
  ASSERT_THAT(table().Find("email", "a@x"), HasValue("value"));
  ASSERT_THAT(table().Find("email", "a@x"), HasValue("value"));
  const size_t reads = store().reads();
  ASSERT_THAT(table().Find("email", "a@x"), HasValue("value"));
  EXPECT_THAT(table().Get("ana"), HasValue("value"));
  EXPECT_EQ(store().reads(), reads);
}

TEST_F(CachedReads, AKeyThatHasChangedHandsIsLookedUpAgain) {
  PutAndRead(RecordWithKeys("ana", "1", {{"email", "a@x"}}));
  ASSERT_THAT(table().Find("email", "a@x"), HasValue("1"));
  ASSERT_THAT(table().Put(Record("ana", "2")), IsApplied());
  EXPECT_THAT(table().Find("email", "a@x"), IsAbsent());
  ASSERT_THAT(table().Put(RecordWithKeys("bia", "3", {{"email", "a@x"}})), IsApplied());
  EXPECT_THAT(table().Find("email", "a@x"), HasValue("3"));
}

TEST_F(CachedReads, AbsentIsKeptUntilAWrite) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(table().Get("ana"), IsAbsent());
    EXPECT_THAT(table().Find("email", "a@x"), IsAbsent());
  }
  EXPECT_EQ(store().reads(), 2u);
  ASSERT_THAT(table().Insert(RecordWithKeys("ana", "1", {{"email", "a@x"}})), IsApplied());
  EXPECT_THAT(table().Get("ana"), HasValue("1"));
  EXPECT_THAT(table().Find("email", "a@x"), HasValue("1"));
  ASSERT_THAT(table().Remove("ana"), IsApplied());
  EXPECT_THAT(table().Get("ana"), IsAbsent());
  EXPECT_THAT(table().Find("email", "a@x"), IsAbsent());
}

TEST_F(CachedReads, WithoutANegativeTtlAbsentIsNotKept) {
  cached_store::Config config = LongLived();
  config.negative_ttl = absl::ZeroDuration();
  config.table_prefix = "other_";
  Instance other(store_, cache_, config);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(other.sync().Get("ana"), IsAbsent());
  EXPECT_EQ(store().reads(), 3u);
}

TEST_F(CachedReads, GetManyAsksTheStoreForWhatIsMissing) {
  for (std::string id : {"a", "b", "c"}) ASSERT_THAT(table().Put(Record(id, "value of " + id)), IsApplied());
  ASSERT_THAT(table().Get("b"), HasValue("value of b"));
  for (int i = 0; i < 2; ++i) {
    absl::StatusOr<std::vector<RecordPtr>> many = table().GetMany({"c", "b", "none", "c", "a"});
    ASSERT_TRUE(many.ok());
    EXPECT_EQ((*many)[0]->value, "value of c");
    EXPECT_EQ((*many)[1]->value, "value of b");
    EXPECT_EQ((*many)[2], nullptr);
    EXPECT_EQ((*many)[3]->value, "value of c");
    EXPECT_EQ((*many)[4]->value, "value of a");
  }
  EXPECT_EQ(store().calls(What::kGetMany), 1u);
  EXPECT_EQ(store().calls(What::kGet), 1u);
}

TEST_F(CachedReads, ARecordIsGivenOutUntilItsExpiryAndNotAfter) {
  const absl::Time end = absl::FromUnixMillis(absl::ToUnixMillis(absl::Now())) + absl::Milliseconds(100);
  ASSERT_THAT(table().Put(RecordUntil("ana", "1", end)), IsApplied());
  size_t reads = 0;
  while (absl::Now() < end) {
    Read read = table().Get("ana");
    if (absl::Now() < end) {
      ASSERT_THAT(read, HasValue("1"));
      reads = store().reads();
    }
  }
  EXPECT_THAT(table().Get("ana"), IsAbsent());
  EXPECT_EQ(reads, 1u) << "until then it came from the cache";
}

TEST_F(CachedReads, AValueTooLargeForTheCacheComesFromTheStore) {
  const std::string value(store_.capabilities().max_value_bytes, 'v');
  ASSERT_THAT(table().Put(Record("ana", value)), IsApplied());
  for (int i = 0; i < 2; ++i) EXPECT_THAT(table().Get("ana"), HasValue(value));
  EXPECT_EQ(store().reads(), 2u);
}

TEST_F(CachedReads, ARefusedWriteDropsWhatItsCallerHadRead) {
  PutAndRead(Record("ana", "1"));
  SyncTable direct(*DirectTable());
  ASSERT_THAT(direct.Put(Record("ana", "2")), IsApplied());
  Read old = table().Get("ana");
  ASSERT_THAT(old, HasValue("1")) << "another process has written";
  EXPECT_THAT(table().Update(Record("ana", "3"), (*old)->version), RefusedWith(absl::StatusCode::kAborted));
  Read fresh = table().Get("ana");
  ASSERT_THAT(fresh, HasValue("2"));
  EXPECT_THAT(table().Update(Record("ana", "3"), (*fresh)->version), IsApplied());
}

TEST_F(CachedReads, ClaimsWhatTheStoreClaimsAndItsOwnStaleness) {
  StoreCapabilities claims = instance().cached().capabilities();
  EXPECT_EQ(claims.staleness, absl::Minutes(1));
  EXPECT_EQ(claims.durability, store_.capabilities().durability);
  EXPECT_EQ(claims.survives_restart, store_.capabilities().survives_restart);
  EXPECT_EQ(claims.max_value_bytes, store_.capabilities().max_value_bytes);
}

TEST(CachedRestart, WhatAStoreHasForgottenIsNotFoundInTheCache) {
  std::unique_ptr<Store> cache = MakeMemory();
  for (int run = 0; run < 2; ++run) {
    std::unique_ptr<Store> store = MakeMemory();
    Instance instance(*store, *cache, LongLived());
    EXPECT_THAT(instance.sync().Get("ana"), IsAbsent()) << "run " << run;
    ASSERT_THAT(instance.sync().Put(Record("ana", "1")), IsApplied());
    EXPECT_THAT(instance.sync().Get("ana"), HasValue("1"));
  }
}

TEST_F(CachedReads, ACacheThatDoesNotAnswerIsLeftInTimeOnTheCallsThread) {
  PutAndRead(Record("ana", "1"));
  cache().Hold(What::kGet, When::kBefore);
  TestExecutor executor;
  TestCall call(executor);
  bool there = false;
  EXPECT_THAT(executor.Run(GetAndLook("ana", call, there)), HasValue("1"));
  EXPECT_TRUE(there);
}

TEST_F(CachedReads, AfterStopTheStoreAnswersAlone) {
  PutAndRead(Record("ana", "1"));
  ASSERT_EQ(instance().cached().Stop(Deadline::max()), absl::OkStatus());
  cache().Hold(What::kGet, When::kBefore);
  cache().Hold(What::kRemove, When::kBefore);
  EXPECT_THAT(table().Get("ana"), HasValue("1"));
  EXPECT_THAT(table().Put(Record("ana", "2")), IsApplied());
  EXPECT_THAT(table().Get("ana"), HasValue("2"));
}

TEST_F(CachedReads, NothingIsKnownOfAKeyAtRest) {
  for (int i = 0; i < 1000; ++i) {
    PutAndRead(RecordWithKeys(std::to_string(i), "v", {{"email", std::to_string(i)}}));
    ASSERT_THAT(table().Find("email", std::to_string(i)), HasValue("v"));
  }
  EXPECT_TRUE(Eventually([&] { return instance().cached().keys_known() == 0; }));
}

using namespace cached_store;  // NOLINT: the names of its parts

TEST(CacheEntryTest, IsReadAsItWasWritten) {
  auto record = std::make_shared<Record>("ana", std::string("\0v", 2));
  record->version = "v1";
  record->unique_keys = {UniqueKey("email", std::string("\xff\0", 2)), UniqueKey("phone", "")};
  std::optional<CacheEntry> entry = DecodeEntry(EncodeEntry(CacheEntry::Of(record)), "ana");
  ASSERT_TRUE(entry && entry->record);
  EXPECT_EQ(entry->record->id, "ana");
  EXPECT_EQ(entry->record->value, record->value);
  EXPECT_EQ(entry->record->version, "v1");
  EXPECT_EQ(entry->record->unique_keys, record->unique_keys);
  EXPECT_EQ(entry->record->expires_at, std::nullopt);
  EXPECT_EQ(DecodeEntry(EncodeEntry(CacheEntry::Owner("bia")), "")->owner, "bia");
  EXPECT_EQ(DecodeEntry(EncodeEntry(CacheEntry::Absent()), "x")->kind, CacheEntry::Kind::kAbsent);
}

TEST(CacheEntryTest, WhatItDidNotWriteIsNotRead) {
  auto record = std::make_shared<Record>("ana", "");
  record->version = "v1";
  record->unique_keys = {UniqueKey("email", "a@x")};
  const std::string bytes = EncodeEntry(CacheEntry::Of(record));
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(DecodeEntry(bytes.substr(0, size), "ana")) << size;
  EXPECT_FALSE(DecodeEntry("2a", "ana"));
  EXPECT_FALSE(DecodeEntry("1?", "ana"));
}

TEST(CacheEntryTest, KeysAndTableNamesKeepTheirLimitsAndDiffer) {
  const std::string longest(512, 'i');
  std::set<std::string> keys = {KeyOfId("a"),
                                KeyOfIndex("a", ""),
                                KeyOfIndex("", "a"),
                                KeyOfId(longest),
                                KeyOfIndex("email", longest),
                                KeyOfIndex("email", longest + "i"),
                                KeyOfId(longest.substr(1) + "j")};
  std::set<std::string> ids;
  for (const std::string& key : keys) {
    for (const char* salt : {"", "0123456789abcdef"}) ids.insert(CacheId(salt, key));
  }
  EXPECT_EQ(ids.size(), 14u);
  for (const std::string& id : ids) EXPECT_EQ(CheckId(id), absl::OkStatus());
  EXPECT_EQ(CacheTableName("cached_", "users"), "cached_users");
  const std::string name(64, 'n');
  EXPECT_EQ(CheckTableOptions(TableOptions(CacheTableName(std::string(32, 'p'), name))), absl::OkStatus());
  EXPECT_NE(CacheTableName("cached_", name), CacheTableName("cached_", std::string(64, 'm')));
}

TEST(CachedConfigTest, RefusesWhatCannotBe) {
  Config config;
  EXPECT_EQ(config.Check(), absl::OkStatus());
  config.negative_ttl = config.ttl + absl::Seconds(1);
  EXPECT_EQ(config.Check(), absl::InvalidArgumentError("`negative_ttl` is longer than `ttl`"));
  for (const char* prefix : {"", "Cached", "a.b", "a_prefix_that_is_longer_than_it_may_be"}) {
    config = Config();
    config.table_prefix = prefix;
    EXPECT_EQ(config.Check(), absl::InvalidArgumentError("`table_prefix` is not [a-z0-9_]{1,32}")) << prefix;
  }
}

}  // namespace
}  // namespace tomada::testing
