#include "report.h"

#include <algorithm>

#include <fmt/format.h>

namespace tomada::conformance {
namespace {

struct Row {
  std::string area;
  int passed = 0, failed = 0, skipped = 0;
  std::chrono::nanoseconds took{0};

  void Add(const Result& result) {
    passed += result.outcome == Outcome::kPassed;
    failed += result.outcome == Outcome::kFailed;
    skipped += result.outcome == Outcome::kSkipped;
    took += result.took;
  }
  std::string Line() const {
    return fmt::format("{:<12} {:>7} {:>7} {:>8} {:>10}\n", area, passed, failed, skipped, Shown(took));
  }
};

}  // namespace

int Report::Count(Outcome outcome) const {
  return static_cast<int>(std::ranges::count(results, outcome, &Result::outcome));
}

std::string Shown(std::chrono::nanoseconds time) {
  const double seconds = std::chrono::duration<double>(time).count();
  return seconds < 1 ? fmt::format("{:.1f} ms", seconds * 1e3) : fmt::format("{:.1f} s", seconds);
}

std::string TableOf(const Report& report) {
  std::vector<Row> rows;
  Row total{"total"};
  for (const Result& result : report.results) {
    auto row = std::ranges::find(rows, result.area, &Row::area);
    if (row == rows.end()) row = rows.insert(row, Row{result.area});
    row->Add(result);
    total.Add(result);
  }
  std::string text = fmt::format("{:<12} {:>7} {:>7} {:>8} {:>10}\n", "area", "passed", "failed", "skipped", "time");
  for (const Row& row : rows) text += row.Line();
  text += total.Line();
  for (const Result& result : report.results) {
    if (result.outcome == Outcome::kFailed) text += fmt::format("FAILED {}.{}\n", result.area, result.name);
  }
  return text;
}

}  // namespace tomada::conformance
