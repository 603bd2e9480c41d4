// A store without a host.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "rocksdb_store.h"

namespace tomada::rocksdb_store {

// Keeps what a component says of itself, and what it logs.
class Witness final : public ReadinessBoard, public LogSink {
 public:
  void Report(std::string_view, Readiness readiness) override {
    std::lock_guard lock(mutex_);
    readiness_ = std::move(readiness);
  }
  Readiness Of(std::string_view) const override {
    std::lock_guard lock(mutex_);
    return readiness_;
  }
  std::shared_ptr<void> OnChange(std::function<void()>) override { return nullptr; }

  void Write(LogLevel level, std::string_view component, std::string_view message,
             std::span<const LogField> fields) override {
    std::lock_guard lock(mutex_);
    log_ += FormatLogLine(level, component, message, fields) + "\n";
  }
  std::string log() const {
    std::lock_guard lock(mutex_);
    return log_;
  }

 private:
  mutable std::mutex mutex_;
  Readiness readiness_{true, {}};
  std::string log_;
};

inline std::unique_ptr<RocksdbStore> MakeStore(const Config& config, Surroundings surroundings = Surroundings(),
                                               std::shared_ptr<Witness> witness = std::make_shared<Witness>()) {
  return std::make_unique<RocksdbStore>(config, Logger(witness, "store"), StatusReporter(witness, "store"),
                                        std::move(surroundings));
}

inline Config ConfigFor(const std::string& path) {
  Config config;
  config.path = path;
  return config;
}

}  // namespace tomada::rocksdb_store
