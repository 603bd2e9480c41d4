// What holds for this store beyond the promises of every store: it has clocks that can be set, memory that is given
// back, and answers at once.
#include "memory_store.h"

#include <thread>

#include <absl/time/clock.h>
#include <fmt/format.h>

#include "conformance/table_semantics.h"
#include "support/metric_numbers.h"

namespace tomada::memory_store {
namespace {

using Code = absl::StatusCode;
using testing::HasValue;
using testing::IsAbsent;
using testing::IsApplied;
using testing::IsReplayOf;
using testing::RecordUntil;
using testing::RecordWithKeys;
using testing::RefusedWith;
using testing::SyncTable;

class MemoryStoreTest : public ::testing::Test {
 protected:
  explicit MemoryStoreTest(const Config& config = Config())
      : store_(config, Clock([this] { return now_; }, [this] { return uptime_; })) {
    TableOptions options("usuarios");
    options.unique_indexes = {"email"};
    options.operation_retention = absl::Hours(1);
    table_ = *store_.OpenTable(options);
  }

  SyncTable sync() { return SyncTable(*table_); }

  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  absl::Duration uptime_ = absl::Seconds(100);
  MemoryStore store_;
  std::unique_ptr<Table> table_;
};

TEST(MemoryStore, CountsWhatItDoes) {
  const auto registry = std::make_shared<MetricsRegistry>();
  MemoryStore store{Config(), Clock(), Metrics(registry, "store")};
  const std::unique_ptr<Table> table = *store.OpenTable(TableOptions("usuarios"));
  SyncTable sync(*table);
  EXPECT_THAT(sync.Insert(Record("ana", "1")), IsApplied());
  EXPECT_THAT(sync.Insert(Record("ana", "1")), RefusedWith(Code::kAlreadyExists));
  EXPECT_THAT(sync.Get("ana"), HasValue("1"));
  EXPECT_THAT(sync.Get("nobody"), IsAbsent());
  EXPECT_TRUE(sync.GetMany({"ana", "nobody"}).ok());
  EXPECT_FALSE(sync.List(0).ok());
  std::map<std::string, double> numbers = testing::Numbers(*registry);
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=write,code=OK}"], 1);
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=write,code=ALREADY_EXISTS}"], 1);
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=read,code=OK}"], 3);
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=read,code=INVALID_ARGUMENT}"], 1);
}

TEST_F(MemoryStoreTest, KnowsHowMuchItKeeps) {
  const uint64_t before = *store_.counters().bytes;
  EXPECT_EQ(store_.counters().records, 0u);
  const std::string value(1000, 'x');
  for (const char* id : {"ana", "bia", "carlos"}) ASSERT_THAT(sync().Insert(Record(id, value)), IsApplied());
  ASSERT_THAT(sync().Put(Record("ana", "1")), IsApplied());
  EXPECT_EQ(store_.counters().records, 3u);
  EXPECT_GT(*store_.counters().bytes, before + 2000);
  ASSERT_THAT(sync().Remove("bia"), IsApplied());
  EXPECT_EQ(store_.counters().records, 2u);
}

TEST_F(MemoryStoreTest, ARecordIsThereUntilTheMillisecondBeforeItsExpiry) {
  Record record = RecordWithKeys("ana", "1", {{"email", "a@x"}});
  const absl::Time end = now_ + absl::Seconds(10);
  record.expires_at = end;
  ASSERT_THAT(sync().Insert(record), IsApplied());

  now_ = end - absl::Milliseconds(1);
  EXPECT_THAT(sync().Get("ana"), HasValue("1"));
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("1"));
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", "a@x"}})), RefusedWith(Code::kAlreadyExists));

  now_ = end;
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "a@x"), IsAbsent());
  EXPECT_EQ(sync().List(10)->records.size(), 0u);
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", "a@x"}})), IsApplied());
}

TEST_F(MemoryStoreTest, SweepingAnExpiredRecordLeavesTheKeyToItsNewHolder) {
  Record record = RecordWithKeys("ana", "1", {{"email", "a@x"}});
  record.expires_at = now_ + absl::Seconds(1);
  ASSERT_THAT(sync().Insert(record), IsApplied());
  now_ += absl::Seconds(1);
  ASSERT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", "a@x"}})), IsApplied());
  store_.Sweep();
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("2"));
  EXPECT_THAT(sync().Insert(RecordWithKeys("ana", "3", {{"email", "a@x"}})), RefusedWith(Code::kAlreadyExists));
}

TEST_F(MemoryStoreTest, ASweepGivesBackAllThatHasEnded) {
  for (int i = 0; i < 2000; ++i) {
    Record record = RecordWithKeys(std::to_string(i), "value", {{"email", fmt::format("{}@x", i)}});
    record.expires_at = now_ + absl::Seconds(i % 10 + 1);
    ASSERT_THAT(sync().Insert(record), IsApplied());
  }
  const uint64_t full = store_.bytes_used();
  store_.Sweep();
  EXPECT_EQ(store_.bytes_used(), full);
  now_ += absl::Seconds(5);
  store_.Sweep();
  EXPECT_LT(store_.bytes_used(), full);
  EXPECT_EQ(testing::SyncTable(*table_).List(1000)->records.size(), 1000u);
  now_ += absl::Seconds(5);
  uptime_ += absl::Hours(1);
  store_.Sweep();
  EXPECT_EQ(store_.bytes_used(), 0u);
}

TEST_F(MemoryStoreTest, RemovedAndReplacedRecordsGiveBackTheirMemory) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_THAT(sync().Put(RecordWithKeys("ana", std::string(i, 'v'), {{"email", std::to_string(i)}})), IsApplied());
  }
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  uptime_ += absl::Hours(1);
  store_.Sweep();
  EXPECT_EQ(store_.bytes_used(), 0u);
}

TEST_F(MemoryStoreTest, AnOperationIsRememberedForItsWholeTime) {
  const Operation insert;
  absl::StatusOr<Written> written = sync().Insert(Record("ana", "1"), insert);
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  now_ += absl::Hours(1000);  // the wall clock does not count
  uptime_ += absl::Hours(1) - absl::Nanoseconds(1);
  store_.Sweep();
  EXPECT_THAT(sync().Insert(Record("ana", "1"), insert), IsReplayOf(written));

  uptime_ += absl::Nanoseconds(1);
  EXPECT_THAT(sync().Insert(Record("ana", "1"), insert), IsApplied());
  store_.Sweep();  // of the old result, not of the new one
  EXPECT_TRUE(sync().Insert(Record("ana", "1"), insert)->replayed);
}

TEST_F(MemoryStoreTest, AReadGivesTheStoredRecordItself) {
  ASSERT_THAT(sync().Insert(RecordWithKeys("ana", "1", {{"email", "a@x"}})), IsApplied());
  const RecordPtr record = *sync().Get("ana");
  EXPECT_EQ(*sync().Get("ana"), record);
  EXPECT_EQ(*sync().Find("email", "a@x"), record);
  EXPECT_EQ(sync().List(1)->records[0], record);
}

TEST_F(MemoryStoreTest, CallsFinishBeforeTheyReturn) {
  testing::TestCall call;
  bool finished = false;
  Spawn(table_->Insert(call, Operation(), Record("ana", "1")),
        [&](const absl::StatusOr<Written>&) { finished = true; });
  EXPECT_TRUE(finished);
  finished = false;
  Spawn(table_->Get(call, "ana"), [&](const absl::StatusOr<RecordPtr>&) { finished = true; });
  EXPECT_TRUE(finished);
}

TEST_F(MemoryStoreTest, AWalkOverExpiredRecordsEnds) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_THAT(sync().Insert(RecordUntil(std::to_string(i), "", now_ + absl::Seconds(1))), IsApplied());
  }
  ASSERT_THAT(sync().Insert(Record("stays", "")), IsApplied());
  now_ += absl::Seconds(1);
  size_t found = 0, pages = 0;
  std::string token;
  do {
    absl::StatusOr<Page> page = sync().List(10, token);
    ASSERT_EQ(page.status(), absl::OkStatus());
    found += page->records.size();
    token = page->next_token;
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(found, 1u);
  EXPECT_EQ(pages, 11u);
}

Config WithMaxBytes(uint64_t bytes) {
  Config config;
  config.max_bytes = ByteSize{bytes};
  return config;
}

class FullMemoryStoreTest : public MemoryStoreTest {
 protected:
  FullMemoryStoreTest() : MemoryStoreTest(WithMaxBytes(100'000)) {}
};

TEST_F(FullMemoryStoreTest, WritesAreRefusedUntilThereIsRoom) {
  const Operation first;
  absl::StatusOr<Written> written = sync().Insert(Record("first", ""), first);
  int records = 0;
  while (sync().Insert(RecordUntil(std::to_string(records), std::string(1000, 'v'), now_ + absl::Hours(2))).ok()) {
    ASSERT_LT(++records, 1000);
  }
  EXPECT_GT(records, 10);
  EXPECT_LT(store_.bytes_used(), 102'000u);
  absl::StatusOr<Written> refused = sync().Insert(Record("new", ""));
  EXPECT_THAT(refused, RefusedWith(Code::kResourceExhausted));
  EXPECT_THAT(std::string(refused.status().message()), ::testing::HasSubstr("max_bytes"));
  EXPECT_THAT(sync().Put(Record("first", "other")), RefusedWith(Code::kResourceExhausted));
  EXPECT_THAT(sync().Insert(Record("first", ""), first), IsReplayOf(written));
  EXPECT_THAT(sync().Get("0"), HasValue(std::string(1000, 'v')));

  EXPECT_THAT(sync().Remove("0"), IsApplied());
  EXPECT_THAT(sync().Remove("1"), IsApplied());
  EXPECT_THAT(sync().Insert(Record("new", "")), IsApplied());
}

TEST(MemoryStore, StopMayComeWithoutStartAndTwice) {
  MemoryStore store{Config()};
  EXPECT_EQ(store.Stop({}), absl::OkStatus());
  EXPECT_EQ(store.Start(), absl::OkStatus());
  EXPECT_EQ(store.Stop({}), absl::OkStatus());
  EXPECT_EQ(store.Stop({}), absl::OkStatus());
}

TEST(MemoryStore, AStartedStoreSweepsByItself) {
  MemoryStore store{Config()};
  TableOptions options("t");
  options.operation_retention = absl::Milliseconds(1);
  std::unique_ptr<Table> table = *store.OpenTable(options);
  ASSERT_THAT(SyncTable(*table).Insert(RecordUntil("ana", "", absl::Now() + absl::Milliseconds(1))), IsApplied());
  ASSERT_EQ(store.Start(), absl::OkStatus());
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (store.bytes_used() != 0 && absl::Now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(store.bytes_used(), 0u);
  EXPECT_EQ(store.Stop({}), absl::OkStatus());
}

TEST(MemoryStore, VersionsOfTwoProcessesDiffer) {
  std::string versions[2];
  for (std::string& version : versions) {
    MemoryStore store{Config()};
    std::unique_ptr<Table> table = *store.OpenTable(TableOptions("t"));
    version = SyncTable(*table).Insert(Record("ana", ""))->version;
  }
  EXPECT_NE(versions[0], versions[1]);
}

TEST(MemoryStore, ConfigIsDescribed) {
  const ConfigSchema schema = ConfigSchema::Of<Config>();
  ASSERT_NE(schema.Find("shards"), nullptr);
  EXPECT_EQ(ParseConfigValue(*schema.Find("shards"), "0").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(FormatConfigValue(schema.Find("max_bytes")->default_value), "1GiB");
}

}  // namespace
}  // namespace tomada::memory_store
