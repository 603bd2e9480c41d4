// From a profile and its plugins to a plan.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/profile.h"
#include "diagnostics.h"
#include "plan.h"
#include "plugin_set.h"

namespace tomada {

// Checks the profile against its plugins: names, ports, kinds, cycles, every component's config, and that no two claim
// the same for themselves. Makes nothing and changes nothing outside the process. `available` are the names of all
// plugins found in the search path, loaded or not: messages about an unknown plugin list them. Nullopt when
// `diagnostics` holds an error, from here or from ReadProfile. The plan points into `plugins`. Adds to `files`, unless
// it is null, those that secrets are read from, or could not be.
std::optional<Plan> MakePlan(const Profile& profile, const PluginSet& plugins,
                             const std::vector<std::string>& available, Diagnostics& diagnostics,
                             std::set<std::filesystem::path>* files = nullptr);

}  // namespace tomada
