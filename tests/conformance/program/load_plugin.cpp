#include "load_plugin.h"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "loader/loader.h"
#include "loader/plugin_file.h"

namespace tomada::conformance {
namespace {

namespace fs = std::filesystem;

// Where to look, and the name to look for.
absl::StatusOr<std::pair<fs::path, std::string>> FolderAndName(const std::string& plugin, const Shell& shell) {
  if (!plugin.ends_with(".so")) return std::pair(shell.installation.plugin_folder(), plugin);
  std::string name = PluginNameOf(plugin);
  if (name.empty()) return absl::InvalidArgumentError(fmt::format("{}: a plugin is called lib<name>.so", plugin));
  return std::pair(fs::absolute(plugin).lexically_normal().parent_path(), std::move(name));
}

}  // namespace

absl::StatusOr<PluginSet> LoadPlugin(const std::string& plugin, const Shell& shell) {
  auto found = FolderAndName(plugin, shell);
  if (!found.ok()) return found.status();
  const auto& [folder, name] = *found;
  PluginSet plugins = Loader({folder}).Load({name});
  if (!plugins.failures.empty()) return absl::FailedPreconditionError(plugins.failures.front().message);
  return plugins;
}

absl::StatusOr<LoadedPlugin> LoadPluginOf(Kind kind, const std::string& plugin, const Shell& shell) {
  absl::StatusOr<PluginSet> plugins = LoadPlugin(plugin, shell);
  if (!plugins.ok()) return plugins.status();
  LoadedPlugin loaded = plugins->loaded.begin()->second;
  if (loaded.plugin.kind != kind) {
    return absl::InvalidArgumentError(
        fmt::format("{} is a {}, not a {}", loaded.plugin.name, KindName(loaded.plugin.kind), KindName(kind)));
  }
  return loaded;
}

std::string TitleOf(const Plugin& plugin) { return fmt::format("{} {}", plugin.name, plugin.version); }

}  // namespace tomada::conformance
