// Whole profiles as a JSON Schema, which editors use to complete and check them.
#pragma once

#include <string>

#include "plugin_set.h"

namespace tomada {

// Draft 7, which editors' YAML servers read best. Of the plugins that are loaded, of which there is at least one: a
// profile with another is not valid. What it refuses `tomada validate` refuses too, but a file that is not a whole
// profile: required keys and ports may come from what it includes, and only then may they be missing. What takes more
// than one place to see, such as unknown ids, wrong kinds and cycles, only `tomada validate` finds.
std::string ProfileSchema(const PluginSet& plugins);

}  // namespace tomada
