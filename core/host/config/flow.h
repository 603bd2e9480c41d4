// Values that came as one text, from the command line or the environment, and are more than a text.
#pragma once

#include <string_view>

#include "config/yaml.h"
#include "diagnostics.h"

namespace tomada {

// Whether such a text is written as YAML writes a list, a map or a text in quotes: by its first character. "[::1]:8000"
// and several such addresses with commas are not.
bool IsFlow(std::string_view text);

// What YAML makes of the text of `raw`, for which IsFlow holds. Every node of it is external and has the place and the
// origin of `raw`. Broken when it is no YAML, which is reported without showing any of it.
Node ReadFlow(const Node& raw, Diagnostics& diagnostics);

// Whether `node` is a text from outside that YAML has not read: one that may stand for a list.
bool IsRaw(const Node& node);

// The list that the text of `raw` stands for: "[a, b]" as in YAML, "a, b" with commas. What else it is when IsFlow but
// no list.
Node ListOf(const Node& raw, Diagnostics& diagnostics);

}  // namespace tomada
