// What stays over a restart, and what is swept away.
#include <set>
#include <thread>

#include <rocksdb/db.h>

#include "conformance/table_semantics.h"
#include "keys.h"
#include "make_store.h"
#include "support/temp_dir.h"

namespace tomada::rocksdb_store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Code = absl::StatusCode;
using testing::FailsWith;
using testing::HasValue;
using testing::IsAbsent;
using testing::IsApplied;
using testing::IsReplayOf;
using testing::RecordUntil;
using testing::RecordWithKeys;
using testing::RefusedWith;
using testing::SyncTable;

class RestartTest : public ::testing::Test {
 protected:
  RestartTest() { Open(); }

  void Open() {
    Surroundings surroundings;
    surroundings.clock = [this] { return absl::FromUnixMillis(now_.load()); };
    surroundings.sweep_interval = std::chrono::milliseconds(1);
    store_ = MakeStore(config_, surroundings, witness_);
    ASSERT_EQ(store_->Start(), absl::OkStatus());
    table_ = *store_->OpenTable(options_);
  }
  void Close() {
    table_.reset();
    EXPECT_EQ(store_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(10)), absl::OkStatus());
    store_.reset();
  }
  void Reopen() {
    Close();
    Open();
  }
  SyncTable sync() { return SyncTable(*table_); }
  void Advance(absl::Duration by) { now_ += absl::ToInt64Milliseconds(by); }
  absl::Time now() const { return absl::FromUnixMillis(now_.load()); }

  // How many keys of each kind (their first byte) are on disk. Closes the store.
  std::map<char, int> Keys() {
    if (store_) Close();
    rocksdb::DB* opened = nullptr;
    EXPECT_TRUE(rocksdb::DB::OpenForReadOnly(rocksdb::Options(), config_.path + "/rocksdb", &opened).ok());
    std::unique_ptr<rocksdb::DB> database(opened);
    std::unique_ptr<rocksdb::Iterator> at(database->NewIterator(rocksdb::ReadOptions()));
    std::map<char, int> keys;
    for (at->SeekToFirst(); at->Valid(); at->Next()) ++keys[at->key()[0]];
    return keys;
  }
  // Until the sweep has taken everything of these kinds.
  void WaitForSweep(const std::string& kinds) {
    for (int i = 0; i < 200; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      std::map<char, int> keys = Keys();
      bool swept = true;
      for (char kind : kinds) swept &= keys[kind] == 0;
      if (swept) return;
      Open();
    }
    ADD_FAILURE() << "never swept: " << kinds;
  }

  static TableOptions Options() {
    TableOptions options("usuarios");
    options.unique_indexes = {"email", "phone"};
    return options;
  }

  testing::TempDir directory_;
  Config config_ = ConfigFor(directory_.path() / "store");
  TableOptions options_ = Options();
  std::atomic<int64_t> now_ = 1'700'000'000'000;
  std::shared_ptr<Witness> witness_ = std::make_shared<Witness>();
  std::unique_ptr<RocksdbStore> store_;
  std::unique_ptr<Table> table_;
};

TEST_F(RestartTest, ItKnowsTheBytesThatItKeeps) {
  Reopen();
  const std::optional<uint64_t> before = store_->counters().bytes;
  ASSERT_TRUE(before);
  ASSERT_THAT(sync().Insert(Record("ana", std::string(100'000, 'x'))), IsApplied());
  EXPECT_GT(*store_->counters().bytes, *before + 100'000) << "in memory";
  EXPECT_EQ(store_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(10)), absl::OkStatus());
  EXPECT_EQ(store_->counters().bytes, std::nullopt);
  Reopen();
  EXPECT_GT(*store_->counters().bytes, *before) << "in files";
}

TEST_F(RestartTest, RecordsKeysAndOperationsStay) {
  const Operation insert, remove;
  Record record = RecordWithKeys("ana", "value", {{"email", "a@x"}});
  record.expires_at = now() + absl::Hours(1);
  const absl::StatusOr<Written> inserted = sync().Insert(record, insert);
  ASSERT_THAT(inserted, IsApplied());
  ASSERT_THAT(sync().Insert(RecordWithKeys("bia", "", {{"email", "b@x"}})), IsApplied());
  const absl::StatusOr<Written> removed = sync().Remove("bia", std::nullopt, remove);
  Reopen();
  ASSERT_THAT(sync().Find("email", "a@x"), HasValue("value"));
  EXPECT_EQ((*sync().Get("ana"))->version, inserted->version);
  EXPECT_EQ((*sync().Get("ana"))->expires_at, record.expires_at);
  EXPECT_THAT(sync().Find("email", "b@x"), IsAbsent());
  EXPECT_THAT(sync().Insert(record, insert), IsReplayOf(inserted));
  EXPECT_THAT(sync().Remove("bia", std::nullopt, remove), IsReplayOf(removed));
  EXPECT_THAT(sync().Insert(RecordWithKeys("caio", "", {{"email", "a@x"}})), RefusedWith(Code::kAlreadyExists));
  EXPECT_TRUE(store_->capabilities().survives_restart);
}

TEST_F(RestartTest, AWalkGoesOnAfterARestart) {
  for (int i = 0; i < 10; ++i) ASSERT_THAT(sync().Insert(Record(std::to_string(i), "")), IsApplied());
  std::set<std::string> ids;
  std::string token;
  do {
    absl::StatusOr<Page> page = sync().List(3, token);
    ASSERT_EQ(page.status(), absl::OkStatus());
    for (const RecordPtr& record : page->records) EXPECT_TRUE(ids.insert(record->id).second);
    token = page->next_token;
    Reopen();
  } while (!token.empty());
  EXPECT_EQ(ids.size(), 10u);
}

TEST_F(RestartTest, NoVersionComesAgain) {
  std::set<std::string> versions;
  for (int run = 0; run < 10; ++run) {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(versions.insert(sync().Put(Record("ana", ""))->version).second);
    Reopen();
  }
}

TEST_F(RestartTest, AWriteAfterARestartNeedsTheVersionThatIsThere) {
  const std::string version = sync().Insert(Record("ana", "1"))->version;
  Reopen();
  EXPECT_THAT(sync().Update(Record("ana", "2"), "other"), RefusedWith(Code::kAborted));
  EXPECT_THAT(sync().Update(Record("ana", "2"), version), IsApplied());
}

TEST_F(RestartTest, APageHasALimitInBytes) {
  for (int i = 0; i < 10; ++i)
    ASSERT_THAT(sync().Insert(Record(std::to_string(i), std::string(1 << 20, 'v'))), IsApplied());
  const absl::StatusOr<Page> page = sync().List(1000);
  EXPECT_LE(page->records.size(), 5u);
  EXPECT_FALSE(page->next_token.empty());
}

TEST_F(RestartTest, OtherUniqueIndexesAreRefused) {
  Reopen();  // never written to: they may still change
  ASSERT_THAT(sync().Insert(Record("ana", "")), IsApplied());
  Close();
  options_.unique_indexes = {"phone", "email"};  // the order tells nothing
  Open();
  table_.reset();
  Close();
  store_ = MakeStore(config_);
  ASSERT_EQ(store_->Start(), absl::OkStatus());
  options_.unique_indexes = {"email"};
  const absl::Status refused = store_->OpenTable(options_).status();
  EXPECT_EQ(refused.code(), Code::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("[email, phone]"));
}

TEST_F(RestartTest, ATableIsOpenedAfterTheStart) {
  EXPECT_THAT(MakeStore(config_)->OpenTable(options_), FailsWith(Code::kFailedPrecondition));
}

TEST_F(RestartTest, ARecordIsThereUntilTheMillisecondBeforeItsExpiry) {
  Record record = RecordWithKeys("ana", "1", {{"email", "a@x"}});
  record.expires_at = now() + absl::Seconds(10);
  ASSERT_THAT(sync().Insert(record), IsApplied());
  Advance(absl::Seconds(10) - absl::Milliseconds(1));
  EXPECT_THAT(sync().Get("ana"), HasValue("1"));
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", "a@x"}})), RefusedWith(Code::kAlreadyExists));
  Advance(absl::Milliseconds(1));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "a@x"), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", "a@x"}})), IsApplied());
}

TEST_F(RestartTest, TheSweepTakesAllThatHasEndedAndNothingElse) {
  for (int i = 0; i < 1500; ++i) {
    Record record = RecordWithKeys(std::to_string(i), "value", {{"email", std::to_string(i)}});
    if (i >= 100) record.expires_at = now() + absl::Seconds(1 + i % 7);
    ASSERT_THAT(sync().Insert(record), IsApplied());
  }
  // Kept by a later expiry, and a key that passes to another.
  ASSERT_THAT(sync().Put(RecordUntil("200", "kept", now() + absl::Hours(100))), IsApplied());
  Advance(absl::Seconds(10));
  ASSERT_THAT(sync().Insert(RecordWithKeys("heir", "", {{"email", "300"}})), IsApplied());
  Advance(absl::Hours(2));
  WaitForSweep("o");
  std::map<char, int> keys = Keys();
  EXPECT_EQ(keys['r'], 102);
  EXPECT_EQ(keys['u'], 101);
  EXPECT_EQ(keys['x'], 1);
  Open();
  EXPECT_THAT(sync().Get("200"), HasValue("kept"));
  EXPECT_THAT(sync().Find("email", "300"), HasValue(""));
  EXPECT_THAT(sync().Find("email", "50"), HasValue("value"));
}

TEST_F(RestartTest, TheSweepComesBackForARecordThatHadEndedWhenItWasWritten) {
  Advance(absl::Hours(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the sweep has passed the time that follows
  ASSERT_THAT(sync().Insert(RecordUntil("old", "", now() - absl::Hours(1))), IsApplied());
  ASSERT_THAT(sync().Insert(RecordUntil("oldest", "", absl::InfinitePast())), IsApplied());
  WaitForSweep("r");
}

TEST_F(RestartTest, AnOperationIsRememberedForItsWholeTime) {
  const Operation insert;
  const absl::StatusOr<Written> written = sync().Insert(Record("ana", "1"), insert);
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  Advance(absl::Hours(1) - absl::Milliseconds(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  Reopen();
  EXPECT_THAT(sync().Insert(Record("ana", "1"), insert), IsReplayOf(written));
  Advance(absl::Milliseconds(1));
  EXPECT_THAT(sync().Insert(Record("ana", "1"), insert), IsApplied());
  EXPECT_TRUE(sync().Insert(Record("ana", "1"), insert)->replayed);
}

TEST_F(RestartTest, NoLogTellsOfIdsOrValues) {
  ASSERT_THAT(sync().Insert(RecordWithKeys("the_id", "the_value", {{"email", "the_key"}})), IsApplied());
  Reopen();
  EXPECT_THAT(sync().Get("the_id"), HasValue("the_value"));
  Close();
  std::string logs = witness_->log();
  EXPECT_THAT(logs, HasSubstr("open"));
  for (const auto& entry : std::filesystem::directory_iterator(config_.path + "/rocksdb")) {
    if (entry.path().filename().string().starts_with("LOG")) logs += testing::ReadFile(entry.path());
  }
  EXPECT_THAT(logs, Not(HasSubstr("the_")));
}

}  // namespace
}  // namespace tomada::rocksdb_store
