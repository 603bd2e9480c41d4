#include "conformance/table_semantics.h"
#include "make_store.h"
#include "support/temp_dir.h"

namespace tomada::testing {
namespace {

// The stores of one durability share a directory, one after another, as runs of a program do.
StoreFactory WithDurability(Durability durability) {
  return StoreFactory(std::string(NameOf(durability)), [durability, directory = std::make_shared<TempDir>()] {
    rocksdb_store::Config config = rocksdb_store::ConfigFor(directory->path() / "store");
    config.durability = durability;
    return rocksdb_store::MakeStore(config);
  });
}

INSTANTIATE_TEST_SUITE_P(RocksdbStore, TableSemantics,
                         ::testing::Values(WithDurability(Durability::kSynced), WithDurability(Durability::kApplied)),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tomada::testing
