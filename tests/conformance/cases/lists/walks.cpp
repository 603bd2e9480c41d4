#include <map>
#include <set>

#include <absl/time/clock.h>

#include "conformance/table_semantics.h"

namespace tomada::testing {
namespace {

using ::testing::IsEmpty;

using Ids = std::multiset<std::string>;

Ids IdsOf(const std::vector<RecordPtr>& records) {
  Ids ids;
  for (const RecordPtr& record : records) ids.insert(record->id);
  return ids;
}

Ids InsertNumbered(const WatchedTable& table, int count) {
  Ids ids;
  for (int i = 0; i < count; ++i) {
    table.MustInsert(Record(std::to_string(i), "value"));
    ids.insert(std::to_string(i));
  }
  return ids;
}

}  // namespace

TEST_P(TableSemantics, AnEmptyTableIsListedAsNothing) { EXPECT_THAT(sync().ListAll(1), IsEmpty()); }

TEST_P(TableSemantics, AListHasEachRecordOnceInPagesOfAnySize) {
  const Ids ids = InsertNumbered(sync(), 100);
  for (int page_size : {1, 7, 99, 100, 101, 1000}) {
    EXPECT_EQ(IdsOf(sync().ListAll(page_size)), ids) << "pages of " << page_size;
  }
}

TEST_P(TableSemantics, AListGivesWholeRecords) {
  std::map<std::string, RecordPtr> written;
  for (int i = 0; i < 20; ++i) {
    const std::string text = std::to_string(i);
    Record record = RecordWithKeys(text, "value " + text, {{"email", text}, {"phone", text}});
    if (i % 2 == 0) record.expires_at = InMilliseconds(3'600'000);
    sync().MustInsert(record);
    written[text] = sync().MustGet(text);
  }
  for (const RecordPtr& listed : sync().ListAll(3)) {
    const Record& record = *written.at(listed->id);
    EXPECT_EQ(listed->value, record.value);
    EXPECT_EQ(listed->version, record.version);
    EXPECT_EQ(listed->expires_at, record.expires_at);
    EXPECT_THAT(listed->unique_keys, ::testing::UnorderedElementsAreArray(record.unique_keys));
  }
}

TEST_P(TableSemantics, AListTakesIdsOfAnyBytes) {
  Ids ids;
  for (int byte = 0; byte < 256; ++byte) ids.insert(std::string(1, static_cast<char>(byte)));
  for (const char* text : {"a:b", "{a}", "a b", "a\r\nb", "a/b", "aa", "a\xff"}) ids.insert(text);
  ids.insert(std::string("a\0b", 3));
  ids.insert(std::string(512, '\xff'));
  for (const std::string& id : ids) sync().MustInsert(Record(id, ""));
  EXPECT_EQ(IdsOf(sync().ListAll(1)), ids);
  EXPECT_EQ(IdsOf(sync().ListAll(10)), ids);
}

TEST_P(TableSemantics, AWalkGoesOnWhenTheRecordItStoppedAtIsGone) {
  InsertNumbered(sync(), 20);
  std::set<std::string> listed;
  std::string token;
  do {
    const Page page = sync().List(1, token).value();
    for (const RecordPtr& record : page.records) {
      EXPECT_TRUE(listed.insert(record->id).second);
      ASSERT_THAT(sync().Remove(record->id), IsApplied());
    }
    token = page.next_token;
  } while (!token.empty());
  EXPECT_EQ(listed.size(), 20u);
}

TEST_P(TableSemantics, ARecordThatIsReplacedDuringAWalkComesOnce) {
  const Ids ids = InsertNumbered(sync(), 30);
  Ids listed;
  std::string token;
  do {
    const Page page = sync().List(4, token).value();
    for (const RecordPtr& record : page.records) listed.insert(record->id);
    for (const std::string& id : ids) sync().MustPut(Record(id, "again"));
    token = page.next_token;
  } while (!token.empty());
  EXPECT_EQ(listed, ids);
}

TEST_P(TableSemantics, ARecordThatComesDuringAWalkComesAtMostOnce) {
  const Ids ids = InsertNumbered(sync(), 30);
  Ids listed;
  std::string token;
  int added = 0;
  do {
    const Page page = sync().List(4, token).value();
    for (const RecordPtr& record : page.records) listed.insert(record->id);
    if (added < 60) {
      for (int i = 0; i < 5; ++i) sync().MustInsert(Record("new" + std::to_string(added++), ""));
    }
    token = page.next_token;
  } while (!token.empty());
  for (const std::string& id : ids) EXPECT_EQ(listed.count(id), 1u) << id;
  for (const std::string& id : listed) EXPECT_EQ(listed.count(id), 1u) << id;
}

TEST_P(TableSemantics, TwoWalksDoNotDisturbEachOther) {
  const Ids ids = InsertNumbered(sync(), 30);
  Ids listed[2];
  std::string tokens[2];
  bool done[2] = {false, false};
  while (!done[0] || !done[1]) {
    for (int walk : {0, 1}) {
      if (done[walk]) continue;
      const Page page = sync().List(walk == 0 ? 2 : 7, tokens[walk]).value();
      for (const RecordPtr& record : page.records) listed[walk].insert(record->id);
      tokens[walk] = page.next_token;
      done[walk] = tokens[walk].empty();
    }
  }
  EXPECT_EQ(listed[0], ids);
  EXPECT_EQ(listed[1], ids);
}

TEST_P(TableSemantics, AWalkOverExpiredRecordsEndsAndLeavesThemOut) {
  const absl::Time end = InMilliseconds(300);
  for (int i = 0; i < 50; ++i) sync().MustInsert(RecordUntil(std::to_string(i), "", end));
  sync().MustInsert(Record("stays", ""));
  WaitUntil(end);
  EXPECT_EQ(IdsOf(sync().ListAll(1)), Ids({"stays"}));
  EXPECT_EQ(IdsOf(sync().ListAll(10)), Ids({"stays"}));
}

}  // namespace tomada::testing
