// A plugin's config as a JSON Schema, which editors use to complete and check a profile's `config`.
#pragma once

#include <string>

#include "tomada/plugin.h"

namespace tomada {

// Draft 2020-12. A key "a.b" is the property b of the object a. Every value may also be a text with a ${...} in it. No
// secret's default is in it.
std::string JsonSchemaOf(const Plugin& plugin);

}  // namespace tomada
