#include "cli/checked_profile.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "config/make_plan.h"
#include "config/profile.h"

namespace tomada {
namespace {

Profile Read(const std::string& path, const Arguments& arguments, const Shell& shell, Diagnostics& diagnostics) {
  auto variable = [&shell](const std::string& name) { return shell.installation.LookUpVariable(name); };
  return ReadProfile(path, arguments.Values("--set"), variable, diagnostics);
}

std::vector<std::filesystem::path> SearchPath(const Profile& profile, const Installation& installation) {
  std::vector<std::filesystem::path> path = profile.plugin_path;
  if (profile.built_in_plugins) path.push_back(installation.plugin_folder());
  return path;
}

// Each at its place, and how many mistakes of profile `path` there are. Returns the number of warnings.
size_t Print(const Diagnostics& diagnostics, const std::string& path, Shell& shell) {
  const std::vector<Diagnostic> sorted = diagnostics.Sorted();
  for (const Diagnostic& diagnostic : sorted) shell.err << diagnostic.ToString() << '\n';
  const auto warnings = static_cast<size_t>(std::ranges::count(sorted, Severity::kWarning, &Diagnostic::severity));
  if (diagnostics.has_errors())
    shell.err << fmt::format("{}: not valid: {} found\n", path, Count(sorted.size() - warnings, "mistake"));
  return warnings;
}

}  // namespace

std::string Count(size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::vector<Flag> ProfileFlags(const std::string& profile_help) {
  return {
      {"--profile", "NAME", profile_help},
      {"--config", "FILE", "Take this file instead of a profile by name."},
      {"--config-dir", "DIR", "Look for profiles here before those that come with the program."},
      {"--set", "PATH=VALUE", "Override one value: components.http.config.listen=127.0.0.1:9000.", true},
  };
}

absl::StatusOr<std::string> ProfilePath(const Arguments& arguments, const Installation& installation) {
  const std::string folder = arguments.Value("--config-dir").value_or("");
  if (std::optional<std::string> file = arguments.Value("--config")) {
    if (arguments.Has("--profile")) return absl::InvalidArgumentError("--profile and --config exclude each other");
    return DisplayPath(*file);
  }
  std::error_code error;
  if (arguments.Has("--config-dir") && !std::filesystem::is_directory(folder, error))
    return absl::InvalidArgumentError(fmt::format("--config-dir: `{}` is no folder", folder));
  absl::StatusOr<std::filesystem::path> file =
      installation.FindProfile(arguments.Value("--profile").value_or("local"), folder);
  if (!file.ok()) return file.status();
  return DisplayPath(*file);
}

std::optional<Profile> ReadGoodProfile(const std::string& path, const Arguments& arguments, Shell& shell) {
  Diagnostics diagnostics;
  Profile profile = Read(path, arguments, shell, diagnostics);
  Print(diagnostics, path, shell);
  if (diagnostics.has_errors()) return std::nullopt;
  return profile;
}

absl::StatusOr<CheckedProfile> CheckProfile(const Arguments& arguments, Shell& shell,
                                            const std::function<bool()>& give_up) {
  absl::StatusOr<std::string> path = ProfilePath(arguments, shell.installation);
  if (!path.ok()) return path.status();
  CheckedProfile checked;
  checked.path = *path;
  Diagnostics diagnostics;
  const Profile profile = Read(*path, arguments, shell, diagnostics);
  const Loader loader(SearchPath(profile, shell.installation), {.give_up = give_up});
  const std::set<std::string> names = PluginNames(profile);
  checked.files.insert(profile.files.begin(), profile.files.end());
  for (const std::string& name : names) checked.files.merge(loader.PlacesOf(name));
  checked.plugins = loader.Load({names.begin(), names.end()});
  if (give_up && give_up()) return checked;
  checked.plan = MakePlan(profile, checked.plugins, loader.Available(), diagnostics, &checked.files);
  checked.warnings = Print(diagnostics, checked.path, shell);
  return checked;
}

absl::StatusOr<std::vector<std::filesystem::path>> PluginFolders(const Arguments& arguments, Shell& shell) {
  if (!arguments.Has("--profile") && !arguments.Has("--config")) return SearchPath(Profile(), shell.installation);
  absl::StatusOr<std::string> path = ProfilePath(arguments, shell.installation);
  if (!path.ok()) return path.status();
  Diagnostics diagnostics;
  const Profile profile = Read(*path, arguments, shell, diagnostics);
  Print(diagnostics, *path, shell);
  if (diagnostics.has_errors()) return absl::InvalidArgumentError("the profile cannot say where plugins are");
  return SearchPath(profile, shell.installation);
}

}  // namespace tomada
