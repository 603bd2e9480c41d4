#include "tomada/metrics.h"

#include <sched.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

namespace tomada {

namespace metrics_internal {
namespace {

// One for each core, as far as that goes.
size_t ShardCount() {
  static const size_t count = std::clamp<size_t>(std::bit_ceil(std::thread::hardware_concurrency()), 1, 64);
  return count;
}

// A thread may be moved to another core at once: that is why the cells are atomic, and all that it costs.
size_t ThisShard() {
  const int core = ::sched_getcpu();  // -1, the last shard, where the system does not tell
  return static_cast<size_t>(core) & (ShardCount() - 1);
}

}  // namespace

Cells::Cells(size_t width) : lines_((width + 7) / 8), shards_(std::make_unique<Line[]>(ShardCount() * lines_)) {}

std::atomic<uint64_t>& Cells::At(size_t shard, size_t cell) const {
  return shards_[shard * lines_ + cell / 8].cells[cell % 8];
}

void Cells::Add(size_t cell, uint64_t amount) { At(ThisShard(), cell).fetch_add(amount, std::memory_order_relaxed); }

void Cells::AddNumber(size_t cell, double amount) {
  std::atomic<uint64_t>& sum = At(ThisShard(), cell);
  uint64_t seen = sum.load(std::memory_order_relaxed);
  while (!sum.compare_exchange_weak(seen, std::bit_cast<uint64_t>(std::bit_cast<double>(seen) + amount),
                                    std::memory_order_relaxed)) {
  }
}

uint64_t Cells::Sum(size_t cell) const {
  uint64_t sum = 0;
  for (size_t shard = 0; shard < ShardCount(); ++shard) sum += At(shard, cell).load(std::memory_order_relaxed);
  return sum;
}

double Cells::SumNumber(size_t cell) const {
  double sum = 0;
  for (size_t shard = 0; shard < ShardCount(); ++shard)
    sum += std::bit_cast<double>(At(shard, cell).load(std::memory_order_relaxed));
  return sum;
}

// The buckets of a histogram, one more without a bound, and the sum.
Series::Series(MetricLabels labels, std::vector<double> bounds)
    : labels(std::move(labels)), bounds(std::move(bounds)), cells(this->bounds.empty() ? 1 : this->bounds.size() + 2) {}

}  // namespace metrics_internal

void Histogram::Observe(double value) const {
  if (!series_ || std::isnan(value)) return;
  const std::vector<double>& bounds = series_->bounds;
  series_->cells.Add(static_cast<size_t>(std::ranges::lower_bound(bounds, value) - bounds.begin()), 1);
  series_->cells.AddNumber(bounds.size() + 1, value);
}

std::vector<double> Histogram::Durations() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

struct MetricsRegistry::Family {
  MetricKind kind;
  std::string help;
  std::vector<double> bounds;
  std::vector<std::shared_ptr<Series>> series;
  std::map<MetricLabels, std::shared_ptr<Series>> by_labels;
};

namespace {

bool IsMetricName(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool SameNames(const MetricLabels& a, const MetricLabels& b) {
  return std::ranges::equal(a, b, {}, &MetricLabels::value_type::first, &MetricLabels::value_type::first);
}

void CheckNames(std::string_view name, const std::vector<double>& bounds, const MetricLabels& labels) {
  bool good = IsMetricName(name) && std::ranges::is_sorted(bounds, std::less_equal());
  for (const auto& [label, value] : labels) good = good && IsMetricName(label);
  if (!good) throw std::logic_error(fmt::format("metric {}: its name, a label or its bounds break the rules", name));
}

// What a name has too many series for is counted together, for each component.
MetricLabels Other(MetricLabels labels) {
  for (auto& [label, value] : labels) {
    if (label != "component") value = "other";
  }
  return labels;
}

MetricSample Sample(MetricKind kind, const metrics_internal::Series& series) {
  MetricSample sample;
  sample.labels = series.labels;
  if (kind == MetricKind::kHistogram) {
    const size_t buckets = series.bounds.size() + 1;
    for (size_t i = 0; i < buckets; ++i) sample.buckets.push_back(series.cells.Sum(i));
    sample.value = series.cells.SumNumber(buckets);
  } else if (const uint64_t sum = series.cells.Sum(0); kind == MetricKind::kGauge) {
    sample.value = static_cast<double>(static_cast<int64_t>(sum));
  } else {
    sample.value = static_cast<double>(sum);
  }
  return sample;
}

}  // namespace

MetricsRegistry::MetricsRegistry() = default;
MetricsRegistry::~MetricsRegistry() = default;

Counter MetricsRegistry::counter(std::string_view name, std::string_view help, const MetricLabels& labels) {
  return Counter(Find(MetricKind::kCounter, name, help, {}, labels));
}

Gauge MetricsRegistry::gauge(std::string_view name, std::string_view help, const MetricLabels& labels) {
  return Gauge(Find(MetricKind::kGauge, name, help, {}, labels));
}

Histogram MetricsRegistry::histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                                     const MetricLabels& labels) {
  if (bounds.empty()) throw std::logic_error(fmt::format("metric {}: a histogram without bounds", name));
  return Histogram(Find(MetricKind::kHistogram, name, help, std::move(bounds), labels));
}

std::shared_ptr<metrics_internal::Series> MetricsRegistry::Find(MetricKind kind, std::string_view name,
                                                                std::string_view help, std::vector<double> bounds,
                                                                MetricLabels labels) {
  CheckNames(name, bounds, labels);
  std::lock_guard lock(mutex_);
  auto known = families_.find(name);
  if (known == families_.end()) known = families_.emplace(name, Family{kind, std::string(help), bounds, {}, {}}).first;
  Family& family = known->second;
  const bool same_labels = family.series.empty() || SameNames(family.series.front()->labels, labels);
  if (family.kind != kind || !same_labels || family.bounds != bounds)
    throw std::logic_error(fmt::format("metric {} is known with another kind, other labels or other bounds", name));
  auto found = family.by_labels.find(labels);
  if (found == family.by_labels.end() && family.series.size() >= kMaxSeries) {
    labels = Other(std::move(labels));
    found = family.by_labels.find(labels);
  }
  if (found != family.by_labels.end()) return found->second;
  auto series = std::make_shared<Series>(labels, family.bounds);
  family.series.push_back(series);
  family.by_labels.emplace(std::move(labels), series);
  return series;
}

std::vector<MetricFamily> MetricsRegistry::Collect() const {
  std::lock_guard lock(mutex_);
  std::vector<MetricFamily> all;
  for (const auto& [name, family] : families_) {
    MetricFamily& shown = all.emplace_back(MetricFamily{name, family.help, family.kind, family.bounds, {}});
    for (const auto& series : family.series) shown.samples.push_back(Sample(family.kind, *series));
  }
  return all;
}

Counter Metrics::counter(std::string_view name, std::string_view help, MetricLabels labels) const {
  return registry_ ? registry_->counter(name, help, Labelled(std::move(labels))) : Counter();
}

Gauge Metrics::gauge(std::string_view name, std::string_view help, MetricLabels labels) const {
  return registry_ ? registry_->gauge(name, help, Labelled(std::move(labels))) : Gauge();
}

Histogram Metrics::histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                             MetricLabels labels) const {
  return registry_ ? registry_->histogram(name, help, std::move(bounds), Labelled(std::move(labels))) : Histogram();
}

MetricLabels Metrics::Labelled(MetricLabels labels) const {
  labels.emplace(labels.begin(), "component", component_);
  return labels;
}

}  // namespace tomada
