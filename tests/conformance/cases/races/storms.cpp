// Many threads that want the same thing: one gets it, the others are told why not.
#include <atomic>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "conformance/table_semantics.h"

namespace tomada::testing {
namespace {

using Code = absl::StatusCode;

constexpr int kStormThreads = 8;
constexpr int kRounds = 40;

}  // namespace

TEST_P(TableSemantics, OfManyInsertsOfOneIdExactlyOneWins) {
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<int> winners = 0;
    const std::string id = fmt::format("id{}", round);
    InParallel(kStormThreads, [&](int i) {
      absl::StatusOr<Written> written = sync().Insert(Record(id, std::to_string(i)));
      if (written.ok()) {
        ++winners;
        EXPECT_THAT(sync().Get(id), HasValue(std::to_string(i)));
      } else {
        EXPECT_THAT(written, RefusedAsTaken("id"));
      }
    });
    EXPECT_EQ(winners, 1);
  }
}

TEST_P(TableSemantics, OfManyInsertsOfOneKeyExactlyOneWins) {
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<int> winner = -1;
    const std::string email = fmt::format("{}@x", round);
    const auto id = [&](int i) { return fmt::format("{}-{}", round, i); };
    InParallel(kStormThreads, [&](int i) {
      absl::StatusOr<Written> written = sync().Insert(RecordWithKeys(id(i), id(i), {{"email", email}}));
      if (written.ok()) {
        EXPECT_EQ(winner.exchange(i), -1);
      } else {
        EXPECT_THAT(written, RefusedAsTaken("email"));
        EXPECT_THAT(sync().Get(id(i)), IsAbsent());
      }
    });
    EXPECT_THAT(sync().Find("email", email), HasValue(id(winner)));
  }
}

TEST_P(TableSemantics, OfManyPutsOfOneKeyToDifferentRecordsOneWins) {
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<int> winners = 0;
    const std::string email = fmt::format("{}@x", round);
    InParallel(kStormThreads, [&](int i) {
      const std::string id = fmt::format("{}-{}", round, i);
      absl::StatusOr<Written> written = sync().Put(RecordWithKeys(id, id, {{"email", email}}));
      if (written.ok()) {
        ++winners;
      } else {
        EXPECT_THAT(written, RefusedAsTaken("email"));
      }
    });
    EXPECT_EQ(winners, 1);
  }
}

TEST_P(TableSemantics, NoUpdateIsLost) {
  constexpr int kUpdates = 30;
  sync().MustInsert(RecordWithKeys("sum", "0", {{"email", "sum@x"}}));
  InParallel(kStormThreads, [&](int) {
    for (int done = 0; done < kUpdates;) {
      const RecordPtr now = sync().MustGet("sum");
      Record next = RecordWithKeys("sum", std::to_string(std::stoi(now->value) + 1), now->unique_keys);
      absl::StatusOr<Written> written = sync().Update(next, now->version);
      if (written.ok()) {
        ++done;
      } else {
        ASSERT_THAT(written, RefusedWith(Code::kAborted));
      }
    }
  });
  EXPECT_THAT(sync().Get("sum"), HasValue(std::to_string(kStormThreads * kUpdates)));
  EXPECT_THAT(sync().Find("email", "sum@x"), HasValue(std::to_string(kStormThreads * kUpdates)));
}

TEST_P(TableSemantics, OfManyUpdatesOfOneVersionExactlyOneWins) {
  for (int round = 0; round < kRounds; ++round) {
    const std::string id = fmt::format("id{}", round);
    const std::string version = sync().MustInsert(Record(id, ""));
    std::atomic<int> winner = -1;
    InParallel(kStormThreads, [&](int i) {
      absl::StatusOr<Written> written = sync().Update(Record(id, std::to_string(i)), version);
      if (written.ok()) {
        EXPECT_EQ(winner.exchange(i), -1);
      } else {
        EXPECT_THAT(written, RefusedWith(Code::kAborted));
      }
    });
    EXPECT_THAT(sync().Get(id), HasValue(std::to_string(winner)));
  }
}

TEST_P(TableSemantics, OfManyRemovesExactlyOneWins) {
  for (int round = 0; round < kRounds; ++round) {
    const std::string id = fmt::format("id{}", round);
    sync().MustInsert(RecordWithKeys(id, "", {{"email", id}}));
    std::atomic<int> winners = 0;
    InParallel(kStormThreads, [&](int) {
      absl::StatusOr<Written> removed = sync().Remove(id);
      if (removed.ok()) {
        ++winners;
      } else {
        EXPECT_THAT(removed, RefusedWith(Code::kNotFound));
      }
    });
    EXPECT_EQ(winners, 1);
    EXPECT_THAT(sync().Find("email", id), IsAbsent());
  }
}

TEST_P(TableSemantics, AnInsertTriedByManyIsAppliedOnce) {
  for (int round = 0; round < kRounds; ++round) {
    const Operation operation;
    const std::string id = fmt::format("id{}", round);
    std::mutex mutex;
    int applied = 0;
    std::set<std::string> versions;
    InParallel(kStormThreads, [&](int) {
      absl::StatusOr<Written> written = sync().Insert(Record(id, "value"), operation);
      ASSERT_EQ(written.status(), absl::OkStatus());
      std::lock_guard lock(mutex);
      applied += written->replayed ? 0 : 1;
      versions.insert(written->version);
    });
    EXPECT_EQ(applied, 1);
    EXPECT_EQ(versions, std::set<std::string>({sync().MustGet(id)->version}));
  }
}

TEST_P(TableSemantics, AnUpdateAndARemoveTriedByManyAreAppliedOnce) {
  for (int round = 0; round < kRounds; ++round) {
    const Operation update, remove;
    const std::string id = fmt::format("id{}", round);
    const std::string version = sync().MustInsert(Record(id, "1"));
    std::atomic<int> updated = 0, removed = 0;
    InParallel(kStormThreads, [&](int) {
      absl::StatusOr<Written> written = sync().Update(Record(id, "2"), version, update);
      ASSERT_EQ(written.status(), absl::OkStatus());
      updated += written->replayed ? 0 : 1;
      written = sync().Remove(id, written->version, remove);
      ASSERT_EQ(written.status(), absl::OkStatus());
      removed += written->replayed ? 0 : 1;
    });
    EXPECT_EQ(updated, 1);
    EXPECT_EQ(removed, 1);
    EXPECT_THAT(sync().Get(id), IsAbsent());
  }
}

}  // namespace tomada::testing
