// The profile that a command line names, read and checked against its plugins.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "config/profile.h"
#include "loader/loader.h"
#include "plan.h"
#include "plugin_set.h"

namespace tomada {

// "1 mistake", "2 mistakes".
std::string Count(size_t count, std::string_view what);

// --profile, --config, --config-dir and --set, for the commands that take a profile. `profile_help` says what is taken
// without any.
std::vector<Flag> ProfileFlags(const std::string& profile_help);

// The file that the flags name, as messages show it. INVALID_ARGUMENT or NOT_FOUND say what is wrong with them.
absl::StatusOr<std::string> ProfilePath(const Arguments& arguments, const Installation& installation);

// The profile by itself, without its plugins. Prints mistakes on shell.err; nothing when there are any.
std::optional<Profile> ReadGoodProfile(const std::string& path, const Arguments& arguments, Shell& shell);

struct CheckedProfile {
  std::string path;
  PluginSet plugins;
  std::optional<Plan> plan;  // nothing when there are errors; points into `plugins`
  size_t warnings = 0;       // how many were printed
  // Where all this came from, whether it was there or not: the profile, the files it names, those of secrets too, and
  // every place where a plugin that it names may be.
  std::set<std::filesystem::path> files;
};

// Prints every mistake and warning, and how many mistakes there are, on shell.err. Has no other effect. An error is one
// of the arguments. When `give_up`, which may be empty, says so meanwhile, there is no plan and nothing is printed.
absl::StatusOr<CheckedProfile> CheckProfile(const Arguments& arguments, Shell& shell,
                                            const std::function<bool()>& give_up = {});

// Where plugins are looked for: in the folders of the profile that the flags name, if they name one, and then, unless
// it says `only`, where this installation keeps its own. Mistakes in the profile are printed.
absl::StatusOr<std::vector<std::filesystem::path>> PluginFolders(const Arguments& arguments, Shell& shell);

}  // namespace tomada
