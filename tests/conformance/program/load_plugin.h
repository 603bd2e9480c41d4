// The plugin that a command line names.
#pragma once

#include <string>

#include <absl/status/statusor.h>

#include "cli/command.h"
#include "plugin_set.h"

namespace tomada::conformance {

// By its file or, as for `tomada describe`, by its name; loaded as the host loads it, with the same checks. The set has
// this one alone.
absl::StatusOr<PluginSet> LoadPlugin(const std::string& plugin, const Shell& shell);

// The same, and INVALID_ARGUMENT when it is of another kind.
absl::StatusOr<LoadedPlugin> LoadPluginOf(Kind kind, const std::string& plugin, const Shell& shell);

// "memory_store 0.1.0".
std::string TitleOf(const Plugin& plugin);

}  // namespace tomada::conformance
