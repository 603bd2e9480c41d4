#include "conformance/table_semantics.h"

namespace tomada::testing {

using Code = absl::StatusCode;

TEST_P(TableSemantics, ValuesHaveAnySizeUpToTheLimit) {
  const uint64_t limit = store().capabilities().max_value_bytes;
  for (uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{255}, uint64_t{4096}, uint64_t{65536}, limit - 1, limit}) {
    if (size > limit) continue;
    std::string value(size, 'v');
    for (size_t i = 0; i < value.size(); i += 97) value[i] = static_cast<char>(i);
    sync().MustPut(Record("ana", value));
    const RecordPtr read = sync().MustGet("ana");
    EXPECT_TRUE(read->value == value) << "of " << size << " bytes came " << read->value.size();
  }
}

TEST_P(TableSemantics, AValueOverTheLimitIsRefused) {
  const std::string too_long(store().capabilities().max_value_bytes + 1, 'v');
  EXPECT_THAT(sync().Insert(Record("ana", too_long)), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Put(Record("ana", too_long)), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  const std::string version = sync().MustInsert(Record("ana", "1"));
  EXPECT_THAT(sync().Update(Record("ana", too_long), version), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Put(Record("ana", too_long)), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Get("ana"), HasValue("1"));
}

TEST_P(TableSemantics, ManyLargeValuesAreKeptApart) {
  const size_t size = std::min<uint64_t>(store().capabilities().max_value_bytes, 200'000);
  std::vector<std::string> ids;
  for (char c = 'a'; c < 'k'; ++c) {
    ids.emplace_back(1, c);
    sync().MustInsert(Record(ids.back(), std::string(size, c)));
  }
  const std::vector<RecordPtr> read = sync().GetMany(ids).value();
  for (size_t i = 0; i < ids.size(); ++i) {
    ASSERT_NE(read.at(i), nullptr);
    EXPECT_TRUE(read[i]->value == std::string(size, ids[i][0])) << ids[i];
  }
  EXPECT_THAT(sync().ListAll(10), ::testing::SizeIs(10));
}

TEST_P(TableSemantics, ValuesAreAnyBytes) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const std::string& value : {all, std::string(1, '\0'), std::string("\r\n$-1\r\n"), std::string("{}%s\\x00")}) {
    sync().MustPut(Record("ana", value));
    EXPECT_THAT(sync().Get("ana"), HasValue(value));
  }
}

}  // namespace tomada::testing
