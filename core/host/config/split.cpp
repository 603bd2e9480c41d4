#include "config/split.h"

#include <algorithm>

namespace tomada {

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    size_t comma = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, comma);
    size_t begin = std::min(part.find_first_not_of(' '), part.size());
    size_t end = part.find_last_not_of(' ') + 1;
    if (begin < end) parts.emplace_back(part.substr(begin, end - begin));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

}  // namespace tomada
