#include "diagnostics.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace tomada {
namespace {

auto Place(const Diagnostic& d) { return std::tie(d.where.file, d.where.line, d.where.column); }

}  // namespace

std::string Location::ToString() const { return line == 0 ? file : fmt::format("{}:{}:{}", file, line, column); }

std::string Diagnostic::ToString() const {
  return fmt::format("{}: {}{}", where.ToString(), severity == Severity::kWarning ? "warning: " : "", message);
}

void Diagnostics::Error(const Location& where, std::string message) {
  found_.push_back({where, Severity::kError, std::move(message)});
}

void Diagnostics::Warning(const Location& where, std::string message) {
  found_.push_back({where, Severity::kWarning, std::move(message)});
}

bool Diagnostics::has_errors() const {
  return std::ranges::find(found_, Severity::kError, &Diagnostic::severity) != found_.end();
}

std::vector<Diagnostic> Diagnostics::Sorted() const {
  std::vector<Diagnostic> sorted = found_;
  std::ranges::stable_sort(sorted, {}, Place);
  std::vector<Diagnostic> unique;
  for (Diagnostic& d : sorted) {
    auto other_place = std::find_if(unique.rbegin(), unique.rend(), [&](auto& u) { return Place(u) != Place(d); });
    auto same = [&](const Diagnostic& u) { return u.severity == d.severity && u.message == d.message; };
    if (std::none_of(unique.rbegin(), other_place, same)) unique.push_back(std::move(d));
  }
  return unique;
}

}  // namespace tomada
