// The same promises with many threads at once.
#include <algorithm>
#include <atomic>
#include <latch>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <absl/time/clock.h>
#include <fmt/format.h>

#include "conformance/table_semantics.h"

namespace tomada::testing {
namespace {

using Code = absl::StatusCode;

constexpr int kThreads = 8;

// Runs work(0) to work(count - 1) side by side, begun together.
void InParallel(int count, const std::function<void(int)>& work) {
  std::latch begin(count);
  std::vector<std::jthread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      begin.arrive_and_wait();
      work(i);
    });
  }
}

}  // namespace

TEST_P(TableSemantics, OfManyInsertsOfOneIdExactlyOneWins) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> winners = 0;
    const std::string id = fmt::format("id{}", round);
    InParallel(kThreads, [&](int i) {
      absl::StatusOr<Written> written = sync().Insert(Record(id, std::to_string(i)));
      if (written.ok()) {
        ++winners;
        EXPECT_THAT(sync().Get(id), HasValue(std::to_string(i)));
      } else {
        EXPECT_THAT(written, RefusedWith(Code::kAlreadyExists));
        EXPECT_EQ(TakenIndex(written.status()), "id");
      }
    });
    EXPECT_EQ(winners, 1);
  }
}

TEST_P(TableSemantics, OfManyInsertsOfOneKeyExactlyOneWins) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> winner = -1;
    const std::string email = fmt::format("{}@x", round);
    const auto id = [&](int i) { return fmt::format("{}-{}", round, i); };
    InParallel(kThreads, [&](int i) {
      absl::StatusOr<Written> written = sync().Insert(RecordWithKeys(id(i), id(i), {{"email", email}}));
      if (written.ok()) {
        EXPECT_EQ(winner.exchange(i), -1);
      } else {
        EXPECT_THAT(written, RefusedWith(Code::kAlreadyExists));
        EXPECT_EQ(TakenIndex(written.status()), "email");
        EXPECT_THAT(sync().Get(id(i)), IsAbsent());
      }
    });
    EXPECT_THAT(sync().Find("email", email), HasValue(id(winner)));
  }
}

TEST_P(TableSemantics, NoUpdateIsLost) {
  constexpr int kUpdates = 50;
  ASSERT_THAT(sync().Insert(RecordWithKeys("sum", "0", {{"email", "sum@x"}})), IsApplied());
  InParallel(kThreads, [&](int) {
    for (int done = 0; done < kUpdates;) {
      RecordPtr now = *sync().Get("sum");
      Record next = RecordWithKeys("sum", std::to_string(std::stoi(now->value) + 1), now->unique_keys);
      absl::StatusOr<Written> written = sync().Update(next, now->version);
      if (written.ok()) {
        ++done;
      } else {
        ASSERT_THAT(written, RefusedWith(Code::kAborted));
      }
    }
  });
  EXPECT_THAT(sync().Get("sum"), HasValue(std::to_string(kThreads * kUpdates)));
  EXPECT_THAT(sync().Find("email", "sum@x"), HasValue(std::to_string(kThreads * kUpdates)));
}

TEST_P(TableSemantics, AnOperationTriedByManyIsAppliedOnce) {
  for (int round = 0; round < 50; ++round) {
    const Operation operation;
    const std::string id = fmt::format("id{}", round);
    std::mutex mutex;
    int applied = 0;
    std::set<std::string> versions;
    InParallel(kThreads, [&](int) {
      absl::StatusOr<Written> written = sync().Insert(Record(id, "value"), operation);
      ASSERT_EQ(written.status(), absl::OkStatus());
      std::lock_guard lock(mutex);
      applied += written->replayed ? 0 : 1;
      versions.insert(written->version);
    });
    EXPECT_EQ(applied, 1);
    EXPECT_EQ(versions, std::set<std::string>({(*sync().Get(id))->version}));
  }
}

// Records that pass three keys among each other. A key that is found belongs to the record that is given with it, and
// in the end each key and each record agree.
TEST_P(TableSemantics, KeysPassBetweenRecordsWhole) {
  const std::vector<std::string> ids = {"a", "b"};
  const std::vector<std::string> keys = {"k1", "k2", "k3"};
  InParallel(kThreads, [&](int thread) {
    for (int i = 0; i < 100; ++i) {
      const std::string& id = ids[thread % 2];
      const std::string& key = keys[(i * 7 + thread) % 3];
      const std::string& other = keys[(i * 7 + thread + 1) % 3];
      absl::StatusOr<Written> written = sync().Put(RecordWithKeys(id, id, {{"email", key}, {"phone", other}}));
      if (!written.ok()) {
        EXPECT_THAT(written, RefusedWith(Code::kAlreadyExists));
      }
      absl::StatusOr<RecordPtr> found = sync().Find("email", key);
      ASSERT_EQ(found.status(), absl::OkStatus());
      if (*found != nullptr) {
        EXPECT_THAT((*found)->unique_keys, ::testing::Contains(UniqueKey("email", key)));
      }
      if (i % 10 == thread) {
        absl::StatusOr<Written> removed = sync().Remove(id);
        if (!removed.ok()) {
          EXPECT_THAT(removed, RefusedWith(Code::kNotFound));
        }
      }
    }
  });
  std::set<UniqueKey, decltype([](const UniqueKey& a, const UniqueKey& b) {
             return std::tie(a.index, a.value) < std::tie(b.index, b.value);
           })>
      held;
  for (const RecordPtr& record : ListAll(sync(), 10)) {
    for (const UniqueKey& key : record->unique_keys) {
      EXPECT_TRUE(held.insert(key).second);
      EXPECT_EQ((*sync().Find(key.index, key.value))->id, record->id);
    }
  }
  for (const std::string index : {"email", "phone"}) {
    for (const std::string& key : keys) {
      EXPECT_EQ(*sync().Find(index, key) != nullptr, held.contains(UniqueKey(index, key)));
    }
  }
}

TEST_P(TableSemantics, AListUnderChangeHasEachStayingRecordOnce) {
  constexpr int kStaying = 200;
  for (int i = 0; i < kStaying; ++i) ASSERT_THAT(sync().Insert(Record(fmt::format("s{}", i), "")), IsApplied());
  std::atomic<bool> walked = false;
  InParallel(4, [&](int thread) {
    if (thread == 0) {
      for (int page_size : {3, 10, 50}) {
        std::map<std::string, int> times;
        for (const RecordPtr& record : ListAll(sync(), page_size)) ++times[record->id];
        for (int i = 0; i < kStaying; ++i) EXPECT_EQ(times[fmt::format("s{}", i)], 1);
        for (const auto& [id, count] : times) EXPECT_EQ(count, 1) << id;
      }
      walked = true;
    }
    for (int i = 0; !walked; ++i) {
      const std::string id = fmt::format("c{}-{}", thread, i % 50);
      ASSERT_THAT(sync().Put(Record(id, "")), IsApplied());
      if (i % 3 == 0) {
        ASSERT_THAT(sync().Remove(id), IsApplied());
      }
      // A record that stays may change.
      ASSERT_THAT(sync().Put(Record(fmt::format("s{}", i % kStaying), std::to_string(i))), IsApplied());
    }
  });
}

// Whoever gets the key gets it when the time of its last holder is over, and not before.
TEST_P(TableSemantics, AKeyPassesAtTheExpiryOfItsHolder) {
  struct Holder {
    absl::Time inserted, expires;
  };
  std::mutex mutex;
  std::vector<Holder> holders;
  InParallel(4, [&](int thread) {
    for (int wins = 0; wins < 5;) {
      Record record = RecordWithKeys(fmt::format("{}-{}", thread, wins), "", {{"email", "one@x"}});
      record.expires_at = absl::FromUnixMillis(absl::ToUnixMillis(absl::Now()) + 10);
      absl::StatusOr<Written> written = sync().Insert(record);
      if (!written.ok()) {
        ASSERT_THAT(written, RefusedWith(Code::kAlreadyExists));
        continue;
      }
      ++wins;
      std::lock_guard lock(mutex);
      const Holder holder{absl::Now(), *record.expires_at};
      // One that came too late, after its own time, held nothing.
      if (holder.inserted < holder.expires) holders.push_back(holder);
    }
  });
  std::ranges::sort(holders, {}, &Holder::expires);
  for (size_t i = 1; i < holders.size(); ++i) EXPECT_GE(holders[i].inserted, holders[i - 1].expires);
}

}  // namespace tomada::testing
