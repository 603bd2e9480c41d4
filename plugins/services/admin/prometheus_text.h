// Metrics as Prometheus scrapes them.
#pragma once

#include <string>
#include <vector>

#include "tomada/metrics.h"

namespace tomada::admin {

inline constexpr char kPrometheusText[] = "text/plain; version=0.0.4; charset=utf-8";

// The text exposition format, version 0.0.4.
std::string PrometheusText(const std::vector<MetricFamily>& families);

}  // namespace tomada::admin
