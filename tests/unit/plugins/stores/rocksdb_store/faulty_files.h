// RocksDB's files on a disk that does what a test tells it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace tomada::rocksdb_store {

// Only logs, which are what a write waits for, and the beginning of tables.
class FaultyFiles final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

  const char* Name() const override { return "FaultyFiles"; }

  // Every sync waits until Release.
  void Hold() {
    std::lock_guard lock(mutex_);
    held_ = true;
  }
  void Release() {
    std::lock_guard lock(mutex_);
    held_ = tables_held_ = false;
    changed_.notify_all();
  }
  // No table is begun until Release: what is written stays in logs.
  void HoldTables() {
    std::lock_guard lock(mutex_);
    tables_held_ = true;
  }
  // Until a sync waits.
  void WaitUntilHeld() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  // The next sync fails once, after what it was for has been written; the next append fails and writes nothing.
  void FailNextSync(rocksdb::IOStatus status) {
    std::lock_guard lock(mutex_);
    sync_status_ = std::move(status);
  }
  void FailNextAppend(rocksdb::IOStatus status) {
    std::lock_guard lock(mutex_);
    append_status_ = std::move(status);
  }
  // How many logs were begun, and how many of them while the one before was not on disk.
  int logs() {
    std::lock_guard lock(mutex_);
    return logs_;
  }
  int early_logs() {
    std::lock_guard lock(mutex_);
    return early_logs_;
  }
  int syncs() {
    std::lock_guard lock(mutex_);
    return syncs_;
  }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    if (name.ends_with(".sst")) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !tables_held_; });
    }
    rocksdb::IOStatus status = target()->NewWritableFile(name, options, file, debug);
    if (status.ok() && name.ends_with(".log")) {
      *file = std::make_unique<Log>(*this, std::move(*file));
      std::lock_guard lock(mutex_);
      ++logs_;
      early_logs_ += unsynced_;
    }
    return status;
  }

 private:
  class Log final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    Log(FaultyFiles& files, std::unique_ptr<rocksdb::FSWritableFile> file)
        : FSWritableFileOwnerWrapper(std::move(file)), files_(files) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      if (rocksdb::IOStatus failed = files_.Take(files_.append_status_); !failed.ok()) return failed;
      files_.SetUnsynced(true);
      return target()->Append(data, options, debug);
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo&, rocksdb::IODebugContext* debug) override {
      return Append(data, options, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      files_.WaitWhileHeld();
      if (rocksdb::IOStatus failed = files_.Take(files_.sync_status_); !failed.ok()) return failed;
      files_.SetUnsynced(false);
      return target()->Sync(options, debug);
    }

   private:
    FaultyFiles& files_;
  };

  void WaitWhileHeld() {
    std::unique_lock lock(mutex_);
    ++syncs_;
    ++waiting_;
    if (held_) changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    --waiting_;
  }
  void SetUnsynced(bool unsynced) {
    std::lock_guard lock(mutex_);
    unsynced_ = unsynced;
  }
  rocksdb::IOStatus Take(rocksdb::IOStatus& status) {
    std::lock_guard lock(mutex_);
    return std::exchange(status, rocksdb::IOStatus::OK());
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool tables_held_ = false;
  int waiting_ = 0;
  int syncs_ = 0;
  bool unsynced_ = false;
  int logs_ = 0;
  int early_logs_ = 0;
  rocksdb::IOStatus sync_status_ = rocksdb::IOStatus::OK();
  rocksdb::IOStatus append_status_ = rocksdb::IOStatus::OK();
};

}  // namespace tomada::rocksdb_store
