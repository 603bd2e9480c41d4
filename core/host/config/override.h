// --set PATH=VALUE
#pragma once

#include <string>
#include <vector>

#include "config/yaml.h"
#include "diagnostics.h"

namespace tomada {

// Puts each value in its place in the profile, a later one over an earlier one:
//   components.ID.plugin=NAME     components.ID.uses.PORT=ID,ID     components.ID.config.KEY=VALUE     host.KEY=VALUE
// KEY may go down into groups with dots. The component must be in the profile. A VALUE that begins with [, {, " or ' is
// a list, a map or a text in quotes as in YAML, and null is nothing; any other is a text that its key takes as what it
// expects: a number, an address, a list with commas. Keys and values are checked later, with those of the file;
// messages then say "--set PATH=..." in place of a file.
void ApplyOverrides(Node& profile, const std::vector<std::string>& overrides, Diagnostics& diagnostics);

}  // namespace tomada
