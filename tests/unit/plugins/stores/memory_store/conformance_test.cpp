#include "conformance/table_semantics.h"
#include "memory_store.h"

namespace tomada::testing {
namespace {

StoreFactory WithShards(int shards) {
  return StoreFactory(std::to_string(shards) + "_shards", [shards] {
    memory_store::Config config;
    config.shards = shards;
    return std::make_unique<memory_store::MemoryStore>(config);
  });
}

// One shard: everything meets everything. Three: records, keys and operations fall apart and together.
INSTANTIATE_TEST_SUITE_P(MemoryStore, TableSemantics, ::testing::Values(WithShards(1), WithShards(3), WithShards(16)),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tomada::testing
