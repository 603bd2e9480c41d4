#include "config/suggest.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tomada {
namespace {

constexpr size_t kMostListed = 24;

// Optimal string alignment distance, or more than `limit` when it is more than that. Only three rows of its table are
// needed at a time.
size_t EditDistance(std::string_view a, std::string_view b, size_t limit) {
  std::vector<size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    if (*std::ranges::min_element(row) > limit) return limit + 1;
    before_last = std::exchange(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string Suggest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string nearest;
  size_t least = 0;
  for (const std::string& candidate : candidates) {
    size_t limit = std::max<size_t>(1, candidate.size() / 3);
    size_t difference =
        word.size() > candidate.size() ? word.size() - candidate.size() : candidate.size() - word.size();
    if (difference > limit) continue;
    size_t distance = EditDistance(word, candidate, limit);
    if (distance > limit || distance >= candidate.size()) continue;
    if (!nearest.empty() && distance >= least) continue;
    nearest = candidate;
    least = distance;
  }
  return nearest;
}

std::string Hint(std::string_view word, const std::vector<std::string>& candidates) {
  std::string nearest = Suggest(word, candidates);
  return nearest.empty() ? KnownHint(candidates) : fmt::format(" (did you mean `{}`?)", nearest);
}

std::string KnownHint(const std::vector<std::string>& candidates) {
  if (candidates.empty()) return "";
  size_t listed = std::min(candidates.size(), kMostListed);
  std::string_view rest = listed < candidates.size() ? ", ..." : "";
  return fmt::format(" (known: {}{})", fmt::join(candidates.begin(), candidates.begin() + listed, ", "), rest);
}

}  // namespace tomada
