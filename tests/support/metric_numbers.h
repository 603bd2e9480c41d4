// What a registry has counted, as text that a test can compare: "name{label=value,...}", without the component.
#pragma once

#include <cstdint>
#include <map>
#include <numeric>
#include <string>

#include "tomada/metrics.h"

namespace tomada::testing {

// Of a histogram how many values it has seen.
inline std::map<std::string, double> Numbers(const MetricsRegistry& registry) {
  std::map<std::string, double> numbers;
  for (const MetricFamily& family : registry.Collect()) {
    for (const MetricSample& sample : family.samples) {
      std::string labels;
      for (const auto& [label, value] : sample.labels) {
        if (label != "component") labels += (labels.empty() ? "" : ",") + label + "=" + value;
      }
      const bool histogram = family.kind == MetricKind::kHistogram;
      const uint64_t count = std::accumulate(sample.buckets.begin(), sample.buckets.end(), uint64_t{0});
      numbers[family.name + "{" + labels + "}"] = histogram ? static_cast<double>(count) : sample.value;
    }
  }
  return numbers;
}

}  // namespace tomada::testing
