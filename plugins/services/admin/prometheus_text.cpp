#include "prometheus_text.h"

#include <limits>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace tomada::admin {
namespace {

prometheus::ClientMetric::Histogram HistogramOf(const MetricSample& sample, const std::vector<double>& bounds) {
  prometheus::ClientMetric::Histogram histogram;
  uint64_t count = 0;
  for (size_t i = 0; i < sample.buckets.size(); ++i) {
    count += sample.buckets[i];
    histogram.bucket.push_back({count, i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
  }
  histogram.sample_count = count;
  histogram.sample_sum = sample.value;
  return histogram;
}

prometheus::ClientMetric MetricOf(const MetricFamily& family, const MetricSample& sample) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
  switch (family.kind) {
    case MetricKind::kCounter: metric.counter.value = sample.value; break;
    case MetricKind::kGauge: metric.gauge.value = sample.value; break;
    case MetricKind::kHistogram: metric.histogram = HistogramOf(sample, family.bounds); break;
  }
  return metric;
}

prometheus::MetricType TypeOf(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter: return prometheus::MetricType::Counter;
    case MetricKind::kGauge: return prometheus::MetricType::Gauge;
    case MetricKind::kHistogram: return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

}  // namespace

std::string PrometheusText(const std::vector<MetricFamily>& families) {
  std::vector<prometheus::MetricFamily> shown;
  for (const MetricFamily& family : families) {
    prometheus::MetricFamily& target = shown.emplace_back();
    target.name = family.name;
    target.help = family.help;
    target.type = TypeOf(family.kind);
    for (const MetricSample& sample : family.samples) target.metric.push_back(MetricOf(family, sample));
  }
  return prometheus::TextSerializer().Serialize(shown);
}

}  // namespace tomada::admin
