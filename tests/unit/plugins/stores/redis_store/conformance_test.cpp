#include "conformance/table_semantics.h"
#include "redis_store.h"
#include "store_for_test.h"
#include "support/redis_sentinels.h"
#include "support/redis_server.h"
#include "support/redis_tls.h"

namespace tomada::testing {
namespace {

// One server for all tests of the program.
RedisServer& Server() {
  static RedisServer server;
  return server;
}

StoreFactory With(std::string name, int io_threads, int buckets) {
  return StoreFactory(name, [=] {
    redis_store::Config config;
    config.url = Secret("redis://" + Server().address());
    config.key_prefix = name;
    config.io_threads = io_threads;
    config.buckets = buckets;
    return MakeRedisStore(config);
  });
}

StoreFactory ByTls() {
  return StoreFactory("tls", [] {
    static RedisTls tls;
    static RedisServer server(tls.settings());
    redis_store::Config config;
    config.url = Secret("rediss://" + tls.address());
    config.tls.ca = tls.files().Path("ca.pem");
    return MakeRedisStore(config);
  });
}

// A primary with a replica that has every write before it is acknowledged.
StoreFactory BehindSentinels() {
  return StoreFactory("sentinels", [] {
    static RedisSentinels sentinels(1);
    redis_store::Config config;
    config.sentinels = sentinels.addresses();
    config.master = RedisSentinels::kMaster;
    config.durability = Durability::kReplicated;
    return MakeRedisStore(config);
  });
}

// One bucket: everything meets everything. Many, over several connections: records, keys and operations fall apart.
INSTANTIATE_TEST_SUITE_P(RedisStore, TableSemantics,
                         ::testing::Values(With("one_bucket", 1, 1), With("many_buckets", 3, 256), BehindSentinels(),
                                           ByTls()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tomada::testing
