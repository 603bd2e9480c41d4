// LiveView: the host as its components see it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "plan.h"
#include "runtime/status_board.h"
#include "tomada/host_view.h"
#include "tomada/metrics.h"

namespace tomada {

class LiveView final : public HostView {
 public:
  // How many log lines were dropped.
  using LostLines = std::function<uint64_t()>;

  // `plan` outlives it. A null registry: metrics are off. `lost_lines` may be empty.
  LiveView(const Plan& plan, std::shared_ptr<const StatusBoard> board, std::shared_ptr<MetricsRegistry> registry,
           LostLines lost_lines);

  std::vector<ComponentStatus> components() const override;
  Readiness readiness() const override { return board_->OfAll(); }
  std::vector<ConfigSetting> config() const override;
  std::vector<MetricFamily> CollectMetrics() const override;
  BuildInfo build() const override;

 private:
  const Plan& plan_;
  const std::shared_ptr<const StatusBoard> board_;
  const std::shared_ptr<MetricsRegistry> registry_;
  const LostLines lost_lines_;
};

}  // namespace tomada
