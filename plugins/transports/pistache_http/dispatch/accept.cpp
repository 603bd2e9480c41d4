#include "dispatch/accept.h"

#include <algorithm>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>

namespace tomada::pistache_http {
namespace {

constexpr int kMost = 1000;

absl::string_view TakeUntil(char separator, absl::string_view& text) {
  size_t end = std::min(text.find(separator), text.size());
  absl::string_view part = absl::StripAsciiWhitespace(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// How exactly `range` takes in `type`: 3 by name, 2 by "text/*", 1 by "*/*", 0 not at all.
int Specificity(absl::string_view range, absl::string_view type) {
  if (range == "*/*") return 1;
  if (absl::EqualsIgnoreCase(range, type)) return 3;
  bool of_the_type = absl::EndsWith(range, "/*") && absl::StartsWithIgnoreCase(type, range.substr(0, range.size() - 1));
  return of_the_type ? 2 : 0;
}

int QualityOf(absl::string_view parameters) {
  while (!parameters.empty()) {
    absl::string_view parameter = TakeUntil(';', parameters);
    double quality;
    if (!absl::StartsWithIgnoreCase(parameter, "q=") || !absl::SimpleAtod(parameter.substr(2), &quality)) continue;
    return quality > 0 ? static_cast<int>(std::min(quality, 1.0) * kMost) : 0;
  }
  return kMost;
}

struct RangeMatch {
  bool listed = false;  // there is a list at all
  int specificity = 0;  // of the range that decides; 0 when none takes the type in
  int quality = 0;
};

RangeMatch FindRange(const Request& request, absl::string_view type) {
  RangeMatch best;
  for (const net::Header& header : request.headers) {
    if (header.name != "accept") continue;
    for (absl::string_view list(header.value.data(), header.value.size()); !list.empty();) {
      absl::string_view element = TakeUntil(',', list);
      absl::string_view range = TakeUntil(';', element);
      if (range.empty()) continue;
      best.listed = true;
      int specificity = Specificity(range, type);
      if (specificity == 0 || specificity < best.specificity) continue;
      int quality = QualityOf(element);
      best.quality = specificity == best.specificity ? std::max(best.quality, quality) : quality;
      best.specificity = specificity;
    }
  }
  return best;
}

}  // namespace

int AcceptedQuality(const Request& request, std::string_view type) {
  const RangeMatch match = FindRange(request, {type.data(), type.size()});
  return match.listed ? match.quality : kMost;
}

bool Refuses(const Request& request, std::string_view type) {
  absl::string_view parameters(type.data(), type.size());
  const RangeMatch match = FindRange(request, TakeUntil(';', parameters));
  return match.specificity > 0 && match.quality == 0;
}

}  // namespace tomada::pistache_http
