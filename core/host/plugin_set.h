// PluginSet: the plugins of a profile, loaded.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tomada/plugin.h"

namespace tomada {

struct LoadedPlugin {
  std::filesystem::path file;
  Plugin plugin;
  std::vector<std::filesystem::path> passed_over = {};  // files of its name further on in the search path
};

// A plugin that could not be loaded.
struct PluginFailure {
  std::string name;
  std::string message;  // file, reason, and what to do
  bool found = true;    // false: no folder holds a file of that name
};

// By plugin name. Libraries are never unloaded: threads may still run in them until the process ends.
struct PluginSet {
  std::map<std::string, LoadedPlugin, std::less<>> loaded;
  std::vector<PluginFailure> failures;
};

}  // namespace tomada
