#include <set>

#include "conformance/table_semantics.h"

namespace tomada::testing {

using ::testing::IsEmpty;
using Code = absl::StatusCode;

TEST_P(TableSemantics, AnEmptyTableIsListedAsOneEmptyPage) { EXPECT_THAT(ListAll(sync(), 1), IsEmpty()); }

TEST_P(TableSemantics, AListHasEachRecordOnce) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    ids.insert(std::to_string(i));
    ASSERT_THAT(sync().Insert(Record(std::to_string(i), "value")), IsApplied());
  }
  for (int page_size : {1, 7, 100, 1000}) {
    std::multiset<std::string> listed;
    for (const RecordPtr& record : ListAll(sync(), page_size)) {
      listed.insert(record->id);
      EXPECT_EQ(record->value, "value");
    }
    EXPECT_EQ(listed, std::multiset<std::string>(ids.begin(), ids.end())) << "pages of " << page_size;
  }
}

TEST_P(TableSemantics, AListGoesOnWhenTheRecordItStoppedAtIsGone) {
  for (int i = 0; i < 20; ++i) ASSERT_THAT(sync().Insert(Record(std::to_string(i), "")), IsApplied());
  std::set<std::string> listed;
  std::string token;
  do {
    absl::StatusOr<Page> page = sync().List(1, token);
    ASSERT_EQ(page.status(), absl::OkStatus());
    for (const RecordPtr& record : page->records) {
      EXPECT_TRUE(listed.insert(record->id).second);
      ASSERT_THAT(sync().Remove(record->id), IsApplied());
    }
    token = page->next_token;
  } while (!token.empty());
  EXPECT_EQ(listed.size(), 20u);
}

TEST_P(TableSemantics, APageSizeOutOfRangeIsRefused) {
  for (int page_size : {-1, 0, 1001}) EXPECT_THAT(sync().List(page_size), FailsWith(Code::kInvalidArgument));
}

TEST_P(TableSemantics, ATokenThatNoPageGaveIsRefused) {
  for (int i = 0; i < 20; ++i) ASSERT_THAT(sync().Insert(Record(std::to_string(i), "")), IsApplied());
  const std::string token = sync().List(1)->next_token;
  ASSERT_FALSE(token.empty());
  EXPECT_EQ(sync().List(1, token).status(), absl::OkStatus());
  for (std::string wrong : {std::string("1"), std::string("not a token"), std::string(100, 'A'), token + token,
                            token.substr(0, token.size() / 2), std::string("\0", 1)}) {
    EXPECT_THAT(sync().List(1, wrong), FailsWith(Code::kInvalidArgument)) << wrong;
  }
}

}  // namespace tomada::testing
