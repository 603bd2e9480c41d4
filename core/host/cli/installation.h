// Where this copy of the program keeps its files. A build tree has the layout of an installed copy.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

namespace tomada {

class Installation {
 public:
  // Of the running program. Throws std::filesystem::filesystem_error when the system does not tell where it is.
  static Installation OfThisProgram();
  // `program` is the executable's path, absolute and without symbolic links.
  explicit Installation(std::filesystem::path program);

  const std::filesystem::path& prefix() const { return prefix_; }
  std::filesystem::path share_folder() const;     // PREFIX/share/tomada
  std::filesystem::path plugin_folder() const;    // PREFIX/lib/tomada/plugins
  std::filesystem::path config_folder() const;    // PREFIX/share/tomada/configs
  std::filesystem::path template_folder() const;  // PREFIX/share/tomada/templates, which a build tree has not

  // The file of profile `name`, first in `folder` (empty: none), then in config_folder(). NOT_FOUND lists the profiles
  // there are.
  absl::StatusOr<std::filesystem::path> FindProfile(std::string_view name, const std::filesystem::path& folder) const;

  // The names of the profiles in `folder` (empty: none) and in config_folder(), sorted, each once.
  std::vector<std::string> ProfileNames(const std::filesystem::path& folder) const;

  // The kinds of plugin that `tomada new` has an example of, sorted: "store" for the folder `first_store` of
  // template_folder().
  std::vector<std::string> TemplateKinds() const;

  // The environment, and TOMADA_SHARE, which stands for share_folder() unless it is set.
  std::optional<std::string> LookUpVariable(const std::string& name) const;

 private:
  std::filesystem::path prefix_;
};

// How messages show a file: relative to the working directory when it is beneath it, else absolute.
std::string DisplayPath(const std::filesystem::path& path);

}  // namespace tomada
