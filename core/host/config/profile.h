// Profile: what a profile's YAML says, before any plugin is known.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml.h"
#include "diagnostics.h"
#include "host_config.h"
#include "tomada/host_view.h"

namespace tomada {

// A word of the profile and where it stands. Empty when it was missing or wrong, which has been reported.
struct ProfileWord {
  std::string text;
  bool external = false;  // came from the environment, a file or the command line: not to be shown
  Location where;
};

// One entry of `uses`.
struct ProfileUse {
  std::string port;
  Location where;
  std::vector<ProfileWord> ids;
};

struct ProfileComponent {
  std::string id;
  Location where;
  ProfileWord plugin;
  std::vector<ProfileUse> uses;
  bool uses_are_known = true;  // false: `uses` was wrong as a whole, which has been reported
  Node config;                 // a map, null when there is none, or broken
  Location config_where;       // of the key `config`, or of the component without one
};

struct Profile {
  // What it was read from: the profile itself, the files it includes, those of ${file:PATH}, also what could not be
  // read. As messages name them: relative to the working directory unless they were given otherwise.
  std::vector<std::filesystem::path> files;
  HostConfig host;
  std::vector<ConfigSetting> host_settings;        // the same, to be shown
  std::vector<ProfileWord> log_level_ids;          // the components that host.log_levels names
  std::vector<std::filesystem::path> plugin_path;  // where to look for plugins
  bool built_in_plugins = true;                    // and after that wherever the caller does without a profile
  std::vector<ProfileComponent> components;        // in the order of the file
};

// The value of an environment variable, or nullopt.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;

// Reads a profile and what it includes, applies the overrides ("components.grpc.config.listen=0.0.0.0:6000", as given
// to --set; a later one wins) and replaces ${NAME}, ${NAME:-default} and ${file:PATH} in its values. Needs no plugin.
// All mistakes go to `diagnostics`; what could be read is returned even so, for MakePlan to find the rest of them.
// Messages call the file `path`, as the user wrote it. Relative paths in a file are relative to its folder.
Profile ReadProfile(const std::string& path, const std::vector<std::string>& overrides,
                    const EnvironmentLookup& environment, Diagnostics& diagnostics);

// The same for a text in memory.
Profile ParseProfile(std::string_view text, const std::string& path, const std::vector<std::string>& overrides,
                     const EnvironmentLookup& environment, Diagnostics& diagnostics);

// The names of the plugins that the profile asks for, as far as they could be read.
std::set<std::string> PluginNames(const Profile& profile);

}  // namespace tomada
