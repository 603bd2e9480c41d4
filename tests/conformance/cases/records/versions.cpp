#include <set>

#include "conformance/table_semantics.h"

namespace tomada::testing {

using Code = absl::StatusCode;

TEST_P(TableSemantics, NoVersionIsUsedTwiceOverAThousandRemoves) {
  std::set<std::string> versions;
  for (int i = 0; i < 1000; ++i) {
    const std::string version = sync().MustInsert(Record("ana", "same"));
    ASSERT_TRUE(versions.insert(version).second) << "round " << i << " gave " << version << " again";
    ASSERT_THAT(sync().Remove("ana"), IsApplied());
  }
}

TEST_P(TableSemantics, AWriteOfTheSameValueGivesANewVersion) {
  std::set<std::string> versions = {sync().MustInsert(Record("ana", "same"))};
  for (int i = 0; i < 10; ++i) {
    const std::string put = sync().MustPut(Record("ana", "same"));
    EXPECT_TRUE(versions.insert(put).second);
    absl::StatusOr<Written> updated = sync().Update(Record("ana", "same"), put);
    ASSERT_THAT(updated, IsApplied());
    EXPECT_TRUE(versions.insert(updated->version).second);
  }
}

TEST_P(TableSemantics, VersionsOfDifferentRecordsAndTablesDiffer) {
  std::unique_ptr<Table> other = Open(NewTableOptions());
  std::set<std::string> versions;
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(versions.insert(sync().MustInsert(Record(std::to_string(i), "same"))).second);
    EXPECT_TRUE(versions.insert(Watch(*other).MustInsert(Record(std::to_string(i), "same"))).second);
  }
}

TEST_P(TableSemantics, AVersionFromBeforeARemoveIsOfNoUseAfterIt) {
  const std::string old = sync().MustInsert(Record("ana", "same"));
  ASSERT_THAT(sync().Remove("ana", old), IsApplied());
  sync().MustInsert(Record("ana", "same"));
  EXPECT_THAT(sync().Update(Record("ana", "changed"), old), RefusedWith(Code::kAborted));
  EXPECT_THAT(sync().Remove("ana", old), RefusedWith(Code::kAborted));
  EXPECT_THAT(sync().Get("ana"), HasValue("same"));
}

TEST_P(TableSemantics, ARefusedWriteLeavesTheVersion) {
  const std::string version = sync().MustInsert(RecordWithKeys("ana", "1", {{"email", "a@x"}}));
  sync().MustInsert(RecordWithKeys("bia", "2", {{"email", "b@x"}}));
  EXPECT_THAT(sync().Update(Record("ana", "2"), "another"), RefusedWith(Code::kAborted));
  EXPECT_THAT(sync().Put(RecordWithKeys("ana", "2", {{"email", "b@x"}})), RefusedAsTaken("email"));
  EXPECT_THAT(sync().Insert(Record("ana", "2")), RefusedAsTaken("id"));
  EXPECT_EQ(sync().MustGet("ana")->version, version);
}

}  // namespace tomada::testing
