// A real cache that goes away, hangs and comes back, under load: no call fails for it, none takes long, and nothing old
// is given out. The clients of the load hold every read of their own records to what they wrote last.
#include <gmock/gmock.h>

#include "gated_test.h"
#include "support/load_driver.h"
#include "support/write_log.h"

namespace tomada::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::IsEmpty;

class CacheOutage : public ::testing::Test {
 protected:
  static cached_store::Config Impatient() {
    cached_store::Config config;
    config.ttl = absl::Seconds(20);
    config.negative_ttl = absl::Seconds(20);
    config.cache_timeout = absl::Milliseconds(20);
    config.cache_pause = absl::Milliseconds(50);
    return config;
  }

  CacheOutage() {
    EXPECT_EQ(stack_.Start(), absl::OkStatus());
    TableOptions options("users");
    options.unique_indexes = {"email"};
    table_ = *stack_.OpenTable(options);
    SyncTable table(*table_);
    RedisServer::WaitUntil("the cache is used", [&] {
      table.Get("nobody").status().IgnoreError();
      return server_.Info("db0").find("keys=") != std::string::npos;
    });
  }
  ~CacheOutage() override { EXPECT_EQ(stack_.Stop(Deadline::max()), absl::OkStatus()); }

  void CheckLoad(const std::function<void()>& fault) {
    WriteLog log;
    {
      LoadDriver load(*table_, log);
      std::this_thread::sleep_for(milliseconds(300));
      fault();
      std::this_thread::sleep_for(milliseconds(300));
    }
    EXPECT_THAT(log.Check(*table_), IsEmpty()) << log.Summary();
    for (auto code : {absl::StatusCode::kUnavailable, absl::StatusCode::kDeadlineExceeded,
                      absl::StatusCode::kResourceExhausted, absl::StatusCode::kUnknown, absl::StatusCode::kInternal}) {
      EXPECT_EQ(log.count(code), 0u) << log.Summary();
    }
    EXPECT_GT(log.acknowledged(), 100u);
    // A write drops a few keys, one after another, each within cache_timeout.
    EXPECT_LT(log.longest(), milliseconds(100) + WriteLog::DefaultSlack());
  }

  RedisServer server_;
  Stack stack_{MakeMemory(), MakeRedisCache(server_), Impatient()};
  std::unique_ptr<Table> table_;
};

TEST_F(CacheOutage, NobodyNoticesACacheThatHangs) {
  CheckLoad([this] {
    for (milliseconds pause : {milliseconds(30), milliseconds(200), milliseconds(1000)}) {
      server_.Pause();
      std::this_thread::sleep_for(pause);
      server_.Continue();
      std::this_thread::sleep_for(milliseconds(200));
    }
  });
}

TEST_F(CacheOutage, NobodyNoticesACacheThatDiesAndComesBackEmpty) {
  CheckLoad([this] {
    for (int i = 0; i < 2; ++i) {
      server_.Kill();
      std::this_thread::sleep_for(milliseconds(300));
      server_.Restart();
      std::this_thread::sleep_for(milliseconds(300));
    }
  });
}

TEST_F(CacheOutage, NobodyNoticesAFullCache) {
  server_.Set("maxmemory", "1mb");
  CheckLoad([] { std::this_thread::sleep_for(milliseconds(500)); });
}

TEST_F(CacheOutage, NobodyNoticesACacheThatForgets) {
  CheckLoad([this] {
    for (int i = 0; i < 50; ++i) {
      server_.Command({"FLUSHALL"});
      std::this_thread::sleep_for(milliseconds(10));
    }
  });
}

}  // namespace
}  // namespace tomada::testing
