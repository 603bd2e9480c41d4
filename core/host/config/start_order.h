// In which order to start what uses one another.
#pragma once

#include <cstddef>
#include <vector>

namespace tomada {

struct StartOrder {
  // Every component after those it uses; among those that could come next, the first of the profile. Without the ones
  // that use each other in a circle, or use such.
  std::vector<size_t> order;
  // Circles: each component uses the next, the last the first. Each begins with its first component in the profile,
  // and no component is in two: enough to see what to cut.
  std::vector<std::vector<size_t>> cycles;
};

// uses[i] are the components that component i uses, by their number.
StartOrder OrderByUse(const std::vector<std::vector<size_t>>& uses);

}  // namespace tomada
