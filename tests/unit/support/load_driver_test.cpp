// The clients and the judge together, on a table that goes wrong now and then.
#include "support/load_driver.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lying_table.h"
#include "memory_store.h"
#include "support/process_usage.h"

namespace tomada::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class LoadDriverTest : public ::testing::Test {
 protected:
  LoadDriverTest() {
    TableOptions options("t");
    options.unique_indexes = {"email"};
    honest_ = *store_.OpenTable(options);
    table_ = std::make_unique<LyingTable>(*honest_);
  }

  std::vector<std::string> Run(Load load = Load()) {
    LoadDriver driver(*table_, log_, load);
    // By the work done, not by the clock: a busy machine does little in a while.
    const auto patience = WriteLog::Clock::now() + std::chrono::seconds(20);
    for (size_t before = log_.acknowledged();
         log_.acknowledged() < before + 2000 && WriteLog::Clock::now() < patience;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    driver.Stop();
    return log_.Check(*table_);
  }

  // Does `wrong` in place of every 50th write.
  LyingTable::Interference Seldom(LyingTable::Interference wrong) {
    return [this, wrong](Operation& operation, const LyingTable::Write& write) {
      return ++writes_ % 50 == 0 ? wrong(operation, write) : write();
    };
  }

  memory_store::MemoryStore store_{memory_store::Config()};
  std::unique_ptr<Table> honest_;
  std::unique_ptr<LyingTable> table_;
  WriteLog log_;
  std::atomic<int> writes_{0};
};

TEST_F(LoadDriverTest, FindsNothingWrongWithAnHonestTable) {
  EXPECT_THAT(Run(), IsEmpty()) << log_.Summary();
  EXPECT_GT(log_.acknowledged(), 100u);
  EXPECT_EQ(log_.unresolved(), 0u);
}

TEST_F(LoadDriverTest, LeavesNothingBehind) {
  EXPECT_THAT(Run(), IsEmpty());
  const ProcessUsage before = ProcessUsage::Now();
  Load again;
  again.name = "d";
  EXPECT_THAT(Run(again), IsEmpty());
  EXPECT_EQ(ProcessUsage::Now().descriptors, before.descriptors);
  if (kMemoryIsTrue) EXPECT_LT(ProcessUsage::Now().resident_bytes, before.resident_bytes + (64 << 20));
}

TEST_F(LoadDriverTest, ResolvesUnknownOutcomes) {
  table_->on_put = table_->on_insert = table_->on_remove = table_->on_update =
      Seldom([](Operation&, const LyingTable::Write& write) {
        absl::StatusOr<Written> written = write();
        if (written.ok()) written = absl::UnavailableError("the answer is lost");
        return written;
      });
  EXPECT_THAT(Run(), IsEmpty()) << log_.Summary();
  EXPECT_GT(log_.count(absl::StatusCode::kUnavailable), 0u);
  EXPECT_EQ(log_.unresolved(), 0u);
}

TEST_F(LoadDriverTest, WithoutRetriesUnknownOutcomesStay) {
  table_->on_put = Seldom([](Operation&, const auto&) { return absl::UnavailableError("nobody knows"); });
  Load load;
  load.retry_for = std::chrono::milliseconds(0);
  EXPECT_THAT(Run(load), IsEmpty()) << log_.Summary();
  EXPECT_GT(log_.unresolved(), 0u);
}

TEST_F(LoadDriverTest, CatchesLostWrites) {
  table_->on_insert = Seldom([](Operation&, const auto&) { return Written(); });
  EXPECT_THAT(Run(), Not(IsEmpty()));
}

TEST_F(LoadDriverTest, CatchesDoubledWrites) {
  table_->on_put = Seldom([](Operation& operation, const LyingTable::Write& write) {
    absl::StatusOr<Written> first = write();
    operation = Operation();
    [[maybe_unused]] auto second = write();
    return first;
  });
  EXPECT_THAT(Run(), Not(IsEmpty()));
}

TEST_F(LoadDriverTest, CatchesDenials) {
  table_->on_update = Seldom([](Operation&, const LyingTable::Write& write) {
    [[maybe_unused]] auto written = write();
    return absl::StatusOr<Written>(NotApplied(absl::UnavailableError("denied")));
  });
  EXPECT_THAT(Run(), Not(IsEmpty()));
}

TEST_F(LoadDriverTest, CatchesTroubleTakenForAConflict) {
  table_->on_insert = Seldom([](Operation&, const auto&) { return TakenError("id"); });
  EXPECT_THAT(Run(), Contains(HasSubstr("id is taken")));
}

TEST_F(LoadDriverTest, CatchesAStaleRead) {
  table_->on_read = [this](const RecordPtr& record) {
    if (++writes_ % 50 != 0) return record;
    auto stale = std::make_shared<Record>(*record);
    stale->value = "old";
    return RecordPtr(stale);
  };
  EXPECT_THAT(Run(), Not(IsEmpty()));
}

}  // namespace
}  // namespace tomada::testing
