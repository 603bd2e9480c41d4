#include <absl/time/clock.h>

#include "conformance/table_semantics.h"

namespace tomada::testing {
namespace {

using Code = absl::StatusCode;

// What means something to an engine, a shell or a pattern, and what differs by little.
std::vector<std::string> StrangeIds() {
  return {std::string(1, '\0'),
          std::string("\0\0", 2),
          std::string("a\0", 2),
          std::string("\0a", 2),
          std::string("a\0b", 3),
          "a",
          "A",
          " a",
          "a ",
          "{}",
          "{a}",
          "a{",
          "}a",
          "*",
          "a*",
          "?",
          "[a-z]",
          "\r\n",
          "a\r\nb",
          "\n",
          "\t",
          ":",
          "a:b",
          "a:",
          ":a",
          "/",
          "../a",
          "%00",
          "%s%n",
          "\\",
          "\\0",
          "\"",
          "'",
          "`",
          "\xff",
          "\xff\xff",
          "\xc3\xa9",
          "\xc3",
          "e\xcc\x81",
          "nil",
          "null",
          "0",
          "00",
          "-1",
          "id",
          "email"};
}

}  // namespace

TEST_P(TableSemantics, IdsAreAnyBytesAndDoNotMeet) {
  const std::vector<std::string> ids = StrangeIds();
  for (const std::string& id : ids) EXPECT_THAT(sync().Insert(Record(id, "value of " + id)), IsApplied());
  for (const std::string& id : ids) EXPECT_THAT(sync().Get(id), HasValue("value of " + id));
  const std::vector<RecordPtr> many = sync().GetMany(ids).value();
  for (size_t i = 0; i < ids.size(); ++i) {
    ASSERT_NE(many.at(i), nullptr);
    EXPECT_EQ(many[i]->id, ids[i]);
  }
}

TEST_P(TableSemantics, RemovingOneStrangeIdLeavesTheOthers) {
  std::vector<std::string> ids = StrangeIds();
  for (const std::string& id : ids) sync().MustInsert(RecordWithKeys(id, id, {{"email", id}}));
  while (!ids.empty()) {
    const std::string removed = ids.back();
    ids.pop_back();
    ASSERT_THAT(sync().Remove(removed), IsApplied());
    EXPECT_THAT(sync().Find("email", removed), IsAbsent());
    EXPECT_THAT(sync().GetMany(ids).value(), ::testing::Not(::testing::Contains(nullptr))) << "after " << removed;
  }
  EXPECT_THAT(sync().ListAll(10), ::testing::IsEmpty());
}

TEST_P(TableSemantics, AnIdOf512BytesIsTakenByEveryCall) {
  const std::string longest(512, 'i');
  const std::string version = sync().MustInsert(RecordWithKeys(longest, "1", {{"email", "a@x"}}));
  EXPECT_THAT(sync().Get(longest), HasValue("1"));
  EXPECT_THAT(sync().Get(longest.substr(1)), IsAbsent());
  EXPECT_THAT(sync().GetMany({longest, "other"}).value(), ::testing::ElementsAre(HoldsValue("1"), nullptr));
  EXPECT_EQ(sync().ListAll(1).at(0)->id, longest);
  EXPECT_THAT(sync().Update(Record(longest, "2"), version), IsApplied());
  EXPECT_THAT(sync().Put(Record(longest, "3")), IsApplied());
  EXPECT_THAT(sync().Remove(longest), IsApplied());
}

TEST_P(TableSemantics, AnIdOf513BytesOrNoneIsRefusedByEveryCall) {
  for (const std::string& id : {std::string(), std::string(513, 'i')}) {
    EXPECT_THAT(sync().Get(id), FailsWith(Code::kInvalidArgument));
    EXPECT_THAT(sync().GetMany({"a", id}), FailsWith(Code::kInvalidArgument));
    EXPECT_THAT(sync().Insert(Record(id, "")), RefusedWith(Code::kInvalidArgument));
    EXPECT_THAT(sync().Put(Record(id, "")), RefusedWith(Code::kInvalidArgument));
    EXPECT_THAT(sync().Update(Record(id, ""), "v"), RefusedWith(Code::kInvalidArgument));
    EXPECT_THAT(sync().Remove(id), RefusedWith(Code::kInvalidArgument));
  }
  EXPECT_THAT(sync().ListAll(10), ::testing::IsEmpty());
}

TEST_P(TableSemantics, AnIndexThatIsNotDeclaredIsRefused) {
  EXPECT_THAT(sync().Find("other", "k"), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Find("", "k"), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Find("id", "a"), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Insert(RecordWithKeys("a", "", {{"other", "k"}})), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Put(RecordWithKeys("a", "", {{"email", "k"}, {"Email", "k"}})),
              RefusedWith(Code::kInvalidArgument));
  const std::string version = sync().MustInsert(Record("a", "1"));
  EXPECT_THAT(sync().Update(RecordWithKeys("a", "2", {{"other", "k"}}), version), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Get("a"), HasValue("1"));
}

TEST_P(TableSemantics, TwoKeysOfOneIndexAreRefused) {
  const Record two = RecordWithKeys("a", "", {{"email", "k"}, {"email", "l"}});
  EXPECT_THAT(sync().Insert(two), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Put(two), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Insert(RecordWithKeys("a", "", {{"email", "k"}, {"email", "k"}})),
              RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Get("a"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "k"), IsAbsent());
}

TEST_P(TableSemantics, ALongKeyIsAKey) {
  const std::string key(1000, 'k');
  sync().MustInsert(RecordWithKeys("ana", "1", {{"email", key}}));
  EXPECT_THAT(sync().Find("email", key), HasValue("1"));
  EXPECT_THAT(sync().Find("email", key.substr(1)), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", key}})), RefusedAsTaken("email"));
}

}  // namespace tomada::testing
