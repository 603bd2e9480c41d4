// A component and what it uses, alive, as a host has them.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <absl/status/status.h>

#include "plan.h"
#include "runtime/live_view.h"
#include "runtime/status_board.h"
#include "tomada/blocking_pool.h"
#include "tomada/budget.h"
#include "tomada/component.h"
#include "tomada/log.h"

namespace tomada::conformance {

class Assembly {
 public:
  // Makes the components of the plan, which outlives it. Throws std::runtime_error when one cannot be made.
  explicit Assembly(const Plan& plan);
  ~Assembly();
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  // Returns when all are ready, or an error after the host's start deadline: a store that connects does so after its
  // start.
  absl::Status Start();
  void Drain();
  absl::Status Stop(Deadline grace);

  // The last of the plan.
  Component& subject() const { return *components_.back(); }

 private:
  Component* Find(std::string_view id);
  absl::Status AwaitReady() const;

  const Plan& plan_;
  const std::shared_ptr<LogSink> sink_ = MakeStderrSink(LogLevel::kError);
  const std::shared_ptr<StatusBoard> board_;
  const std::shared_ptr<Budgets> budgets_ = std::make_shared<Budgets>();
  BlockingPool pool_;
  LiveView view_;                                       // `host`, for those who use it
  std::vector<std::unique_ptr<Component>> components_;  // in start order
};

}  // namespace tomada::conformance
