// The judge against tables that lose, double and lie.
#include "support/write_log.h"

#include <thread>

#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lying_table.h"
#include "memory_store.h"

namespace tomada::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WriteLogTest : public ::testing::Test {
 protected:
  WriteLogTest() {
    TableOptions options("t");
    options.unique_indexes = {"email"};
    honest_ = *store_.OpenTable(options);
    table_ = std::make_unique<LyingTable>(*honest_);
  }

  static Record Person(std::string id, std::string value, std::string email) {
    Record record(std::move(id), std::move(value));
    if (!email.empty()) record.unique_keys.emplace_back("email", std::move(email));
    return record;
  }

  // One write with one attempt, as a client logs it.
  absl::StatusOr<Written> Write(WriteKind kind, const Record& record, std::string version = "") {
    const size_t write = log_.Intend(kind, record);
    return Try(kind, write, record, Operation(), version);
  }
  absl::StatusOr<Written> Try(WriteKind kind, size_t write, const Record& record, const Operation& operation,
                              std::string version = "") {
    TestCall call(std::chrono::milliseconds(500));
    const size_t number = log_.Begin("a write", call.deadline());
    absl::StatusOr<Written> result = Attempt(call, kind, record, operation, version);
    log_.EndWrite(number, write, result);
    return result;
  }
  absl::StatusOr<Written> Attempt(Call& call, WriteKind kind, const Record& record, const Operation& operation,
                                  std::string version) {
    switch (kind) {
      case WriteKind::kInsert: return Await(table_->Insert(call, operation, record));
      case WriteKind::kPut: return Await(table_->Put(call, operation, record));
      case WriteKind::kUpdate: return Await(table_->Update(call, operation, record, version));
      case WriteKind::kRemove: return Await(table_->Remove(call, operation, record.id, std::nullopt));
    }
    return absl::UnknownError("");
  }
  std::vector<std::string> Check() { return log_.Check(*table_); }

  static absl::StatusOr<Written> Lose(Operation&, const LyingTable::Write&) {
    Written written;
    written.version = "made up";
    return written;
  }
  // As a network that delivers twice what a store without operations would then do twice.
  static absl::StatusOr<Written> Double(Operation& operation, const LyingTable::Write& write) {
    absl::StatusOr<Written> first = write();
    operation = Operation();
    [[maybe_unused]] auto second = write();
    return first;
  }
  static absl::StatusOr<Written> Deny(Operation&, const LyingTable::Write& write) {
    [[maybe_unused]] auto written = write();
    return NotApplied(absl::UnavailableError("denied"));
  }
  static absl::StatusOr<Written> Shrug(Operation&, const LyingTable::Write& write) {
    [[maybe_unused]] auto written = write();
    return absl::UnavailableError("perhaps");
  }

  memory_store::MemoryStore store_{memory_store::Config()};
  std::unique_ptr<Table> honest_;
  std::unique_ptr<LyingTable> table_;
  WriteLog log_;
};

TEST_F(WriteLogTest, FindsNothingWrongWithAnHonestTable) {
  std::string version = Write(WriteKind::kInsert, Person("ana", "1", "a@x"))->version;
  EXPECT_TRUE(Write(WriteKind::kUpdate, Person("ana", "2", "b@x"), version).ok());
  EXPECT_TRUE(Write(WriteKind::kInsert, Person("bia", "3", "a@x")).ok());
  EXPECT_TRUE(Write(WriteKind::kRemove, Record("bia", "")).ok());
  EXPECT_FALSE(Write(WriteKind::kInsert, Person("caio", "4", "b@x")).ok());
  EXPECT_TRUE(Write(WriteKind::kPut, Person("bia", "5", "")).ok());
  EXPECT_THAT(Check(), IsEmpty());
  EXPECT_EQ(log_.acknowledged(), 5u);
  EXPECT_EQ(log_.count(absl::StatusCode::kAlreadyExists), 1u);
}

TEST_F(WriteLogTest, CatchesALostInsert) {
  table_->on_insert = Lose;
  EXPECT_TRUE(Write(WriteKind::kInsert, Person("ana", "1", "")).ok());
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("the record is missing")));
}

TEST_F(WriteLogTest, CatchesALostPutAndALostRemove) {
  Write(WriteKind::kInsert, Person("ana", "1", "a@x")).IgnoreError();
  Write(WriteKind::kInsert, Person("bia", "2", "b@x")).IgnoreError();
  table_->on_put = table_->on_remove = Lose;
  Write(WriteKind::kPut, Person("ana", "3", "a@x")).IgnoreError();
  Write(WriteKind::kRemove, Record("bia", "")).IgnoreError();
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("the earlier \"1\""), HasSubstr("the earlier \"2\"")));
}

TEST_F(WriteLogTest, CatchesAPutAppliedTwice) {
  table_->on_put = Double;
  Write(WriteKind::kPut, Person("ana", "1", "")).IgnoreError();
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("applied twice")));
}

TEST_F(WriteLogTest, CatchesAWriteThatComesAgainAfterALaterOne) {
  Write(WriteKind::kPut, Person("ana", "1", "")).IgnoreError();
  Write(WriteKind::kPut, Person("ana", "2", "")).IgnoreError();
  TestCall call;
  Await(honest_->Put(call, Operation(), Person("ana", "1", ""))).IgnoreError();
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("applied again")));
}

TEST_F(WriteLogTest, CatchesARecordThatComesBack) {
  Write(WriteKind::kInsert, Person("ana", "1", "")).IgnoreError();
  Write(WriteKind::kRemove, Record("ana", "")).IgnoreError();
  TestCall call;
  Await(honest_->Insert(call, Operation(), Person("ana", "1", ""))).IgnoreError();
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("applied again")));
}

TEST_F(WriteLogTest, CatchesAWriteThatWasDenied) {
  Write(WriteKind::kInsert, Person("ana", "1", "")).IgnoreError();
  table_->on_put = Deny;
  Write(WriteKind::kPut, Person("ana", "2", "")).IgnoreError();
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("reported as not applied")));
}

TEST_F(WriteLogTest, AnUnknownOutcomeMayBeEither) {
  table_->on_insert = Shrug;
  EXPECT_FALSE(Write(WriteKind::kInsert, Person("ana", "1", "")).ok());
  table_->on_insert = [](Operation&, const auto&) { return absl::UnavailableError("perhaps"); };
  EXPECT_FALSE(Write(WriteKind::kInsert, Person("bia", "2", "")).ok());
  EXPECT_EQ(log_.unresolved(), 2u);
  EXPECT_THAT(Check(), IsEmpty());
}

TEST_F(WriteLogTest, ARetryThatFindsItsKeyTakenTellsTheOutcome) {
  EXPECT_TRUE(Write(WriteKind::kInsert, Person("bia", "1", "a@x")).ok());
  const Operation operation;
  const size_t write = log_.Intend(WriteKind::kInsert, Person("ana", "2", "a@x"));
  table_->on_insert = [](Operation&, const auto&) { return absl::UnavailableError("perhaps"); };
  EXPECT_FALSE(Try(WriteKind::kInsert, write, Person("ana", "2", "a@x"), operation).ok());
  EXPECT_EQ(log_.unresolved(), 1u);
  table_->on_insert = nullptr;
  EXPECT_EQ(TakenIndex(Try(WriteKind::kInsert, write, Person("ana", "2", "a@x"), operation).status()), "email");
  EXPECT_EQ(log_.unresolved(), 0u);
  EXPECT_THAT(Check(), IsEmpty());
}

TEST_F(WriteLogTest, ARetryThatSucceedsMustBeThere) {
  const Operation operation;
  const size_t write = log_.Intend(WriteKind::kInsert, Person("ana", "1", ""));
  table_->on_insert = Shrug;
  EXPECT_FALSE(Try(WriteKind::kInsert, write, Person("ana", "1", ""), operation).ok());
  table_->on_insert = nullptr;
  EXPECT_TRUE(Try(WriteKind::kInsert, write, Person("ana", "1", ""), operation)->replayed);
  EXPECT_EQ(log_.unresolved(), 0u);
  EXPECT_THAT(Check(), IsEmpty());
  TestCall call;
  Await(honest_->Remove(call, Operation(), "ana", std::nullopt)).IgnoreError();
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("missing")));
}

TEST_F(WriteLogTest, CatchesAnOperationAnsweredWithTwoVersions) {
  const Operation operation;
  const size_t write = log_.Intend(WriteKind::kPut, Person("ana", "1", ""));
  Try(WriteKind::kPut, write, Person("ana", "1", ""), operation).IgnoreError();
  Try(WriteKind::kPut, write, Person("ana", "1", ""), Operation()).IgnoreError();
  EXPECT_THAT(Check(), ::testing::Contains(HasSubstr("two versions")));
}

TEST_F(WriteLogTest, CatchesTwoOwnersOfAKey) {
  Write(WriteKind::kInsert, Person("ana", "1", "a@x")).IgnoreError();
  Write(WriteKind::kInsert, Person("bia", "2", "b@x")).IgnoreError();
  table_->on_read = [](const RecordPtr& record) {
    auto seen = std::make_shared<Record>(*record);
    seen->unique_keys[0].value = "a@x";
    return seen;
  };
  EXPECT_THAT(Check(), ::testing::Contains(HasSubstr("a@x is owned by ana and bia")));
}

TEST_F(WriteLogTest, CatchesARecordThatNobodyWrote) {
  TestCall call;
  Await(honest_->Insert(call, Operation(), Person("eve", "0", ""))).IgnoreError();
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("nobody wrote it")));
}

TEST_F(WriteLogTest, WhatIsAcknowledgedBelowTheSparedLevelMayBeLost) {
  Write(WriteKind::kInsert, Person("ana", "1", "")).IgnoreError();
  TestCall call;
  Await(honest_->Remove(call, Operation(), "ana", std::nullopt)).IgnoreError();
  EXPECT_THAT(log_.Check(*table_, Durability::kSynced), IsEmpty());
  EXPECT_THAT(log_.Check(*table_, Durability::kApplied), ElementsAre(HasSubstr("missing")));
}

TEST_F(WriteLogTest, CatchesACallThatEndsLateTwiceOrNever) {
  WriteLog log(std::chrono::milliseconds(10));
  const Deadline past = WriteLog::Clock::now() - std::chrono::seconds(20);
  const size_t late = log.Begin("the late one", past);
  log.End(late, absl::OkStatus());
  log.End(late, absl::OkStatus());
  log.Begin("the lost one", past);
  EXPECT_THAT(log.Check(*table_), ElementsAre(HasSubstr("the late one ended 20"), HasSubstr("ended twice"),
                                              HasSubstr("the lost one has not ended")));
}

TEST_F(WriteLogTest, SaysHowSoonWritesWentThroughAgain) {
  Write(WriteKind::kPut, Person("ana", "1", "")).IgnoreError();
  const auto fault = WriteLog::Clock::now();
  EXPECT_EQ(log_.RecoveryAfter(fault), std::nullopt);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  Write(WriteKind::kPut, Person("ana", "2", "")).IgnoreError();
  EXPECT_GE(log_.RecoveryAfter(fault), std::chrono::milliseconds(20));
}

}  // namespace
}  // namespace tomada::testing
