// What is there after the process has ended: nothing, when the store does not claim survives_restart. And what holds of
// every store.
#include <set>

#include "conformance/table_semantics.h"

namespace tomada::testing {

using ::testing::IsEmpty;
using Code = absl::StatusCode;

#define SKIP_IF_IT_SURVIVES() \
  if (store().capabilities().survives_restart) GTEST_SKIP() << "survives_restart is claimed"

TEST_P(TableSemantics, RecordsAreGoneAfterARestart) {
  SKIP_IF_IT_SURVIVES();
  const std::string version = sync().MustInsert(RecordWithKeys("ana", "1", {{"email", "a@x"}}));
  Restart();
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "a@x"), IsAbsent());
  EXPECT_THAT(sync().ListAll(10), IsEmpty());
  EXPECT_THAT(sync().Update(Record("ana", "2"), version), RefusedWith(Code::kNotFound));
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", "a@x"}})), IsApplied());
}

TEST_P(TableSemantics, OperationsAreForgottenAfterARestart) {
  SKIP_IF_IT_SURVIVES();
  const Operation insert;
  ASSERT_THAT(sync().Insert(Record("ana", "1"), insert), IsApplied());
  Restart();
  EXPECT_THAT(sync().Insert(Record("ana", "1"), insert), IsApplied());
}

TEST_P(TableSemantics, ATokenFromBeforeARestartGivesNothing) {
  SKIP_IF_IT_SURVIVES();
  for (int i = 0; i < 10; ++i) sync().MustInsert(Record(std::to_string(i), ""));
  const std::string token = sync().List(3).value().next_token;
  ASSERT_FALSE(token.empty());
  Restart();
  absl::StatusOr<Page> page = sync().List(3, token);
  if (page.ok()) {
    EXPECT_THAT(page->records, IsEmpty());
  } else {
    EXPECT_EQ(page.status().code(), Code::kInvalidArgument);
  }
}

TEST_P(TableSemantics, NoVersionIsUsedTwiceAcrossARestart) {
  std::set<std::string> versions;
  for (int restart = 0; restart < 3; ++restart) {
    for (int i = 0; i < 20; ++i) {
      const std::string version = sync().MustPut(Record("ana", "same"));
      EXPECT_TRUE(versions.insert(version).second) << version << " was used before a restart";
      ASSERT_THAT(sync().Remove("ana"), IsApplied());
    }
    Restart();
  }
}

TEST_P(TableSemantics, TheClaimsAreTheSameAfterARestart) {
  const StoreCapabilities before = store().capabilities();
  Restart();
  const StoreCapabilities after = store().capabilities();
  EXPECT_EQ(before.durability, after.durability);
  EXPECT_EQ(before.survives_restart, after.survives_restart);
  EXPECT_EQ(before.max_value_bytes, after.max_value_bytes);
  EXPECT_EQ(before.staleness, after.staleness);
}

TEST_P(TableSemantics, TheClaimsDoNotContradictEachOther) {
  const StoreCapabilities claims = store().capabilities();
  if (claims.durability == Durability::kSynced) {
    EXPECT_TRUE(claims.survives_restart) << "writes are on the disk, and yet lost with the process";
  }
  EXPECT_GE(claims.max_value_bytes, 1u);
  EXPECT_GE(claims.staleness, absl::ZeroDuration());
}

}  // namespace tomada::testing
