#include "loader/loader.h"

#include <set>
#include <system_error>
#include <utility>

#include "loader/plugin_file.h"
#include "loader/plugin_library.h"
#include "loader/probe.h"

namespace tomada {
namespace {

PluginFailure Failure(std::string name, const absl::Status& status) {
  return PluginFailure{std::move(name), std::string(status.message())};
}

}  // namespace

Loader::Loader(std::vector<std::filesystem::path> search_path, LoaderOptions options)
    : search_path_(std::move(search_path)), options_(std::move(options)) {}

std::vector<std::string> Loader::Available() const {
  std::set<std::string> names;
  for (const std::filesystem::path& folder : search_path_) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      std::string name = PluginNameOf(entry->path());
      if (!name.empty()) names.insert(std::move(name));
    }
  }
  return {names.begin(), names.end()};
}

std::set<std::filesystem::path> Loader::PlacesOf(const std::string& name) const {
  std::set<std::filesystem::path> places;
  for (const std::filesystem::path& folder : search_path_) places.insert(folder / LibraryName(name));
  return places;
}

PluginSet Loader::Load(const std::vector<std::string>& names) const {
  PluginSet set;
  std::vector<PluginFile> files;
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) continue;
    absl::StatusOr<PluginFile> file = FindPluginFile(search_path_, name);
    if (file.ok()) {
      files.push_back(*std::move(file));
    } else {
      set.failures.push_back(Failure(name, file.status()));
      set.failures.back().found = !absl::IsNotFound(file.status());
    }
  }

  ProbeResult probed = Probe(std::move(files), options_);
  for (ProbeResult::Refusal& refusal : probed.refused) {
    set.failures.push_back(PluginFailure{std::move(refusal.file.name), std::move(refusal.message)});
  }
  for (const PluginFile& file : probed.accepted) {
    absl::StatusOr<Plugin> plugin = LoadPlugin(file);
    if (plugin.ok()) {
      set.loaded.emplace(file.name, LoadedPlugin{file.path, *std::move(plugin), file.passed_over});
    } else {
      set.failures.push_back(Failure(file.name, plugin.status()));
    }
  }
  return set;
}

}  // namespace tomada
