#include "runtime/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace tomada {
namespace {

// Field numbers of /proc/self/stat, as proc(5) counts them.
enum StatField { kUserTime = 14, kSystemTime = 15, kThreads = 20, kStartTime = 22, kVirtualSize = 23, kResident = 24 };

// The fields from the third on: the second is the program's name, which may hold anything.
class Stat {
 public:
  Stat() {
    std::ifstream file("/proc/self/stat");
    std::string text(std::istreambuf_iterator<char>(file), {});
    std::istringstream rest(text.substr(std::min(text.rfind(')') + 1, text.size())));
    for (std::string field; rest >> field;) fields_.push_back(field);
  }
  std::optional<double> At(StatField number) const {
    const size_t index = static_cast<size_t>(number) - 3;
    if (index >= fields_.size()) return std::nullopt;
    return std::stod(fields_[index]);
  }

 private:
  std::vector<std::string> fields_;
};

// When the system was started, in seconds since 1970.
std::optional<double> BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    if (double time; word == "btime" && file >> time) return time;
  }
  return std::nullopt;
}

std::optional<double> OpenDescriptors() {
  std::error_code error;
  const auto begin = std::filesystem::directory_iterator("/proc/self/fd", error);
  if (error) return std::nullopt;
  return static_cast<double>(std::distance(begin, std::filesystem::directory_iterator())) - 1;  // its own
}

std::optional<double> MaxDescriptors() {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

void AppendProcessMetrics(std::vector<MetricFamily>& families) {
  const auto add = [&](std::string name, std::string help, MetricKind kind, std::optional<double> value) {
    if (value) families.push_back({std::move(name), std::move(help), kind, {}, {{{}, *value, {}}}});
  };
  const Stat stat;
  const double tick = 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  const auto times = [](std::optional<double> value, double factor) {
    return value ? std::optional(*value * factor) : std::nullopt;
  };
  std::optional<double> cpu = stat.At(kUserTime);
  if (cpu) cpu = (*cpu + stat.At(kSystemTime).value_or(0)) * tick;
  std::optional<double> start = BootTime();
  if (start) start = *start + stat.At(kStartTime).value_or(0) * tick;

  add("process_cpu_seconds_total", "CPU time of the process.", MetricKind::kCounter, cpu);
  add("process_resident_memory_bytes", "Memory in RAM.", MetricKind::kGauge, times(stat.At(kResident), page));
  add("process_virtual_memory_bytes", "Address space.", MetricKind::kGauge, stat.At(kVirtualSize));
  add("process_threads", "Threads.", MetricKind::kGauge, stat.At(kThreads));
  add("process_open_fds", "Open descriptors.", MetricKind::kGauge, OpenDescriptors());
  add("process_max_fds", "How many may be open.", MetricKind::kGauge, MaxDescriptors());
  add("process_start_time_seconds", "When it was started, since 1970.", MetricKind::kGauge, start);
}

}  // namespace tomada
