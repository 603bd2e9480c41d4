#include "conformance/table_semantics.h"

namespace tomada::testing {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_P(TableSemantics, AbsentIsAValue) {
  EXPECT_THAT(sync().Get("nobody"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "nobody@example.com"), IsAbsent());
  EXPECT_THAT(sync().GetMany({"nobody", "none"}).value(), ElementsAre(nullptr, nullptr));
}

TEST_P(TableSemantics, ARecordIsReadAsItWasWritten) {
  Record record = RecordWithKeys("ana", "value", {{"email", "ana@example.com"}, {"phone", "123"}});
  record.version = "a version in a write is ignored";
  const std::string version = sync().MustInsert(record);
  const std::vector<RecordPtr> reads = {sync().MustGet("ana"), sync().GetMany({"ana"}).value().at(0),
                                        sync().Find("email", "ana@example.com").value(),
                                        sync().Find("phone", "123").value(), sync().ListAll(10).at(0)};
  for (const RecordPtr& read : reads) {
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->id, "ana");
    EXPECT_EQ(read->value, "value");
    EXPECT_THAT(read->unique_keys, ::testing::UnorderedElementsAreArray(record.unique_keys));
    EXPECT_EQ(read->version, version);
    EXPECT_EQ(read->expires_at, std::nullopt);
  }
}

TEST_P(TableSemantics, AReadChangesNothing) {
  const std::string version = sync().MustInsert(RecordWithKeys("ana", "1", {{"email", "a@x"}}));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(sync().MustGet("ana")->version, version);
    EXPECT_EQ(sync().MustFind("email", "a@x")->version, version);
    EXPECT_EQ(sync().ListAll(1).at(0)->version, version);
  }
  EXPECT_THAT(sync().Update(Record("ana", "2"), version), IsApplied());
}

TEST_P(TableSemantics, ARecordInHandDoesNotChange) {
  sync().MustInsert(Record("ana", "old"));
  const RecordPtr held = sync().MustGet("ana");
  sync().MustPut(Record("ana", "new"));
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  EXPECT_EQ(held->value, "old");
}

TEST_P(TableSemantics, GetManyAnswersInTheOrderOfTheIds) {
  for (std::string id : {"a", "b", "c"}) sync().MustInsert(Record(id, "value of " + id));
  const std::vector<RecordPtr> many = sync().GetMany({"c", "missing", "a", "b"}).value();
  ASSERT_THAT(many, SizeIs(4));
  EXPECT_EQ(many[1], nullptr);
  ASSERT_TRUE(many[0] && many[2] && many[3]);
  EXPECT_EQ(many[0]->value, "value of c");
  EXPECT_EQ(many[2]->value, "value of a");
  EXPECT_EQ(many[3]->value, "value of b");
}

TEST_P(TableSemantics, GetManyAnswersARepeatedIdEachTime) {
  sync().MustInsert(Record("a", "1"));
  const std::vector<RecordPtr> many = sync().GetMany({"a", "x", "a", "x", "a"}).value();
  ASSERT_THAT(many, SizeIs(5));
  for (int i : {0, 2, 4}) {
    ASSERT_NE(many[i], nullptr);
    EXPECT_EQ(many[i]->value, "1");
  }
  EXPECT_EQ(many[1], nullptr);
  EXPECT_EQ(many[3], nullptr);
}

TEST_P(TableSemantics, GetManyOfNoIdsIsEmpty) { EXPECT_THAT(sync().GetMany({}).value(), IsEmpty()); }

TEST_P(TableSemantics, GetManyTakesHundredsOfIds) {
  std::vector<std::string> ids;
  for (int i = 0; i < 500; ++i) {
    ids.push_back(std::to_string(i));
    if (i % 5 == 0) sync().MustInsert(Record(ids.back(), "value of " + ids.back()));
  }
  const std::vector<RecordPtr> many = sync().GetMany(ids).value();
  ASSERT_THAT(many, SizeIs(500));
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(many[i] != nullptr, i % 5 == 0) << i;
    if (many[i]) {
      EXPECT_EQ(many[i]->value, "value of " + ids[i]);
    }
  }
}

TEST_P(TableSemantics, AStoreThatClaimsNoStalenessReadsItsOwnWrites) {
  if (store().capabilities().staleness > absl::ZeroDuration()) GTEST_SKIP() << "reads may be old, as the store claims";
  for (int i = 0; i < 50; ++i) {
    const std::string value = std::to_string(i);
    sync().MustPut(RecordWithKeys("ana", value, {{"email", value}}));
    EXPECT_THAT(sync().Get("ana"), HasValue(value));
    EXPECT_THAT(sync().Find("email", value), HasValue(value));
    EXPECT_THAT(sync().GetMany({"ana"}).value(), ElementsAre(HoldsValue(value)));
    ASSERT_THAT(sync().Remove("ana"), IsApplied());
    EXPECT_THAT(sync().Get("ana"), IsAbsent());
    EXPECT_THAT(sync().Find("email", value), IsAbsent());
  }
}

}  // namespace tomada::testing
