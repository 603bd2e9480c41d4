// Clients that work on a table while something goes wrong with it.
//
//   WriteLog log;
//   LoadDriver load(*table, log);
//   server.Kill(); ...
//   load.Stop();
//   EXPECT_THAT(log.Check(*table), IsEmpty()) << log.Summary();
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/write_log.h"
#include "tomada/store.h"
#include "tomada/thread_executor.h"

namespace tomada::testing {

struct Load {
  std::string name = "c";  // before the number of each client; of each driver on the same table another
  size_t threads = 2;
  size_t calls = 16;  // in flight, of each thread
  std::chrono::milliseconds timeout{1000};
  // Between two calls of a client: what bounds the load on a machine that has other things to do.
  std::chrono::microseconds pause{500};
  // A write of unknown outcome is tried again as the same operation, for so long.
  std::chrono::milliseconds retry_for{20000};
  // No write is lost, so that each client knows what its own records must be: a conflict over one of them, or a read of
  // another state, is wrong.
  bool nothing_is_lost = true;
  size_t value_bytes = 20;
};

// Each client inserts, puts, updates, removes, gets, finds and lists, one call after the other, in records of its own,
// with unique keys of its own and a few that all fight for. The table has the unique index "email".
class LoadDriver {
 public:
  // Begins at once. `table` and `log` outlive it.
  LoadDriver(Table& table, WriteLog& log, Load load = Load());
  ~LoadDriver() { Stop(); }
  LoadDriver(const LoadDriver&) = delete;
  LoadDriver& operator=(const LoadDriver&) = delete;

  // Lets each client finish what it does and returns when all have.
  void Stop();

 private:
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t working_ = 0;  // guarded by mutex_
  std::vector<std::unique_ptr<ThreadExecutor>> executors_;
};

}  // namespace tomada::testing
