#include "junit.h"

#include <map>

#include <fmt/format.h>

namespace tomada::conformance {
namespace {

// XML takes no control character but these three, not even escaped.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '&': escaped += "&amp;"; break;
      case '"': escaped += "&quot;"; break;
      case '\n': escaped += "&#10;"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) {
          escaped += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          escaped += c;
        }
    }
  }
  return escaped;
}

std::string Seconds(std::chrono::nanoseconds time) {
  return fmt::format("{:.6f}", std::chrono::duration<double>(time).count());
}

std::string CaseXml(const Report& report, const Result& result) {
  std::string xml = fmt::format(R"(    <testcase classname="{}.{}" name="{}" time="{}")", Escaped(report.subject),
                                result.area, result.name, Seconds(result.took));
  if (result.outcome == Outcome::kPassed) return xml + "/>\n";
  const char* element = result.outcome == Outcome::kFailed ? "failure" : "skipped";
  return xml + fmt::format("><{} message=\"{}\"/></testcase>\n", element, Escaped(result.message));
}

std::string Counts(const Report& report) {
  std::chrono::nanoseconds took{0};
  for (const Result& result : report.results) took += result.took;
  return fmt::format(R"(tests="{}" failures="{}" skipped="{}" errors="0" time="{}")", report.results.size(),
                     report.Count(Outcome::kFailed), report.Count(Outcome::kSkipped), Seconds(took));
}

}  // namespace

std::string JUnitOf(const Report& report) {
  std::map<std::string, Report> areas;
  for (const Result& result : report.results) {
    areas[result.area].subject = report.subject;
    areas[result.area].results.push_back(result);
  }
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  xml += fmt::format("<testsuites name=\"{}\" {}>\n", Escaped(report.subject), Counts(report));
  for (const auto& [area, part] : areas) {
    xml += fmt::format("  <testsuite name=\"{}\" {}>\n", area, Counts(part));
    for (const Result& result : part.results) xml += CaseXml(part, result);
    xml += "  </testsuite>\n";
  }
  return xml + "</testsuites>\n";
}

}  // namespace tomada::conformance
