// The threads on which handlers run.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "tomada/thread_executor.h"

namespace tomada::grpc_server {

// Next is thread-safe between Start and Stop.
class CallExecutors {
 public:
  // `count` threads; 0: one for each two cores, as gRPC's own threads keep the others busy.
  void Start(int count) {
    if (count == 0) count = static_cast<int>(std::max(1u, std::thread::hardware_concurrency() / 2));
    while (count-- > 0) executors_.push_back(std::make_unique<ThreadExecutor>(ThreadExecutor::Wakes::kBatched));
  }
  // No call is left. May be called twice, and without Start.
  void Stop() { executors_.clear(); }

  // Each in turn.
  Executor& Next() { return *executors_[next_.fetch_add(1, std::memory_order_relaxed) % executors_.size()]; }

 private:
  std::vector<std::unique_ptr<ThreadExecutor>> executors_;
  std::atomic<size_t> next_{0};
};

}  // namespace tomada::grpc_server
