// A store on a disk that does what the test tells it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "conformance/table_semantics.h"
#include "faulty_files.h"
#include "make_store.h"
#include "support/temp_dir.h"

namespace tomada::rocksdb_store {

// A status whose outcome is not known.
MATCHER_P(UnknownWith, code, "") {
  *result_listener << arg.status();
  return arg.status().code() == code && OutcomeOf(arg.status()) == WriteOutcome::kUnknown;
}

inline Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(10); }

// A write under way, on a call that can be cancelled.
class Background {
 public:
  explicit Background(Task<absl::StatusOr<Written>> task) {
    Spawn(std::move(task), [this](absl::StatusOr<Written> written) {
      std::lock_guard lock(mutex_);
      result_ = std::move(written);
      ++answers_;
      changed_.notify_all();
    });
  }
  bool answered() {
    std::lock_guard lock(mutex_);
    return answers_ > 0;
  }
  absl::StatusOr<Written> Wait() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [this] { return answers_ > 0; }));
    EXPECT_EQ(answers_, 1);
    return result_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int answers_ = 0;
  absl::StatusOr<Written> result_ = absl::UnknownError("not answered");
};

class DiskTest : public ::testing::Test {
 protected:
  DiskTest() { config_.path = directory_.path() / "store"; }
  ~DiskTest() override {
    files_->Release();
    if (store_) Close();
  }

  void Open() {
    Surroundings surroundings;
    surroundings.env = env_.get();
    surroundings.sweep_interval = std::chrono::hours(1);
    witness_ = std::make_shared<Witness>();
    store_ = MakeStore(config_, surroundings, witness_, Metrics(registry_, "store"));
    ASSERT_EQ(store_->Start(), absl::OkStatus());
    TableOptions options("usuarios");
    options.unique_indexes = {"email"};
    table_ = *store_->OpenTable(options);
  }
  void Close() {
    table_.reset();
    store_->Stop(Soon()).IgnoreError();
    store_.reset();
  }
  void Reopen() {
    Close();
    Open();
  }

  testing::SyncTable sync() { return testing::SyncTable(*table_); }
  // Holds the disk, and waits until a write waits for it.
  std::unique_ptr<Background> HoldWith(testing::TestCall& call, const std::string& id) {
    files_->Hold();
    auto write = std::make_unique<Background>(table_->Insert(call, Operation(), Record(id, "held")));
    files_->WaitUntilHeld();
    return write;
  }

  testing::TempDir directory_;
  Config config_;
  std::shared_ptr<FaultyFiles> files_ = std::make_shared<FaultyFiles>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
  std::shared_ptr<Witness> witness_;
  const std::shared_ptr<MetricsRegistry> registry_ = std::make_shared<MetricsRegistry>();
  std::unique_ptr<RocksdbStore> store_;
  std::unique_ptr<Table> table_;
};

}  // namespace tomada::rocksdb_store
