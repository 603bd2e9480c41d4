// What the system says of this process.
#pragma once

#include <vector>

#include "tomada/metrics.h"

namespace tomada {

// Appends the families that Prometheus's own clients call process_*: CPU seconds, resident and virtual memory, open and
// allowed descriptors, start time, and threads. What the system does not tell is left out.
void AppendProcessMetrics(std::vector<MetricFamily>& families);

}  // namespace tomada
