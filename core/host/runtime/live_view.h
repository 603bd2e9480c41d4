// LiveView: the host as its components see it, and what they may do to it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "plan.h"
#include "runtime/status_board.h"
#include "tomada/blocking_pool.h"
#include "tomada/budget.h"
#include "tomada/host_control.h"
#include "tomada/host_view.h"
#include "tomada/metrics.h"

namespace tomada {

class LiveView final : public HostView, public HostControl {
 public:
  // How many log lines were dropped.
  using LostLines = std::function<uint64_t()>;

  // What it acts on.
  struct Reach {
    std::shared_ptr<LogSink> sink;
    BlockingPool& pool;                                   // outlives it
    std::function<Component*(std::string_view id)> find;  // null when there is none, or not yet; from any thread
    std::shared_ptr<const Budgets> budgets;
  };

  // `plan` outlives it. A null registry: metrics are off. `lost_lines` may be empty.
  LiveView(const Plan& plan, std::shared_ptr<const StatusBoard> board, std::shared_ptr<MetricsRegistry> registry,
           LostLines lost_lines, Reach reach);

  std::vector<ComponentStatus> components() const override;
  Readiness readiness() const override { return board_->OfAll(); }
  std::vector<ConfigSetting> config() const override;
  std::vector<MetricFamily> CollectMetrics() const override;
  BuildInfo build() const override;

  absl::Status SetLogLevel(std::string_view component, LogLevel level) override;
  Task<absl::Status> BackUp(Call& call, std::string component, std::string directory) override;

 private:
  // Null when there is no such component.
  const PlannedComponent* Planned(std::string_view id) const;

  const Plan& plan_;
  const std::shared_ptr<const StatusBoard> board_;
  const std::shared_ptr<MetricsRegistry> registry_;
  const LostLines lost_lines_;
  const Reach reach_;
  const Logger log_;
  std::atomic<bool> backing_up_{false};
  mutable std::mutex mutex_;
  std::map<std::string, LogLevel, std::less<>> log_levels_;  // those that were set; guarded by mutex_
};

}  // namespace tomada
