#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "config.h"
#include "handshake.h"
#include "io_thread.h"
#include "net/loop/event_fd.h"
#include "sentinels.h"
#include "stream_dialer.h"
#include "tomada/log.h"
#include "tomada/metrics.h"
#include "tomada/readiness.h"

namespace tomada::redis_store {

// Gives each I/O thread its connection, and another whenever it lost one: finds the primary, connects, greets, all on
// one thread of its own, where waiting holds up nobody. Failed tries are repeated after a random part of a time that
// doubles up to 2 s (full jitter), so that many clients do not come back at once. Tells whether the store is ready.
class Connector {
 public:
  // The config and the threads outlive it.
  Connector(const Config& config, const std::vector<std::unique_ptr<IoThread>>& threads, Logger log,
            StatusReporter status, Counter reconnects);
  ~Connector();

  absl::Status Start();
  // Ends a wait between tries at once; a try under way is finished.
  void Stop();

  // From any thread: the connection of I/O thread `number` is gone.
  void Lost(size_t number, std::string why);
  // From any thread: the server takes no writes. The store is not ready until it takes one again.
  void Refused(std::string why);

 private:
  // What the thread knows of one I/O thread.
  struct Line {
    bool connected = false;
    std::string address;               // of the server, from the first connection on
    std::optional<ServerSideId> last;  // the connection it has or had last
  };

  void Run();
  void TakeLosses();
  absl::Status ConnectAll();
  absl::Status Connect(size_t number, const ServerAddress& primary);
  absl::StatusOr<ServerAddress> FindPrimary();
  void ReportFailure(const absl::Status& failure);
  void WaitForNews();
  // Asks the server again, after a refusal, whether it takes writes.
  void TryWrite();
  void BackOff(const absl::Status& failure);
  // Until `timeout` milliseconds have passed (-1: for ever), Stop, a loss, or news from a Sentinel; true for the last.
  bool Wait(int timeout, bool listen);
  bool stopping() const;
  net::Patience patience() const;

  const Config& config_;
  const ServerAddress server_;
  const std::vector<std::unique_ptr<IoThread>>& threads_;
  const Logger log_;
  const StatusReporter status_;
  const Counter reconnects_;
  const net::EventFd event_;    // something happened
  const net::EventFd stopped_;  // for good once stopping

  mutable std::mutex mutex_;
  bool stopping_ = false;                             // guarded by mutex_
  std::vector<std::pair<size_t, std::string>> lost_;  // guarded by mutex_
  std::string refusal_;  // guarded by mutex_; empty while writes are taken, as far as is known

  // Of the thread:
  StreamDialer dialer_;
  Sentinels sentinels_;
  std::vector<Line> lines_;
  std::string reported_;  // the failure last logged, so that each is logged once
  int failures_ = 0;      // tries since the last that went well
  std::minstd_rand random_;

  std::thread thread_;
};

}  // namespace tomada::redis_store
