// Loader: from the names of plugins to their descriptors.
//
// Opening a library runs code of it, and a bad one ends the process that opens it: a damaged file by SIGSEGV, a static
// constructor that throws or a second copy of generated protobuf code by SIGABRT. So each set of plugins is opened by a
// child process first (see probe.h), and this process only opens what the child survived.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "plugin_set.h"

namespace tomada {

struct LoaderOptions {
  // Started as the child process; its main calls ProbeMain. The default is this program, even when its file has been
  // replaced since it started.
  std::filesystem::path probe_program = "/proc/self/exe";
  // How long it may take to open one library and read its descriptor.
  absl::Duration time_limit = absl::Seconds(10);
  // Opens each library in a child process of its own, too, before all of them in one: there it may find what it needs
  // only because another has brought it.
  bool each_alone_first = false;
  // Asked while the child process runs: true ends it, and every plugin is refused. May be empty.
  std::function<bool()> give_up = {};
};

class Loader {
 public:
  // Folders are searched in this order; the first that holds a plugin's library wins.
  explicit Loader(std::vector<std::filesystem::path> search_path, LoaderOptions options = {});

  // The names of all plugins in the search path, sorted, each once. Opens none. Folders that are missing or cannot be
  // read hold nothing.
  std::vector<std::string> Available() const;

  // Where the library of a plugin is looked for: one file in each folder.
  std::set<std::filesystem::path> PlacesOf(const std::string& name) const;

  // Loads each of `names` once, in their order. A plugin is in `loaded` or has one failure. Never throws for what is
  // wrong with a plugin, and never unloads one: threads of it may run until the process ends. Loading a plugin again
  // gives the same library. Not to be called on two threads at once.
  PluginSet Load(const std::vector<std::string>& names) const;

 private:
  const std::vector<std::filesystem::path> search_path_;
  const LoaderOptions options_;
};

}  // namespace tomada
