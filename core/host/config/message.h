// How messages about a profile show what they found.
#pragma once

#include <string>
#include <string_view>

#include "config/yaml.h"

namespace tomada {

// "`text`", on one line: control characters are escaped and a long text is cut.
std::string Quote(std::string_view text);

// What to append to "expected ...": ", got `5 s`", ", got a list", ", got nothing". A secret or external text is not
// shown: "".
std::string Got(const Node& node, bool secret = false);

}  // namespace tomada
