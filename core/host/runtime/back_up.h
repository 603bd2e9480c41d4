#pragma once

#include <string>

#include <absl/status/status.h>

#include "tomada/component.h"
#include "tomada/plugin.h"

namespace tomada {

// Copies what a component of this plugin keeps: see HasBackup. UNIMPLEMENTED when it is null or keeps nothing of its
// own that can be copied.
absl::Status BackUp(const Plugin& plugin, Component* component, const std::string& directory);

}  // namespace tomada
