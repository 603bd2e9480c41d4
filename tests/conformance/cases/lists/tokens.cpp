#include <set>

#include "conformance/table_semantics.h"

namespace tomada::testing {

using Code = absl::StatusCode;

TEST_P(TableSemantics, APageSizeOutOfRangeIsRefused) {
  for (int page_size : {-1000, -1, 0, 1001, 1'000'000}) {
    EXPECT_THAT(sync().List(page_size), FailsWith(Code::kInvalidArgument)) << page_size;
  }
}

TEST_P(TableSemantics, ATokenThatNoPageGaveIsRefused) {
  for (int i = 0; i < 20; ++i) sync().MustInsert(Record(std::to_string(i), ""));
  const std::string token = sync().List(1).value().next_token;
  ASSERT_FALSE(token.empty());
  EXPECT_EQ(sync().List(1, token).status(), absl::OkStatus());
  for (std::string wrong : {std::string("1"), std::string("not a token"), std::string(100, 'A'), token + token,
                            token.substr(0, token.size() / 2), std::string("\0", 1), std::string(100'000, 'A')}) {
    EXPECT_THAT(sync().List(1, wrong), FailsWith(Code::kInvalidArgument)) << wrong.substr(0, 200);
  }
}

TEST_P(TableSemantics, ATokenOfAnotherTableIsRefused) {
  std::unique_ptr<Table> other = Open(NewTableOptions());
  for (int i = 0; i < 20; ++i) Watch(*other).MustInsert(Record(std::to_string(i), ""));
  const std::string token = Watch(*other).List(1).value().next_token;
  ASSERT_FALSE(token.empty());
  EXPECT_THAT(sync().List(1, token), FailsWith(Code::kInvalidArgument));
}

TEST_P(TableSemantics, ATokenMayBeUsedAgain) {
  for (int i = 0; i < 20; ++i) sync().MustInsert(Record(std::to_string(i), ""));
  const std::string token = sync().List(5).value().next_token;
  ASSERT_FALSE(token.empty());
  std::set<std::string> ids[2];
  for (int i : {0, 1}) {
    const Page page = sync().List(5, token).value();
    for (const RecordPtr& record : page.records) ids[i].insert(record->id);
  }
  EXPECT_EQ(ids[0], ids[1]);
}

TEST_P(TableSemantics, ATokenTakesAnotherPageSize) {
  for (int i = 0; i < 40; ++i) sync().MustInsert(Record(std::to_string(i), ""));
  std::set<std::string> ids;
  std::string token;
  int size = 1;
  do {
    const Page page = sync().List(size, token).value();
    for (const RecordPtr& record : page.records) EXPECT_TRUE(ids.insert(record->id).second) << record->id;
    token = page.next_token;
    ++size;
  } while (!token.empty() && size < 1000);
  EXPECT_EQ(ids.size(), 40u);
}

TEST_P(TableSemantics, ATokenIsGoodForEveryHandleOfTheTable) {
  TableOptions options = NewTableOptions();
  std::unique_ptr<Table> first = Open(options);
  for (int i = 0; i < 10; ++i) Watch(*first).MustInsert(Record(std::to_string(i), ""));
  const Page page = Watch(*first).List(4).value();
  ASSERT_FALSE(page.next_token.empty());
  first.reset();
  std::unique_ptr<Table> second = Open(options);
  EXPECT_EQ(Watch(*second).List(4, page.next_token).status(), absl::OkStatus());
}

}  // namespace tomada::testing
