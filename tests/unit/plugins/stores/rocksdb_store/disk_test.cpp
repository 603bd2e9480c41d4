// What callers are told while the disk is slow, and after it has failed.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "conformance/table_semantics.h"
#include "faulty_files.h"
#include "make_store.h"
#include "support/temp_dir.h"

namespace tomada::rocksdb_store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Code = absl::StatusCode;
using testing::HasValue;
using testing::IsAbsent;
using testing::IsApplied;
using testing::IsReplayOf;
using testing::RecordWithKeys;
using testing::RefusedWith;
using testing::SyncTable;
using testing::TestCall;

// A status whose outcome is not known.
MATCHER_P(UnknownWith, code, "") {
  *result_listener << arg.status();
  return arg.status().code() == code && OutcomeOf(arg.status()) == WriteOutcome::kUnknown;
}

Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(10); }

// A write under way, on a call that can be cancelled.
class Background {
 public:
  explicit Background(Task<absl::StatusOr<Written>> task) {
    Spawn(std::move(task), [this](absl::StatusOr<Written> written) {
      std::lock_guard lock(mutex_);
      result_ = std::move(written);
      ++answers_;
      changed_.notify_all();
    });
  }
  bool answered() {
    std::lock_guard lock(mutex_);
    return answers_ > 0;
  }
  absl::StatusOr<Written> Wait() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [this] { return answers_ > 0; }));
    EXPECT_EQ(answers_, 1);
    return result_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int answers_ = 0;
  absl::StatusOr<Written> result_ = absl::UnknownError("not answered");
};

class DiskTest : public ::testing::Test {
 protected:
  DiskTest() { config_.path = directory_.path() / "store"; }
  ~DiskTest() override {
    files_->Release();
    if (store_) Close();
  }

  void Open() {
    Surroundings surroundings;
    surroundings.env = env_.get();
    surroundings.sweep_interval = std::chrono::hours(1);
    witness_ = std::make_shared<Witness>();
    store_ = MakeStore(config_, surroundings, witness_);
    ASSERT_EQ(store_->Start(), absl::OkStatus());
    TableOptions options("usuarios");
    options.unique_indexes = {"email"};
    table_ = *store_->OpenTable(options);
  }
  void Close() {
    table_.reset();
    store_->Stop(Soon()).IgnoreError();
    store_.reset();
  }
  void Reopen() {
    Close();
    Open();
  }

  SyncTable sync() { return SyncTable(*table_); }
  // Holds the disk and puts a write into the turn that waits for it.
  std::unique_ptr<Background> HoldWith(TestCall& call, const std::string& id) {
    files_->Hold();
    auto write = std::make_unique<Background>(table_->Insert(call, Operation(), Record(id, "held")));
    files_->WaitUntilHeld();
    return write;
  }

  testing::TempDir directory_;
  Config config_;
  std::shared_ptr<FaultyFiles> files_ = std::make_shared<FaultyFiles>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
  std::shared_ptr<Witness> witness_;
  std::unique_ptr<RocksdbStore> store_;
  std::unique_ptr<Table> table_;
};

TEST_F(DiskTest, NothingIsToldBeforeItIsOnDisk) {
  Open();
  TestCall first, second, third;
  const std::unique_ptr<Background> held = HoldWith(first, "ana");
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_EQ(sync().List(10)->records.size(), 0u);
  // Refused for what is not on disk yet, and for what is in its own turn.
  Background taken(table_->Insert(second, Operation(), Record("ana", "2")));
  Background other(table_->Insert(third, Operation(), RecordWithKeys("bia", "3", {{"email", "b@x"}})));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(held->answered() || taken.answered() || other.answered());
  EXPECT_THAT(sync().Find("email", "b@x"), IsAbsent());

  files_->Release();
  EXPECT_THAT(held->Wait(), IsApplied());
  EXPECT_THAT(taken.Wait(), RefusedWith(Code::kAlreadyExists));
  EXPECT_THAT(other.Wait(), IsApplied());
  EXPECT_THAT(sync().Get("ana"), HasValue("held"));
}

TEST_F(DiskTest, WritesThatWaitShareASync) {
  Open();
  TestCall call;
  const std::unique_ptr<Background> held = HoldWith(call, "first");
  std::vector<std::unique_ptr<TestCall>> calls;
  std::vector<std::unique_ptr<Background>> writes;
  for (int i = 0; i < 100; ++i) {
    calls.push_back(std::make_unique<TestCall>());
    // One record, again and again: each must see the one before it, in its own turn.
    writes.push_back(std::make_unique<Background>(
        table_->Put(*calls.back(), Operation(), RecordWithKeys("ana", std::to_string(i), {{"email", "a@x"}}))));
  }
  const int before = files_->syncs();
  files_->Release();
  for (const auto& write : writes) EXPECT_THAT(write->Wait(), IsApplied());
  EXPECT_EQ(files_->syncs(), before + 1);
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("99"));
}

TEST_F(DiskTest, WritesOfOneTurnSeeEachOther) {
  Open();
  TestCall first, calls[6];
  const std::unique_ptr<Background> held = HoldWith(first, "first");
  const Operation insert;
  Background inserted(table_->Insert(calls[0], insert, RecordWithKeys("ana", "1", {{"email", "a@x"}})));
  Background again(table_->Insert(calls[1], insert, RecordWithKeys("ana", "1", {{"email", "a@x"}})));
  Background key(table_->Insert(calls[2], Operation(), RecordWithKeys("bia", "2", {{"email", "a@x"}})));
  Background removed(table_->Remove(calls[3], Operation(), "ana", std::nullopt));
  Background freed(table_->Insert(calls[4], Operation(), RecordWithKeys("bia", "3", {{"email", "a@x"}})));
  Background gone(table_->Update(calls[5], Operation(), Record("ana", "4"), "version"));
  files_->Release();
  const absl::StatusOr<Written> result = inserted.Wait();
  EXPECT_THAT(result, IsApplied());
  EXPECT_THAT(again.Wait(), IsReplayOf(result));
  EXPECT_EQ(TakenIndex(key.Wait().status()), "email");
  EXPECT_THAT(removed.Wait(), IsApplied());
  EXPECT_THAT(freed.Wait(), IsApplied());
  EXPECT_THAT(gone.Wait(), RefusedWith(Code::kNotFound));
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("3"));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
}

TEST_F(DiskTest, ACallEndsWhileTheDiskHangs) {
  Open();
  TestCall taken_call, waiting_call;
  const std::unique_ptr<Background> taken = HoldWith(taken_call, "taken");
  Background waiting(table_->Insert(waiting_call, Operation(), Record("waiting", "")));
  taken_call.Cancel(absl::DeadlineExceededError("too late"));
  waiting_call.Cancel(absl::CancelledError("gone"));
  EXPECT_THAT(taken->Wait(), UnknownWith(Code::kDeadlineExceeded));
  EXPECT_THAT(waiting.Wait(), RefusedWith(Code::kCancelled));
  EXPECT_THAT(sync().Get("taken"), IsAbsent());  // reads do not wait

  files_->Release();
  EXPECT_THAT(sync().Insert(Record("next", "")), IsApplied());
  EXPECT_THAT(sync().Get("taken"), HasValue("held"));
  EXPECT_THAT(sync().Get("waiting"), IsAbsent());
}

TEST_F(DiskTest, AFullQueueRefusesAtOnce) {
  config_.max_queued_writes = 2;
  Open();
  TestCall calls[4];
  const std::unique_ptr<Background> held = HoldWith(calls[0], "taken");
  Background one(table_->Insert(calls[1], Operation(), Record("one", "")));
  Background two(table_->Insert(calls[2], Operation(), Record("two", "")));
  EXPECT_THAT(sync().Insert(Record("three", "")), RefusedWith(Code::kResourceExhausted));
  calls[1].Cancel(absl::CancelledError("gone"));  // which makes room
  Background four(table_->Insert(calls[3], Operation(), Record("four", "")));
  EXPECT_FALSE(four.answered());
  files_->Release();
  EXPECT_THAT(four.Wait(), IsApplied());
  EXPECT_THAT(sync().Get("three"), IsAbsent());
}

TEST_F(DiskTest, BytesThatWaitAreBounded) {
  config_.max_queued_bytes = ByteSize{2 << 20};
  Open();
  TestCall calls[3];
  const std::unique_ptr<Background> held = HoldWith(calls[0], "taken");
  Background one(table_->Insert(calls[1], Operation(), Record("one", std::string(1 << 20, 'v'))));
  EXPECT_THAT(sync().Insert(Record("two", std::string(1 << 20, 'v'))), RefusedWith(Code::kResourceExhausted));
  Background three(table_->Insert(calls[2], Operation(), Record("three", "small")));
  files_->Release();
  EXPECT_THAT(one.Wait(), IsApplied());
  EXPECT_THAT(three.Wait(), IsApplied());
}

TEST_F(DiskTest, AFailedSyncEndsAllWritingUntilARestart) {
  Open();
  const Operation insert;
  ASSERT_THAT(sync().Insert(Record("before", "1")), IsApplied());
  files_->FailNextSync(rocksdb::IOStatus::IOError("fdatasync", "EIO"));
  EXPECT_THAT(sync().Insert(RecordWithKeys("ana", "2", {{"email", "secret@x"}}), insert),
              UnknownWith(Code::kUnavailable));
  EXPECT_THAT(sync().Insert(Record("after", "3")), RefusedWith(Code::kUnavailable));
  EXPECT_THAT(sync().Remove("before"), RefusedWith(Code::kUnavailable));
  EXPECT_THAT(sync().Get("before"), HasValue("1"));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_FALSE(witness_->Of("store").ready);
  EXPECT_THAT(witness_->Of("store").reason, HasSubstr("cannot write"));
  EXPECT_THAT(witness_->log(), Not(HasSubstr("secret")));
  const int syncs = files_->syncs();
  Close();
  EXPECT_EQ(files_->syncs(), syncs);  // not tried again
  Open();

  // The repetition tells what became of it; either way it is there once.
  EXPECT_EQ(sync().Insert(RecordWithKeys("ana", "2", {{"email", "secret@x"}}), insert).status(), absl::OkStatus());
  EXPECT_THAT(sync().Get("ana"), HasValue("2"));
  EXPECT_THAT(sync().Get("before"), HasValue("1"));
  EXPECT_THAT(sync().Get("after"), IsAbsent());
  EXPECT_THAT(sync().Insert(Record("after", "3")), IsApplied());
}

TEST_F(DiskTest, WhatWaitsBehindAFailedSyncIsNotApplied) {
  Open();
  TestCall first, second;
  const std::unique_ptr<Background> held = HoldWith(first, "first");
  Background waiting(table_->Insert(second, Operation(), Record("second", "")));
  files_->FailNextSync(rocksdb::IOStatus::IOError("fdatasync", "EIO"));
  files_->Release();
  EXPECT_THAT(held->Wait(), UnknownWith(Code::kUnavailable));
  EXPECT_THAT(waiting.Wait(), RefusedWith(Code::kUnavailable));
  Reopen();
  EXPECT_THAT(sync().Get("second"), IsAbsent());
}

TEST_F(DiskTest, AFullDiskIsCalledThat) {
  Open();
  ASSERT_THAT(sync().Insert(Record("before", "1")), IsApplied());
  files_->FailNextAppend(rocksdb::IOStatus::NoSpace("write", "ENOSPC"));
  EXPECT_THAT(sync().Insert(Record("ana", "2")), UnknownWith(Code::kResourceExhausted));
  EXPECT_THAT(sync().Insert(Record("bia", "3")), RefusedWith(Code::kResourceExhausted));
  EXPECT_THAT(witness_->Of("store").reason, HasSubstr("disk is full"));
  Reopen();
  EXPECT_THAT(sync().Get("before"), HasValue("1"));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_THAT(sync().Insert(Record("ana", "2")), IsApplied());
}

TEST_F(DiskTest, ANearlyFullDiskTakesOnlyRemoves) {
  Open();
  ASSERT_THAT(sync().Insert(Record("ana", "1")), IsApplied());
  config_.min_free_space = ByteSize{uint64_t{1} << 60};
  Reopen();
  EXPECT_THAT(sync().Insert(Record("bia", "2")), RefusedWith(Code::kResourceExhausted));
  EXPECT_THAT(sync().Put(Record("ana", "2")), RefusedWith(Code::kResourceExhausted));
  EXPECT_THAT(sync().Insert(Record("ana", "2")), RefusedWith(Code::kAlreadyExists));
  EXPECT_THAT(sync().Remove("ana"), IsApplied());
  EXPECT_TRUE(witness_->Of("store").ready);
}

TEST_F(DiskTest, StopFinishesWhatWaitsAndThenRefuses) {
  Open();
  TestCall first, second;
  const std::unique_ptr<Background> held = HoldWith(first, "first");
  Background waiting(table_->Insert(second, Operation(), Record("second", "2")));
  std::jthread releaser([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    files_->Release();
  });
  EXPECT_EQ(store_->Stop(Soon()), absl::OkStatus());
  EXPECT_THAT(held->Wait(), IsApplied());
  EXPECT_THAT(waiting.Wait(), IsApplied());
  EXPECT_THAT(sync().Insert(Record("third", "")), RefusedWith(Code::kUnavailable));
  EXPECT_EQ(sync().Get("first").status().code(), Code::kUnavailable);
  EXPECT_EQ(sync().Find("email", "x").status().code(), Code::kUnavailable);
  EXPECT_EQ(sync().List(1).status().code(), Code::kUnavailable);
  EXPECT_EQ(store_->Stop(Soon()), absl::OkStatus());
}

TEST_F(DiskTest, StopAnswersAtItsGraceWhileTheDiskHangs) {
  Open();
  TestCall first, second;
  const std::unique_ptr<Background> held = HoldWith(first, "first");
  Background waiting(table_->Insert(second, Operation(), Record("second", "")));
  std::jthread stopper(
      [this] { store_->Stop(std::chrono::steady_clock::now() + std::chrono::milliseconds(50)).IgnoreError(); });
  EXPECT_THAT(held->Wait(), UnknownWith(Code::kUnavailable));
  EXPECT_THAT(waiting.Wait(), RefusedWith(Code::kUnavailable));
  files_->Release();
}

TEST_F(DiskTest, CancellationsAndAnswersRaceAndEachCallIsAnsweredOnce) {
  Open();
  for (int round = 0; round < 300; ++round) {
    TestCall calls[3];
    Background first(table_->Put(calls[0], Operation(), Record("a", "")));
    Background second(table_->Put(calls[1], Operation(), Record("b", "")));
    Background third(table_->Put(calls[2], Operation(), Record("c", "")));
    std::jthread canceller([&] { calls[round % 3].Cancel(absl::CancelledError("gone")); });
    for (Background* write : {&first, &second, &third}) EXPECT_NE(write->Wait().status().code(), Code::kUnknown);
  }
}

// Else a power cut could take the first of two logs and leave the second.
TEST_F(DiskTest, AtAppliedTooALogIsOnDiskBeforeTheNextBegins) {
  config_.durability = "applied";
  Open();
  for (int i = 0; i < 60; ++i) {
    ASSERT_THAT(sync().Put(Record(std::to_string(i), std::string(1 << 20, 'v'))), IsApplied());
  }
  EXPECT_GE(files_->logs(), 4);
  EXPECT_EQ(files_->early_logs(), 0);
}

TEST_F(DiskTest, AtAppliedTheDiskHasEverythingASecondLater) {
  config_.durability = "applied";
  Open();
  ASSERT_THAT(sync().Insert(Record("ana", "")), IsApplied());
  const int syncs = files_->syncs();
  const Deadline patience = Soon();
  while (files_->syncs() == syncs && std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(files_->syncs(), syncs + 1);
}

// --- What is on the disk after a crash.

std::filesystem::path NewestLog(const std::filesystem::path& store) {
  std::filesystem::path newest;
  for (const auto& entry : std::filesystem::directory_iterator(store / "rocksdb")) {
    if (entry.path().extension() == ".log") newest = std::max(newest, entry.path());
  }
  return newest;
}

// A copy of the directory taken while the store runs is what a crash leaves.
class CrashTest : public DiskTest {
 protected:
  void CopyAsACrashLeavesIt() {
    Open();
    for (int i = 0; i < 5; ++i)
      ASSERT_THAT(sync().Insert(Record(std::to_string(i), std::string(1000, 'v'))), IsApplied());
    const std::filesystem::path crashed = directory_.path() / "crashed";
    std::filesystem::copy(config_.path, crashed, std::filesystem::copy_options::recursive);
    Close();
    config_.path = crashed;
    log_ = NewestLog(crashed);
  }
  std::filesystem::path log_;
};

TEST_F(CrashTest, ATornEndOfTheLogIsDropped) {
  CopyAsACrashLeavesIt();
  std::filesystem::resize_file(log_, std::filesystem::file_size(log_) - 100);
  Open();
  EXPECT_THAT(sync().Get("3"), HasValue(std::string(1000, 'v')));
  EXPECT_THAT(sync().Get("4"), IsAbsent());
}

TEST_F(CrashTest, DamageInTheMiddleOfTheLogStopsTheStart) {
  CopyAsACrashLeavesIt();
  std::fstream file(log_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(log_) / 2));
  file << "damage";
  file.close();
  store_ = MakeStore(config_);
  const absl::Status started = store_->Start();
  EXPECT_EQ(started.code(), Code::kDataLoss) << started;
  EXPECT_THAT(std::string(started.message()), HasSubstr("restore"));
}

}  // namespace
}  // namespace tomada::rocksdb_store
