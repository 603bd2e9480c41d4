// What is left when the disk fails.
#include <thread>

#include "disk_fixture.h"

namespace tomada::rocksdb_store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Code = absl::StatusCode;
using testing::HasValue;
using testing::IsAbsent;
using testing::IsApplied;
using testing::RecordWithKeys;
using testing::RefusedWith;
using testing::TestCall;

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

// They were validated on top of it: "taken" and "replayed" would be wrong, and nothing of them is written.
TEST_F(DiskTest, WhatRestsOnAFailedSyncIsNotApplied) {
  Open();
  TestCall first, calls[4];
  files_->Hold();
  const Operation insert;
  Background held(table_->Insert(first, insert, RecordWithKeys("ana", "1", {{"email", "a@x"}})));
  files_->WaitUntilHeld();
  Background again(table_->Insert(calls[0], insert, RecordWithKeys("ana", "1", {{"email", "a@x"}})));
  Background taken(table_->Insert(calls[1], Operation(), Record("ana", "2")));
  Background removed(table_->Remove(calls[2], Operation(), "ana", std::nullopt));
  Background other(table_->Insert(calls[3], Operation(), Record("bia", "3")));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  files_->FailNextSync(rocksdb::IOStatus::IOError("fdatasync", "EIO"));
  const int syncs = files_->syncs();
  files_->Release();
  EXPECT_THAT(held.Wait(), UnknownWith(Code::kUnavailable));
  for (Background* behind : {&again, &taken, &removed, &other}) {
    EXPECT_THAT(behind->Wait(), RefusedWith(Code::kUnavailable));
  }
  EXPECT_EQ(files_->syncs(), syncs);
  Reopen();
  EXPECT_THAT(sync().Get("bia"), IsAbsent());
  EXPECT_EQ(sync().Insert(RecordWithKeys("ana", "1", {{"email", "a@x"}}), insert).status(), absl::OkStatus());
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("1"));
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

// Else a power cut could take the first of two logs and leave the second.
TEST_F(DiskTest, AtAppliedTooALogIsOnDiskBeforeTheNextBegins) {
  config_.durability = Durability::kApplied;
  Open();
  for (int i = 0; i < 60; ++i) {
    ASSERT_THAT(sync().Put(Record(std::to_string(i), std::string(1 << 20, 'v'))), IsApplied());
  }
  EXPECT_GE(files_->logs(), 4);
  EXPECT_EQ(files_->early_logs(), 0);
}

TEST_F(DiskTest, AtAppliedTheDiskHasEverythingASecondLater) {
  config_.durability = Durability::kApplied;
  Open();
  ASSERT_THAT(sync().Insert(Record("ana", "")), IsApplied());
  const int syncs = files_->syncs();
  const Deadline patience = Soon();
  while (files_->syncs() == syncs && std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(files_->syncs(), syncs + 1);
}

}  // namespace
}  // namespace tomada::rocksdb_store
