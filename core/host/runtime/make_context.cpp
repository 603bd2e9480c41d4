#include "runtime/make_context.h"

#include <string>
#include <utility>

namespace tomada {

Context MakeContext(const PlannedComponent& planned, const SharedParts& shared,
                    const std::function<Component*(std::string_view id)>& find) {
  Context::Parts parts;
  parts.id = planned.id;
  parts.config = planned.config;
  for (const auto& [port, ids] : planned.uses) {
    for (const std::string& id : ids) parts.uses[port].push_back({id, find(id)});
  }
  parts.log_sink = shared.log_sink;
  parts.readiness = shared.readiness;
  parts.blocking_pool = shared.blocking_pool;
  parts.metrics = shared.metrics;
  parts.budgets = shared.budgets;
  parts.tracing = shared.tracing;
  parts.executors = shared.executors;
  return Context(std::move(parts));
}

}  // namespace tomada
