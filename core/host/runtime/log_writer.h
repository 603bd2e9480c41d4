// LogWriter: writes log lines to a descriptor; who logs never waits for its reader.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "tomada/log.h"

namespace tomada {

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  std::map<std::string, LogLevel, std::less<>> levels;  // of single components, at first
  bool json = false;
  int requests = 100;  // that get a line in any one second; of the rest one in kSample does
  // How long lines are gathered for one write. A warning or an error does not wait.
  std::chrono::milliseconds gather{10};
  size_t max_waiting = 1 << 20;  // bytes of lines that wait to be written
};

// The thread that logs a line formats it; a thread of the writer's own writes it. When nobody reads (a full pipe, a
// stopped terminal), lines wait up to a bound. Those beyond it are dropped and counted, and a line says how many when
// writing goes on. A crash loses the lines of the last milliseconds, which have not been written yet.
class LogWriter final : public LogSink {
 public:
  static constexpr int kSample = 1000;
  // How long the destructor and Flush wait for a reader who does not read.
  static constexpr std::chrono::milliseconds kPatience{500};

  // `fd` is not closed.
  LogWriter(int fd, LogOptions options);
  // Writes what waits, at most for kPatience.
  ~LogWriter() override;

  void Write(LogLevel level, std::string_view component, std::string_view message,
             std::span<const LogField> fields) override;
  const std::atomic<LogLevel>& LevelOf(std::string_view component) const override { return Level(component); }
  bool SetLevel(std::string_view component, LogLevel level) override;
  bool TakesRequest() override;

  // Returns when all lines logged before are written, or after kPatience.
  void Flush();
  // Lines dropped so far.
  uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  std::atomic<LogLevel>& Level(std::string_view component) const;
  void Run();
  void WriteOut(std::string_view lines);
  bool WaitWritable();
  std::string LineOf(LogLevel level, std::string_view component, std::string_view message,
                     std::span<const LogField> fields) const;

  const int fd_;
  const LogOptions options_;
  std::atomic<uint64_t> lost_{0};
  std::atomic<int64_t> second_{0};  // the one in which `taken_` are counted
  std::atomic<int> taken_{0};       // requests that got a line in it

  mutable std::mutex levels_mutex_;
  mutable std::map<std::string, std::atomic<LogLevel>, std::less<>> levels_;  // of those asked for; guarded, not each

  std::mutex mutex_;
  std::condition_variable wake_, written_;
  std::string waiting_;     // guarded by mutex_
  uint64_t lost_told_ = 0;  // guarded by mutex_
  bool writing_ = false;    // guarded by mutex_
  bool urgent_ = false;     // guarded by mutex_; lines are written without waiting for more of them
  std::atomic<bool> ending_{false};
  std::chrono::steady_clock::time_point end_;  // set before ending_
  std::thread thread_;
};

}  // namespace tomada
