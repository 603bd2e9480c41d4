#include "progress.h"

#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "junit.h"
#include "selection.h"
#include "watchdog.h"

namespace tomada::conformance {
namespace {

std::string_view Word(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPassed: return "ok";
    case Outcome::kFailed: return "FAILED";
    case Outcome::kSkipped: return "skipped";
  }
  return "";
}

// What the assertions said, each with its place in the source.
std::string MessagesOf(const ::testing::TestResult& result) {
  std::string text;
  for (int i = 0; i < result.total_part_count(); ++i) {
    const ::testing::TestPartResult& part = result.GetTestPartResult(i);
    if (part.passed()) continue;
    if (!text.empty()) text += '\n';
    if (part.file_name() && !part.skipped()) text += fmt::format("{}:{}: ", part.file_name(), part.line_number());
    text += part.message();
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string Indented(const std::string& text) {
  std::string indented = "    ";
  for (const char c : text) indented += c == '\n' ? std::string("\n    ") : std::string(1, c);
  return indented + '\n';
}

}  // namespace

Progress::Progress(std::string subject, size_t cases, std::string junit_file, std::ostream& out)
    : cases_(cases), junit_file_(std::move(junit_file)), out_(out) {
  report_.subject = std::move(subject);
}

void Progress::OnTestStart(const ::testing::TestInfo& info) {
  const Case started = CaseOf(info);
  std::lock_guard lock(mutex_);
  running_.emplace();
  running_->area = started.area;
  running_->name = started.name;
  began_ = Clock::now();
  NameRunningCase(started.full_name());
}

void Progress::OnTestEnd(const ::testing::TestInfo& info) {
  std::lock_guard lock(mutex_);
  Result result = *std::exchange(running_, std::nullopt);
  result.took = Clock::now() - began_;
  result.message = MessagesOf(*info.result());
  if (info.result()->Failed()) {
    result.outcome = Outcome::kFailed;
  } else if (info.result()->Skipped()) {
    result.outcome = Outcome::kSkipped;
  }
  Print(result);
  report_.results.push_back(std::move(result));
}

bool Progress::FailIfLongerThan(std::chrono::nanoseconds limit) {
  std::lock_guard lock(mutex_);
  if (!running_ || Clock::now() - began_ < limit) return false;
  Result result = *std::exchange(running_, std::nullopt);
  result.outcome = Outcome::kFailed;
  result.took = Clock::now() - began_;
  result.message = fmt::format("hangs: no end after {}; the cases after it have not been run", Shown(limit));
  Print(result);
  report_.results.push_back(std::move(result));
  return true;
}

void Progress::Print(const Result& result) {
  out_ << fmt::format("[{:>3}/{}] {:<72} {:<7} {:>9}\n", report_.results.size() + 1, cases_,
                      result.area + '.' + result.name, Word(result.outcome), Shown(result.took));
  if (!result.message.empty() && result.outcome == Outcome::kFailed) out_ << Indented(result.message);
  out_.flush();
}

bool Progress::Finish() {
  std::lock_guard lock(mutex_);
  out_ << '\n' << TableOf(report_);
  out_.flush();
  if (junit_file_.empty()) return report_.passed();
  std::ofstream file(junit_file_, std::ios::binary);
  file << JUnitOf(report_);
  file.close();
  if (!file) out_ << fmt::format("{} cannot be written\n", junit_file_);
  return report_.passed() && file;
}

}  // namespace tomada::conformance
