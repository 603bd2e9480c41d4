// Opening a plugin's library and reading its descriptor. This is what the child process tries and the host then does.
#pragma once

#include <absl/status/statusor.h>

#include "loader/plugin_file.h"
#include "tomada/plugin.h"

namespace tomada {

// Opens the library, for ever, and reads its entry: FAILED_PRECONDITION unless it is one of this contract and of a
// build whose objects can be exchanged with this one's. Runs the library's static constructors and nothing else of it.
absl::StatusOr<const PluginEntry*> OpenPlugin(const PluginFile& file);

// Calls the descriptor: FAILED_PRECONDITION when it throws or is not complete. `entry` is what OpenPlugin returned.
absl::StatusOr<Plugin> DescribePlugin(const PluginFile& file, const PluginEntry& entry);

// One after the other.
absl::StatusOr<Plugin> LoadPlugin(const PluginFile& file);

}  // namespace tomada
