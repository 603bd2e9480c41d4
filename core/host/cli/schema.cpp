#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/checked_profile.h"
#include "cli/command.h"
#include "cli/profile_schema.h"

namespace tomada {
namespace {

constexpr char kPlugins[] = "--plugins";

// Where --plugins says, and then where the other flags do.
absl::StatusOr<Loader> LoaderOf(const Arguments& arguments, Shell& shell) {
  std::vector<std::filesystem::path> folders;
  for (const std::string& folder : arguments.Values(kPlugins)) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
      return absl::InvalidArgumentError(fmt::format("{}: `{}` is no folder", kPlugins, folder));
    folders.emplace_back(folder);
  }
  const absl::StatusOr<std::vector<std::filesystem::path>> others = PluginFolders(arguments, shell);
  if (!others.ok()) return others.status();
  folders.insert(folders.end(), others->begin(), others->end());
  return Loader(std::move(folders));
}

absl::StatusOr<ExitCode> Schema(const Arguments& arguments, Shell& shell) {
  const absl::StatusOr<Loader> loader = LoaderOf(arguments, shell);
  if (!loader.ok()) return loader.status();
  const PluginSet plugins = loader->Load(loader->Available());
  for (const PluginFailure& failure : plugins.failures)
    shell.err << fmt::format("warning: left out: {}\n", failure.message);
  if (plugins.loaded.empty()) {
    shell.err << fmt::format("no plugin can be loaded: {} says where there are some\n", kPlugins);
    return kExitFailed;
  }
  shell.out << ProfileSchema(plugins);
  return kExitOk;
}

}  // namespace

Command SchemaCommand() {
  CommandLine line{
      "tomada schema",
      "Prints the JSON Schema (draft 7) of whole profiles with the plugins there are, by which editors\n"
      "complete and check them. An editor with yaml-language-server takes it from a profile's first line:\n"
      "# yaml-language-server: $schema=FILE\n"
      "A plugin that cannot be loaded is left out, with the reason.",
      "", ProfileFlags("Search also where this profile says, or only there when it says so."),
      "tomada schema > tomada.schema.json"};
  line.flags.insert(line.flags.begin(),
                    {kPlugins, "DIR", "Search here first, then where there are plugins anyway.", true});
  return {"schema", "Print the JSON Schema of profiles.", std::move(line), Schema};
}

}  // namespace tomada
