#include "conformance/table_semantics.h"
#include "simple_store.h"

namespace tomada::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(SimpleStore, TableSemantics, ::testing::Values(StoreFactory("simple", [] {
                           return std::make_unique<simple_store::SimpleStore>(simple_store::Config());
                         })));

TEST(SimpleStore, AFullTableRefusesNewRecords) {
  simple_store::Config config;
  config.max_records = 1;
  simple_store::SimpleStore store(config);
  std::unique_ptr<Table> table = *store.OpenTable(TableOptions("t"));
  EXPECT_THAT(SyncTable(*table).Insert(Record("a", "1")), IsApplied());
  EXPECT_THAT(SyncTable(*table).Insert(Record("b", "")), RefusedWith(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(SyncTable(*table).Put(Record("a", "2")), IsApplied());
}

}  // namespace
}  // namespace tomada::testing
