// LiveView: the host as its components see it.
#pragma once

#include <memory>
#include <vector>

#include "plan.h"
#include "runtime/status_board.h"
#include "tomada/host_view.h"
#include "tomada/metrics.h"

namespace tomada {

class LiveView final : public HostView {
 public:
  // `plan` outlives it. A null registry: metrics are off.
  LiveView(const Plan& plan, std::shared_ptr<const StatusBoard> board, std::shared_ptr<MetricsRegistry> registry);

  std::vector<ComponentStatus> components() const override;
  Readiness readiness() const override { return board_->OfAll(); }
  std::vector<ConfigSetting> config() const override;
  std::vector<MetricFamily> CollectMetrics() const override;
  BuildInfo build() const override;

 private:
  const Plan& plan_;
  const std::shared_ptr<const StatusBoard> board_;
  const std::shared_ptr<MetricsRegistry> registry_;
};

}  // namespace tomada
