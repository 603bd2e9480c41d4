// Metrics: numbers about a component's work, for whoever scrapes them.
//
//   const Counter reconnects = context.metrics().counter("tomada_store_reconnects_total", "Connections made anew.");
//   reconnects.Add();
//
// A series is made once, in the component's constructor or Start; its handle is kept. Using a handle takes no lock and
// writes to memory that no other core touches: each core has a shard of its own, and the shards are summed when
// somebody looks. Names and units are Prometheus's: tomada_ in front, seconds and bytes, _total behind a counter. A
// label never holds what a client chose.
#ifndef TOMADA_METRICS_H_
#define TOMADA_METRICS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomada {

enum class MetricKind { kCounter, kGauge, kHistogram };

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// One series at one moment.
struct MetricSample {
  MetricLabels labels;
  double value = 0;               // of a histogram the sum of what was observed
  std::vector<uint64_t> buckets;  // of a histogram: how many fell into each bucket, the last one without a bound
};

// All series of a name.
struct MetricFamily {
  std::string name, help;
  MetricKind kind = MetricKind::kCounter;
  std::vector<double> bounds;  // of a histogram: the upper bounds, inclusive, rising
  std::vector<MetricSample> samples;
};

namespace metrics_internal {

// The numbers of one series, `width` of them in each shard.
class Cells {
 public:
  explicit Cells(size_t width);
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;

  void Add(size_t cell, uint64_t amount);
  void AddNumber(size_t cell, double amount);
  uint64_t Sum(size_t cell) const;
  double SumNumber(size_t cell) const;

 private:
  struct alignas(64) Line {
    std::atomic<uint64_t> cells[8] = {};
  };
  std::atomic<uint64_t>& At(size_t shard, size_t cell) const;

  const size_t lines_;  // of a shard
  const std::unique_ptr<Line[]> shards_;
};

struct Series {
  Series(MetricLabels labels, std::vector<double> bounds);

  const MetricLabels labels;
  const std::vector<double> bounds;  // of a histogram
  Cells cells;                       // one; of a histogram one for each bucket, then the sum
};

}  // namespace metrics_internal

// Handles: small values to copy and keep, thread-safe. They keep their series alive. One that was default-constructed
// counts nothing.

class Counter {
 public:
  Counter() = default;
  explicit Counter(std::shared_ptr<metrics_internal::Series> series) : series_(std::move(series)) {}
  void Add(uint64_t amount = 1) const {
    if (series_) series_->cells.Add(0, amount);
  }

 private:
  std::shared_ptr<metrics_internal::Series> series_;
};

// What goes up and down: calls in flight, jobs that wait.
class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(std::shared_ptr<metrics_internal::Series> series) : series_(std::move(series)) {}
  void Add(int64_t amount) const {
    if (series_) series_->cells.Add(0, static_cast<uint64_t>(amount));
  }

 private:
  std::shared_ptr<metrics_internal::Series> series_;
};

class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(std::shared_ptr<metrics_internal::Series> series) : series_(std::move(series)) {}
  // A NaN is left out.
  void Observe(double value) const;

  // Bounds in seconds for what takes from 0.1 ms to 10 s.
  static std::vector<double> Durations();

 private:
  std::shared_ptr<metrics_internal::Series> series_;
};

// All series of a process. Kept by the host. Thread-safe.
class MetricsRegistry {
 public:
  // How many series a name may have. What comes on top shares one whose labels, but the component's, all say "other".
  static constexpr size_t kMaxSeries = 1000;

  MetricsRegistry();
  ~MetricsRegistry();

  // The series of a name and labels; the same when asked for again. A name or label that is not [a-z_][a-z0-9_]*, and a
  // name that is known with another kind, other bounds or other labels, throw std::logic_error: a mistake in the
  // plugin.
  Counter counter(std::string_view name, std::string_view help, const MetricLabels& labels);
  Gauge gauge(std::string_view name, std::string_view help, const MetricLabels& labels);
  Histogram histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                      const MetricLabels& labels);

  // By name, then in the order they were made. Each number is what has been written to it so far.
  std::vector<MetricFamily> Collect() const;

 private:
  using Series = metrics_internal::Series;
  struct Family;
  std::shared_ptr<Series> Find(MetricKind kind, std::string_view name, std::string_view help,
                               std::vector<double> bounds, MetricLabels labels);

  mutable std::mutex mutex_;  // guards the families, not their numbers
  std::map<std::string, Family, std::less<>> families_;
};

// A component's way to the registry: a small value to copy and keep, which labels each series with the component's id.
// Without a registry it gives handles that count nothing.
class Metrics {
 public:
  Metrics() = default;
  Metrics(std::shared_ptr<MetricsRegistry> registry, std::string component)
      : registry_(std::move(registry)), component_(std::move(component)) {}

  // As the registry's; {"component", id} comes first in `labels`.
  Counter counter(std::string_view name, std::string_view help, MetricLabels labels = {}) const;
  Gauge gauge(std::string_view name, std::string_view help, MetricLabels labels = {}) const;
  Histogram histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                      MetricLabels labels = {}) const;
  // Whether anything is counted: what only serves to count may be left out else.
  bool enabled() const { return registry_ != nullptr; }

 private:
  MetricLabels Labelled(MetricLabels labels) const;

  std::shared_ptr<MetricsRegistry> registry_;
  std::string component_;
};

}  // namespace tomada

#endif  // TOMADA_METRICS_H_
