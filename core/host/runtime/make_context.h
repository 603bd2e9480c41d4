// From a planned component to the Context that its plugin's create is lent.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "plan.h"
#include "tomada/blocking_pool.h"
#include "tomada/context.h"
#include "tomada/log.h"
#include "tomada/metrics.h"
#include "tomada/readiness.h"

namespace tomada {

// What all components of a run are given.
struct SharedParts {
  std::shared_ptr<LogSink> log_sink;
  std::shared_ptr<ReadinessBoard> readiness;
  BlockingPool* blocking_pool;                         // outlives the components
  std::shared_ptr<MetricsRegistry> metrics = nullptr;  // null: nothing is counted
  std::shared_ptr<Budgets> budgets = nullptr;          // null: nothing is bounded
  std::shared_ptr<Tracing> tracing = std::make_shared<Tracing>();
  std::shared_ptr<Executors> executors = std::make_shared<Executors>();
};

// `find` gives the component of an id, made before this one; of kHostId the HostView.
Context MakeContext(const PlannedComponent& planned, const SharedParts& shared,
                    const std::function<Component*(std::string_view id)>& find);

}  // namespace tomada
