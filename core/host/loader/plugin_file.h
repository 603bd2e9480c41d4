// The file of a plugin: where it is, and what can be said of it before any code of it runs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace tomada {

struct PluginFile {
  std::string name;
  std::filesystem::path path;  // absolute, without symbolic links
  // Others of this name, in folders further on: not used, nor looked into.
  std::vector<std::filesystem::path> passed_over = {};
};

// The file name of a plugin's library: "lib<name>.so".
std::string LibraryName(const std::string& name);

// The plugin whose library this is; empty when the file's name is not that of one (lib<name>.so, and a name is made of
// letters, digits, "_" and "-").
std::string PluginNameOf(const std::filesystem::path& file);

// The library of plugin `name` in the first folder that has it. NOT_FOUND when none is known to have it. Any other
// error says why it cannot be trusted or cannot be a plugin, and what to do:
//  * It must be a whole shared library for this kind of machine, and the stamp in its note, if it has one, this host's.
//  * Nobody but root and the user of this process may be able to change it: both the file and its folder belong to one
//    of the two, and are writable by no others, nor by a group other than root's and the process's own. The same holds
//    for the folder of a symbolic link that was followed. Folders further up must not be writable by everyone, except
//    with the sticky bit, as /tmp has it.
absl::StatusOr<PluginFile> FindPluginFile(const std::vector<std::filesystem::path>& search_path,
                                          const std::string& name);

}  // namespace tomada
