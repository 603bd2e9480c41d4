#include "conformance/table_semantics.h"

#include <set>
#include <thread>

#include <absl/time/clock.h>

namespace tomada::testing {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using Code = absl::StatusCode;

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TableSemantics);

void TableSemantics::SetUp() {
  store_ = GetParam().make();
  ASSERT_EQ(store_->Start(), absl::OkStatus());
  table_ = Open(NewTableOptions());
}

void TableSemantics::TearDown() {
  table_.reset();
  EXPECT_EQ(store_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(10)), absl::OkStatus());
}

TableOptions TableSemantics::NewTableOptions() {
  std::string name = "t";
  const OperationId random = OperationId::Random();
  for (uint8_t byte : random.bytes()) name += static_cast<char>('a' + byte % 26);
  TableOptions options(name);
  options.unique_indexes = {"email", "phone"};
  return options;
}

std::unique_ptr<Table> TableSemantics::Open(TableOptions options) {
  absl::StatusOr<std::unique_ptr<Table>> table = store_->OpenTable(std::move(options));
  EXPECT_EQ(table.status(), absl::OkStatus());
  return *std::move(table);
}

std::vector<RecordPtr> TableSemantics::ListAll(const SyncTable& table, int page_size) {
  std::vector<RecordPtr> all;
  std::string token;
  do {
    absl::StatusOr<Page> page = table.List(page_size, token);
    EXPECT_EQ(page.status(), absl::OkStatus());
    if (!page.ok()) break;
    EXPECT_LE(page->records.size(), static_cast<size_t>(page_size));
    all.insert(all.end(), page->records.begin(), page->records.end());
    token = page->next_token;
  } while (!token.empty());
  return all;
}

Record RecordWithKeys(std::string id, std::string value, std::vector<UniqueKey> keys) {
  Record record(std::move(id), std::move(value));
  record.unique_keys = std::move(keys);
  return record;
}

Record RecordUntil(std::string id, std::string value, absl::Time expires_at) {
  Record record(std::move(id), std::move(value));
  record.expires_at = expires_at;
  return record;
}

void WaitUntil(absl::Time time) {
  while (absl::Now() < time) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_P(TableSemantics, AbsentIsAValue) {
  EXPECT_THAT(sync().Get("nobody"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "nobody@example.com"), IsAbsent());
  absl::StatusOr<std::vector<RecordPtr>> many = sync().GetMany({"nobody", "none"});
  ASSERT_TRUE(many.ok());
  EXPECT_THAT(*many, ::testing::ElementsAre(nullptr, nullptr));
}

TEST_P(TableSemantics, ARecordIsReadAsItWasWritten) {
  Record record = RecordWithKeys("ana", "value", {{"email", "ana@example.com"}, {"phone", "123"}});
  record.version = "a version in a write is ignored";
  absl::StatusOr<Written> written = sync().Insert(record);
  ASSERT_THAT(written, IsApplied());
  EXPECT_EQ(written->durability, store().capabilities().durability);
  for (const auto& read : {sync().Get("ana"), sync().Find("email", "ana@example.com"), sync().Find("phone", "123")}) {
    ASSERT_THAT(read, HasValue("value"));
    EXPECT_EQ((*read)->id, "ana");
    EXPECT_THAT((*read)->unique_keys, ::testing::UnorderedElementsAreArray(record.unique_keys));
    EXPECT_EQ((*read)->version, written->version);
    EXPECT_EQ((*read)->expires_at, std::nullopt);
  }
}

TEST_P(TableSemantics, GetManyAnswersInTheOrderOfTheIds) {
  for (std::string id : {"a", "b", "c"}) ASSERT_THAT(sync().Insert(Record(id, "value of " + id)), IsApplied());
  absl::StatusOr<std::vector<RecordPtr>> many = sync().GetMany({"c", "missing", "a", "c"});
  ASSERT_TRUE(many.ok());
  ASSERT_THAT(*many, SizeIs(4));
  EXPECT_EQ((*many)[0]->value, "value of c");
  EXPECT_EQ((*many)[1], nullptr);
  EXPECT_EQ((*many)[2]->value, "value of a");
  EXPECT_EQ((*many)[3]->value, "value of c");
  EXPECT_THAT(*sync().GetMany({}), IsEmpty());
}

TEST_P(TableSemantics, IdsValuesAndKeysAreAnyBytes) {
  const std::string bytes("\0\xff:{}\n\xc3 *", 9);
  ASSERT_THAT(sync().Insert(RecordWithKeys(bytes, bytes, {{"email", bytes}, {"phone", ""}})), IsApplied());
  EXPECT_THAT(sync().Get(bytes), HasValue(bytes));
  EXPECT_THAT(sync().Find("email", bytes), HasValue(bytes));
  EXPECT_THAT(sync().Find("phone", ""), HasValue(bytes));
  EXPECT_THAT(sync().Get(bytes.substr(0, 8)), IsAbsent());
  EXPECT_EQ(ListAll(sync(), 1).at(0)->id, bytes);
}

TEST_P(TableSemantics, ARecordInHandDoesNotChange) {
  ASSERT_THAT(sync().Insert(Record("ana", "old")), IsApplied());
  RecordPtr held = *sync().Get("ana");
  ASSERT_THAT(sync().Put(Record("ana", "new")), IsApplied());
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  EXPECT_EQ(held->value, "old");
}

TEST_P(TableSemantics, InsertOfATakenIdOrKeyNamesItAndChangesNothing) {
  ASSERT_THAT(sync().Insert(RecordWithKeys("ana", "first", {{"email", "a@x"}, {"phone", "1"}})), IsApplied());
  absl::StatusOr<Written> taken = sync().Insert(RecordWithKeys("ana", "second", {{"email", "a@x"}}));
  EXPECT_THAT(taken, RefusedWith(Code::kAlreadyExists));
  EXPECT_EQ(TakenIndex(taken.status()), "id");

  taken = sync().Insert(RecordWithKeys("bia", "second", {{"email", "b@x"}, {"phone", "1"}}));
  EXPECT_THAT(taken, RefusedWith(Code::kAlreadyExists));
  EXPECT_EQ(TakenIndex(taken.status()), "phone");
  EXPECT_THAT(sync().Get("bia"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "b@x"), IsAbsent());
  EXPECT_THAT(sync().Find("phone", "1"), HasValue("first"));
}

TEST_P(TableSemantics, EachIndexAndEachTableHasItsOwnKeys) {
  std::unique_ptr<Table> other = Open(NewTableOptions());
  EXPECT_THAT(sync().Insert(RecordWithKeys("a", "1", {{"email", "same"}})), IsApplied());
  EXPECT_THAT(sync().Insert(RecordWithKeys("b", "2", {{"phone", "same"}})), IsApplied());
  EXPECT_THAT(SyncTable(*other).Insert(RecordWithKeys("a", "3", {{"email", "same"}})), IsApplied());
  EXPECT_THAT(sync().Find("email", "same"), HasValue("1"));
  EXPECT_THAT(sync().Find("phone", "same"), HasValue("2"));
  EXPECT_THAT(SyncTable(*other).Get("a"), HasValue("3"));
}

TEST_P(TableSemantics, PutMakesARecordOrReplacesItWhole) {
  Record first = RecordWithKeys("ana", "first", {{"email", "old@x"}, {"phone", "1"}});
  first.expires_at = absl::Now() + absl::Hours(1);
  ASSERT_THAT(sync().Put(first), IsApplied());
  ASSERT_THAT(sync().Put(RecordWithKeys("ana", "second", {{"email", "new@x"}})), IsApplied());
  EXPECT_THAT(sync().Get("ana"), HasValue("second"));
  EXPECT_EQ((*sync().Get("ana"))->expires_at, std::nullopt);
  EXPECT_THAT(sync().Find("email", "new@x"), HasValue("second"));
  EXPECT_THAT(sync().Find("email", "old@x"), IsAbsent());
  EXPECT_THAT(sync().Find("phone", "1"), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "", {{"email", "old@x"}, {"phone", "1"}})), IsApplied());
}

TEST_P(TableSemantics, PutKeepsItsOwnKeysAndLeavesThoseOfOthers) {
  ASSERT_THAT(sync().Put(RecordWithKeys("ana", "1", {{"email", "a@x"}})), IsApplied());
  ASSERT_THAT(sync().Put(RecordWithKeys("bia", "2", {{"email", "b@x"}})), IsApplied());
  EXPECT_THAT(sync().Put(RecordWithKeys("ana", "3", {{"email", "a@x"}})), IsApplied());
  absl::StatusOr<Written> taken = sync().Put(RecordWithKeys("ana", "4", {{"phone", "1"}, {"email", "b@x"}}));
  EXPECT_THAT(taken, RefusedWith(Code::kAlreadyExists));
  EXPECT_EQ(TakenIndex(taken.status()), "email");
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("3"));
  EXPECT_THAT(sync().Find("email", "b@x"), HasValue("2"));
  EXPECT_THAT(sync().Find("phone", "1"), IsAbsent());
}

TEST_P(TableSemantics, UpdateNeedsTheVersionThatIsThere) {
  EXPECT_THAT(sync().Update(Record("ana", ""), "any"), RefusedWith(Code::kNotFound));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  std::string first = sync().Insert(Record("ana", "1"))->version;
  absl::StatusOr<Written> second = sync().Update(Record("ana", "2"), first);
  ASSERT_THAT(second, IsApplied());
  EXPECT_THAT(sync().Update(Record("ana", "3"), first), RefusedWith(Code::kAborted));
  EXPECT_THAT(sync().Update(Record("ana", "3"), ""), RefusedWith(Code::kAborted));
  EXPECT_THAT(sync().Get("ana"), HasValue("2"));
  EXPECT_EQ((*sync().Get("ana"))->version, second->version);
}

TEST_P(TableSemantics, UpdateMovesKeysAndRefusesTakenOnes) {
  std::string version = sync().Insert(RecordWithKeys("ana", "1", {{"email", "a@x"}}))->version;
  ASSERT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", "b@x"}})), IsApplied());
  absl::StatusOr<Written> taken = sync().Update(RecordWithKeys("ana", "3", {{"email", "b@x"}}), version);
  EXPECT_THAT(taken, RefusedWith(Code::kAlreadyExists));
  EXPECT_EQ(TakenIndex(taken.status()), "email");
  EXPECT_THAT(sync().Update(RecordWithKeys("ana", "4", {{"email", "c@x"}}), version), IsApplied());
  EXPECT_THAT(sync().Find("email", "a@x"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "c@x"), HasValue("4"));
}

TEST_P(TableSemantics, RemoveFreesIdAndKeysAndGivesTheVersionRemoved) {
  EXPECT_THAT(sync().Remove("ana"), RefusedWith(Code::kNotFound));
  std::string version = sync().Insert(RecordWithKeys("ana", "1", {{"email", "a@x"}}))->version;
  EXPECT_THAT(sync().Remove("ana", "another"), RefusedWith(Code::kAborted));
  EXPECT_THAT(sync().Get("ana"), HasValue("1"));
  absl::StatusOr<Written> removed = sync().Remove("ana", version);
  ASSERT_THAT(removed, IsApplied());
  EXPECT_EQ(removed->version, version);
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "a@x"), IsAbsent());
  EXPECT_THAT(sync().Remove("ana", version), RefusedWith(Code::kNotFound));
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", "a@x"}})), IsApplied());
}

TEST_P(TableSemantics, NoVersionIsUsedTwice) {
  std::set<std::string> versions;
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(versions.insert(sync().Insert(Record("ana", "same"))->version).second);
    EXPECT_TRUE(versions.insert(sync().Put(Record("ana", "same"))->version).second);
    ASSERT_THAT(sync().Remove("ana"), IsApplied());
  }
}

TEST_P(TableSemantics, LimitsAreExact) {
  const std::string longest_id(512, 'i');
  const std::string longest_value(store().capabilities().max_value_bytes, 'v');
  EXPECT_THAT(sync().Insert(Record(longest_id, longest_value)), IsApplied());
  EXPECT_THAT(sync().Get(longest_id), HasValue(longest_value));
  for (const std::string& id : {std::string(), longest_id + "i"}) {
    EXPECT_THAT(sync().Get(id), FailsWith(Code::kInvalidArgument));
    EXPECT_THAT(sync().GetMany({"a", id}), FailsWith(Code::kInvalidArgument));
    EXPECT_THAT(sync().Insert(Record(id, "")), RefusedWith(Code::kInvalidArgument));
    EXPECT_THAT(sync().Put(Record(id, "")), RefusedWith(Code::kInvalidArgument));
    EXPECT_THAT(sync().Update(Record(id, ""), "v"), RefusedWith(Code::kInvalidArgument));
    EXPECT_THAT(sync().Remove(id), RefusedWith(Code::kInvalidArgument));
  }
  EXPECT_THAT(sync().Put(Record("a", longest_value + "v")), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Put(RecordWithKeys("a", "", {{"other", "k"}})), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Put(RecordWithKeys("a", "", {{"email", "k"}, {"email", "l"}})),
              RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Find("other", "k"), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Get("a"), IsAbsent());
}

TEST_P(TableSemantics, ACancelledCallDoesNothing) {
  ASSERT_THAT(sync().Insert(Record("ana", "old")), IsApplied());
  TestCall call;
  call.Cancel(absl::DeadlineExceededError("too late"));
  const Code code = Code::kDeadlineExceeded;
  EXPECT_THAT(Await(table().Get(call, "ana")), FailsWith(code));
  EXPECT_THAT(Await(table().GetMany(call, {"ana"})), FailsWith(code));
  EXPECT_THAT(Await(table().Find(call, "email", "x")), FailsWith(code));
  EXPECT_THAT(Await(table().List(call, 10, "")), FailsWith(code));
  EXPECT_THAT(Await(table().Insert(call, Operation(), Record("bia", ""))), RefusedWith(code));
  EXPECT_THAT(Await(table().Put(call, Operation(), Record("ana", "new"))), RefusedWith(code));
  EXPECT_THAT(Await(table().Update(call, Operation(), Record("ana", "new"), "v")), RefusedWith(code));
  EXPECT_THAT(Await(table().Remove(call, Operation(), "ana", std::nullopt)), RefusedWith(code));
  EXPECT_THAT(sync().Get("ana"), HasValue("old"));
  EXPECT_THAT(sync().Get("bia"), IsAbsent());
}

TEST_P(TableSemantics, ATableOpenedTwiceIsTheSameTable) {
  TableOptions options = NewTableOptions();
  std::unique_ptr<Table> first = Open(options);
  ASSERT_THAT(SyncTable(*first).Insert(Record("ana", "1")), IsApplied());
  std::unique_ptr<Table> second = Open(options);
  EXPECT_THAT(SyncTable(*second).Get("ana"), HasValue("1"));
  options.unique_indexes.pop_back();
  EXPECT_THAT(store().OpenTable(options), FailsWith(Code::kFailedPrecondition));
}

TEST_P(TableSemantics, OpenTableRefusesOptionsAgainstTheRules) {
  EXPECT_THAT(store().OpenTable(TableOptions("")), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(store().OpenTable(TableOptions("Usuarios")), FailsWith(Code::kInvalidArgument));
  TableOptions options = NewTableOptions();
  options.unique_indexes = {"email", "email"};
  EXPECT_THAT(store().OpenTable(options), FailsWith(Code::kInvalidArgument));
}

}  // namespace tomada::testing
