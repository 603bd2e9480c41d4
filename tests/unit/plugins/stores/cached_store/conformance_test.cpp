#include "conformance/table_semantics.h"
#include "stack_for_test.h"
#include "support/temp_dir.h"

namespace tomada::testing {
namespace {

// One server for all tests of the program.
RedisServer& Server() {
  static RedisServer server;
  return server;
}

StoreFactory MemoryOverMemory() {
  return StoreFactory("memory_over_memory", [] { return std::make_unique<Stack>(MakeMemory(), MakeMemory()); });
}
StoreFactory RedisOverMemory() {
  return StoreFactory("redis_over_memory",
                      [] { return std::make_unique<Stack>(MakeMemory(), MakeRedisCache(Server())); });
}
StoreFactory RedisOverRocksdb() {
  return StoreFactory("redis_over_rocksdb", [directory = std::make_shared<TempDir>()] {
    return std::make_unique<Stack>(MakeRocksdb(directory->path() / "store"), MakeRedisCache(Server()));
  });
}
// Refuses every write for want of room, so that nothing is ever found in it.
StoreFactory FullCacheOverMemory() {
  return StoreFactory("full_cache_over_memory", [] {
    memory_store::Config full;
    full.max_bytes = ByteSize{1};
    return std::make_unique<Stack>(MakeMemory(), std::make_unique<memory_store::MemoryStore>(full));
  });
}

INSTANTIATE_TEST_SUITE_P(CachedStore, TableSemantics,
                         ::testing::Values(MemoryOverMemory(), RedisOverMemory(), RedisOverRocksdb(),
                                           FullCacheOverMemory()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tomada::testing
