// Readers and writers side by side: nobody sees half of a write.
#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include <absl/time/clock.h>
#include <fmt/format.h>

#include "conformance/table_semantics.h"

namespace tomada::testing {
namespace {

using Code = absl::StatusCode;

constexpr int kThreads = 8;

}  // namespace

// Records that pass three keys among each other. A key that is found belongs to the record that is given with it, and
// in the end each key and each record agree.
TEST_P(TableSemantics, KeysPassBetweenRecordsWhole) {
  const std::vector<std::string> ids = {"a", "b"};
  const std::vector<std::string> keys = {"k1", "k2", "k3"};
  InParallel(kThreads, [&](int thread) {
    for (int i = 0; i < 60; ++i) {
      const std::string& id = ids[thread % 2];
      const std::string& key = keys[(i * 7 + thread) % 3];
      const std::string& other = keys[(i * 7 + thread + 1) % 3];
      absl::StatusOr<Written> written = sync().Put(RecordWithKeys(id, id, {{"email", key}, {"phone", other}}));
      if (!written.ok()) {
        EXPECT_THAT(written, RefusedWith(Code::kAlreadyExists));
      }
      const RecordPtr found = sync().Find("email", key).value();
      if (found != nullptr) {
        EXPECT_THAT(found->unique_keys, ::testing::Contains(UniqueKey("email", key)));
      }
      if (i % 10 == thread) {
        absl::StatusOr<Written> removed = sync().Remove(id);
        if (!removed.ok()) {
          EXPECT_THAT(removed, RefusedWith(Code::kNotFound));
        }
      }
    }
  });
  std::set<std::pair<std::string, std::string>> held;
  for (const RecordPtr& record : sync().ListAll(10)) {
    for (const UniqueKey& key : record->unique_keys) {
      EXPECT_TRUE(held.emplace(key.index, key.value).second);
      const RecordPtr found = sync().Find(key.index, key.value).value();
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(found->id, record->id);
    }
  }
  for (const std::string index : {"email", "phone"}) {
    for (const std::string& key : keys) {
      EXPECT_EQ(sync().Find(index, key).value() != nullptr, held.contains({index, key}));
    }
  }
}

TEST_P(TableSemantics, NoReadSeesHalfOfAWrite) {
  std::atomic<bool> written = false;
  sync().MustPut(RecordWithKeys("ana", "0", {{"email", "0"}, {"phone", "0"}}));
  InParallel(4, [&](int thread) {
    if (thread == 0) {
      for (int i = 1; i <= 200; ++i) {
        const std::string value = std::to_string(i);
        absl::StatusOr<Written> put = sync().Put(RecordWithKeys("ana", value, {{"email", value}, {"phone", value}}));
        EXPECT_THAT(put, IsApplied());
      }
      written = true;
    }
    while (!written) {
      const RecordPtr read = thread == 1 ? sync().MustGet("ana") : sync().GetMany({"ana"}).value().at(0);
      ASSERT_NE(read, nullptr) << "a record is absent while it is replaced";
      for (const UniqueKey& key : read->unique_keys) EXPECT_EQ(key.value, read->value);
      const RecordPtr found = sync().Find("email", read->value).value();
      EXPECT_TRUE(found == nullptr || found->value == read->value);
    }
  });
}

TEST_P(TableSemantics, AListUnderChangeHasEachStayingRecordOnce) {
  constexpr int kStaying = 100;
  for (int i = 0; i < kStaying; ++i) sync().MustInsert(Record(fmt::format("s{}", i), ""));
  std::atomic<bool> walked = false;
  InParallel(4, [&](int thread) {
    if (thread == 0) {
      for (int page_size : {3, 10, 50}) {
        std::map<std::string, int> times;
        for (const RecordPtr& record : sync().ListAll(page_size)) ++times[record->id];
        for (int i = 0; i < kStaying; ++i) EXPECT_EQ(times[fmt::format("s{}", i)], 1) << "s" << i;
        for (const auto& [id, count] : times) EXPECT_LE(count, 1) << id;
      }
      walked = true;
    }
    for (int i = 0; !walked; ++i) {
      const std::string id = fmt::format("c{}-{}", thread, i % 50);
      sync().MustPut(Record(id, ""));
      if (i % 3 == 0) {
        ASSERT_THAT(sync().Remove(id), IsApplied());
      }
      // A record that stays may change.
      sync().MustPut(Record(fmt::format("s{}", i % kStaying), std::to_string(i)));
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
      record.expires_at = InMilliseconds(10);
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

TEST_P(TableSemantics, RecordsOfDifferentThreadsDoNotMeet) {
  InParallel(kThreads, [&](int thread) {
    const std::string id = fmt::format("own{}", thread);
    for (int i = 0; i < 30; ++i) {
      const std::string version = sync().MustInsert(RecordWithKeys(id, std::to_string(i), {{"email", id}}));
      EXPECT_THAT(sync().Get(id), HasValue(std::to_string(i)));
      absl::StatusOr<Written> updated = sync().Update(RecordWithKeys(id, "u", {{"phone", id}}), version);
      ASSERT_THAT(updated, IsApplied());
      EXPECT_THAT(sync().Find("phone", id), HasValue("u"));
      ASSERT_THAT(sync().Remove(id, updated->version), IsApplied());
      EXPECT_THAT(sync().Get(id), IsAbsent());
    }
  });
}

}  // namespace tomada::testing
