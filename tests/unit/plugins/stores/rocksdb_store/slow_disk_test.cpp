// What callers are told, and when, while the disk takes its time.
#include <thread>
#include <vector>

#include "disk_fixture.h"
#include "support/metric_numbers.h"

namespace tomada::rocksdb_store {
namespace {

using Code = absl::StatusCode;
using testing::HasValue;
using testing::IsAbsent;
using testing::IsApplied;
using testing::IsReplayOf;
using testing::RecordWithKeys;
using testing::RefusedWith;
using testing::TestCall;

TEST_F(DiskTest, NothingIsToldBeforeItIsOnDisk) {
  Open();
  TestCall first, second, third;
  const std::unique_ptr<Background> held = HoldWith(first, "ana");
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_EQ(sync().List(10)->records.size(), 0u);
  // Refused for what is not on disk yet, and for what is in its own group.
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
    // One record, again and again: each must see the one before it, in its own group.
    writes.push_back(std::make_unique<Background>(
        table_->Put(*calls.back(), Operation(), RecordWithKeys("ana", std::to_string(i), {{"email", "a@x"}}))));
  }
  const int before = files_->syncs();
  files_->Release();
  for (const auto& write : writes) EXPECT_THAT(write->Wait(), IsApplied());
  EXPECT_EQ(files_->syncs(), before + 1);
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("99"));
}

TEST_F(DiskTest, CountsWhatItDoes) {
  Open();
  TestCall first, second, third;
  const std::unique_ptr<Background> held = HoldWith(first, "ana");
  Background taken(table_->Insert(second, Operation(), Record("ana", "2")));
  Background other(table_->Insert(third, Operation(), Record("bia", "3")));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_FALSE(sync().Get("").ok());
  EXPECT_EQ(testing::Numbers(*registry_)["tomada_store_queue_depth{}"], 3);
  files_->Release();
  EXPECT_THAT(held->Wait(), IsApplied());
  EXPECT_THAT(taken.Wait(), RefusedWith(Code::kAlreadyExists));
  EXPECT_THAT(other.Wait(), IsApplied());
  std::map<std::string, double> numbers = testing::Numbers(*registry_);
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=write,code=OK}"], 2);
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=write,code=ALREADY_EXISTS}"], 1);
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=read,code=OK}"], 1);
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=read,code=INVALID_ARGUMENT}"], 1);
  EXPECT_EQ(numbers["tomada_store_queue_depth{}"], 0);
  EXPECT_EQ(numbers["tomada_store_commit_batch_size{}"], 2);
  EXPECT_EQ(numbers["tomada_store_commit_duration_seconds{}"], 2);
}

TEST_F(DiskTest, WritesOfOneGroupSeeEachOther) {
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

// The writes that wait were validated while the disk hung, on top of the first of them, which is then cancelled.
TEST_F(DiskTest, ACancelledWriteLeavesNothingToThoseBehindIt) {
  Open();
  const std::unique_ptr<Table> other_table = *store_->OpenTable(TableOptions("other"));
  TestCall first, calls[4];
  const Operation insert;
  const std::unique_ptr<Background> held = HoldWith(first, "first");
  Background cancelled(table_->Insert(calls[0], insert, RecordWithKeys("ana", "1", {{"email", "a@x"}})));
  Background key(table_->Insert(calls[1], Operation(), RecordWithKeys("bia", "2", {{"email", "a@x"}})));
  Background again(table_->Insert(calls[2], insert, RecordWithKeys("ana", "1", {{"email", "a@x"}})));
  Background new_table(other_table->Insert(calls[3], Operation(), Record("ana", "3")));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  calls[0].Cancel(absl::CancelledError("gone"));
  EXPECT_THAT(cancelled.Wait(), RefusedWith(Code::kCancelled));
  files_->Release();
  EXPECT_THAT(key.Wait(), IsApplied());
  EXPECT_EQ(TakenIndex(again.Wait().status()), "email");
  EXPECT_THAT(new_table.Wait(), IsApplied());
  EXPECT_THAT(sync().Get("ana"), IsAbsent());

  Reopen();
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("2"));
  TableOptions changed("other");
  changed.unique_indexes = {"email"};
  EXPECT_EQ(store_->OpenTable(changed).status().code(), Code::kFailedPrecondition);
}

TEST_F(DiskTest, AWriteSeesThoseThatAreBeingWritten) {
  Open();
  TestCall first, calls[4];
  files_->Hold();
  const Operation insert;
  Background held(table_->Insert(first, insert, RecordWithKeys("ana", "1", {{"email", "a@x"}})));
  files_->WaitUntilHeld();
  Background again(table_->Insert(calls[0], insert, RecordWithKeys("ana", "1", {{"email", "a@x"}})));
  Background key(table_->Insert(calls[1], Operation(), RecordWithKeys("bia", "2", {{"email", "a@x"}})));
  Background removed(table_->Remove(calls[2], Operation(), "ana", std::nullopt));
  Background freed(table_->Insert(calls[3], Operation(), RecordWithKeys("bia", "3", {{"email", "a@x"}})));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(again.answered() || key.answered());
  files_->Release();
  const absl::StatusOr<Written> result = held.Wait();
  EXPECT_THAT(result, IsApplied());
  EXPECT_THAT(again.Wait(), IsReplayOf(result));
  EXPECT_EQ(TakenIndex(key.Wait().status()), "email");
  EXPECT_THAT(removed.Wait(), IsApplied());
  EXPECT_THAT(freed.Wait(), IsApplied());
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("3"));
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

}  // namespace
}  // namespace tomada::rocksdb_store
