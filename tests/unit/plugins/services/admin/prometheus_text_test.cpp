#include "prometheus_text.h"

#include <gtest/gtest.h>

namespace tomada::admin {
namespace {

TEST(PrometheusText, OfEachKind) {
  const std::vector<MetricFamily> families = {
      {"a_total", "Things.", MetricKind::kCounter, {}, {{{{"component", "x"}, {"code", "OK"}}, 3, {}}}},
      {"b", "Now.", MetricKind::kGauge, {}, {{{}, -2, {}}}},
      {"c_seconds", "Took.", MetricKind::kHistogram, {0.5, 1}, {{{{"component", "x"}}, 4.25, {1, 0, 2}}}},
  };
  EXPECT_EQ(PrometheusText(families),
            "# HELP a_total Things.\n"
            "# TYPE a_total counter\n"
            "a_total{component=\"x\",code=\"OK\"} 3\n"
            "# HELP b Now.\n"
            "# TYPE b gauge\n"
            "b -2\n"
            "# HELP c_seconds Took.\n"
            "# TYPE c_seconds histogram\n"
            "c_seconds_count{component=\"x\"} 3\n"
            "c_seconds_sum{component=\"x\"} 4.25\n"
            "c_seconds_bucket{component=\"x\",le=\"0.5\"} 1\n"
            "c_seconds_bucket{component=\"x\",le=\"1\"} 1\n"
            "c_seconds_bucket{component=\"x\",le=\"+Inf\"} 3\n");
}

TEST(PrometheusText, NoLabelValueForgesALine) {
  const std::vector<MetricFamily> families = {
      {"a", "A.", MetricKind::kGauge, {}, {{{{"x", "1\"} 7\nforged 1\\"}}, 1, {}}}}};
  EXPECT_EQ(PrometheusText(families), "# HELP a A.\n# TYPE a gauge\na{x=\"1\\\"} 7\\nforged 1\\\\\"} 1\n");
}

}  // namespace
}  // namespace tomada::admin
