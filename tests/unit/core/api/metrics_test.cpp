#include "tomada/metrics.h"

#include <limits>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomada {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class MetricsTest : public ::testing::Test {
 protected:
  MetricFamily Only() const {
    std::vector<MetricFamily> all = registry_->Collect();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? MetricFamily() : all.front();
  }

  std::shared_ptr<MetricsRegistry> registry_ = std::make_shared<MetricsRegistry>();
  const Metrics metrics_{registry_, "store"};
};

TEST_F(MetricsTest, ACounterIsLabelledWithItsComponent) {
  metrics_.counter("tomada_reconnects_total", "Connections made anew.", {{"server", "primary"}}).Add(3);
  const MetricFamily family = Only();
  EXPECT_EQ(family.name, "tomada_reconnects_total");
  EXPECT_EQ(family.help, "Connections made anew.");
  EXPECT_EQ(family.kind, MetricKind::kCounter);
  ASSERT_EQ(family.samples.size(), 1u);
  EXPECT_THAT(family.samples[0].labels, ElementsAre(Pair("component", "store"), Pair("server", "primary")));
  EXPECT_EQ(family.samples[0].value, 3);
}

TEST_F(MetricsTest, TheSameNameAndLabelsAreOneSeries) {
  metrics_.counter("a_total", "A.").Add();
  metrics_.counter("a_total", "A.").Add();
  Metrics(registry_, "other").counter("a_total", "A.").Add(5);
  const MetricFamily family = Only();
  ASSERT_EQ(family.samples.size(), 2u);
  EXPECT_EQ(family.samples[0].value, 2);
  EXPECT_EQ(family.samples[1].value, 5);
}

TEST_F(MetricsTest, AGaugeSumsWhatThreadsAddAndTakeAway) {
  const Gauge gauge = metrics_.gauge("waiting", "Waiting.");
  gauge.Add(5);
  std::jthread([&] { gauge.Add(-7); }).join();
  EXPECT_EQ(Only().samples[0].value, -2);
}

TEST_F(MetricsTest, AHistogramCountsInBucketsWhoseBoundsAreInclusive) {
  const Histogram histogram = metrics_.histogram("seconds", "How long.", {0.5, 1, 2});
  for (double value : {0.5, 0.6, 1.0, 2.5, -1.0}) histogram.Observe(value);
  histogram.Observe(std::numeric_limits<double>::quiet_NaN());
  const MetricFamily family = Only();
  EXPECT_THAT(family.bounds, ElementsAre(0.5, 1, 2));
  EXPECT_THAT(family.samples[0].buckets, ElementsAre(2, 2, 0, 1));
  EXPECT_DOUBLE_EQ(family.samples[0].value, 3.6);
}

TEST_F(MetricsTest, NothingIsLostBetweenThreads) {
  constexpr int kThreads = 8, kEach = 20'000;
  const Counter counter = metrics_.counter("a_total", "A.");
  const Histogram histogram = metrics_.histogram("b", "B.", {1});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < kEach; ++j) {
          counter.Add();
          histogram.Observe(0.5);
        }
      });
    }
    for (int i = 0; i < 100; ++i) registry_->Collect();
  }
  const std::vector<MetricFamily> all = registry_->Collect();
  EXPECT_EQ(all[0].samples[0].value, kThreads * kEach);
  EXPECT_THAT(all[1].samples[0].buckets, ElementsAre(kThreads * kEach, 0));
  EXPECT_DOUBLE_EQ(all[1].samples[0].value, kThreads * kEach * 0.5);
}

TEST_F(MetricsTest, ANameHasABoundedNumberOfSeries) {
  for (size_t i = 0; i < MetricsRegistry::kMaxSeries + 50; ++i)
    metrics_.counter("a_total", "A.", {{"key", std::to_string(i)}}).Add();
  const MetricFamily family = Only();
  ASSERT_EQ(family.samples.size(), MetricsRegistry::kMaxSeries + 1);
  EXPECT_THAT(family.samples.back().labels, ElementsAre(Pair("component", "store"), Pair("key", "other")));
  EXPECT_EQ(family.samples.back().value, 50);
  metrics_.counter("a_total", "A.", {{"key", "7"}}).Add();  // those there were go on
  EXPECT_EQ(Only().samples[7].value, 2);
}

TEST_F(MetricsTest, MistakesOfAPluginThrow) {
  metrics_.counter("a_total", "A.");
  EXPECT_THROW(metrics_.gauge("a_total", "A."), std::logic_error);
  EXPECT_THROW(metrics_.counter("a_total", "A.", {{"more", "x"}}), std::logic_error);
  EXPECT_THROW(metrics_.counter("Bad-name", "A."), std::logic_error);
  EXPECT_THROW(metrics_.counter("b_total", "A.", {{"bad label", "x"}}), std::logic_error);
  EXPECT_THROW(metrics_.histogram("c", "C.", {}), std::logic_error);
  EXPECT_THROW(metrics_.histogram("c", "C.", {2, 1}), std::logic_error);
  metrics_.histogram("d", "D.", {1, 2});
  EXPECT_THROW(metrics_.histogram("d", "D.", {1, 3}), std::logic_error);
}

TEST_F(MetricsTest, WithoutARegistryNothingIsCounted) {
  const Metrics none;
  EXPECT_FALSE(none.enabled());
  none.counter("a_total", "A.").Add();
  none.gauge("b", "B.").Add(1);
  none.histogram("c", "C.", {1}).Observe(1);
  EXPECT_THAT(registry_->Collect(), IsEmpty());
}

TEST_F(MetricsTest, AHandleOutlivesTheRegistry) {
  auto registry = std::make_shared<MetricsRegistry>();
  const Counter counter = Metrics(registry, "x").counter("a_total", "A.");
  registry.reset();
  counter.Add();  // for the address sanitizer to judge
}

}  // namespace
}  // namespace tomada
