#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/checked_profile.h"
#include "cli/command.h"
#include "cli/json_schema.h"
#include "cli/plugin_text.h"
#include "config/suggest.h"
#include "host_config.h"

namespace tomada {
namespace {

// The profile's `host` section, described in the words of a plugin.
Plugin HostAsPlugin() {
  Plugin plugin;
  plugin.name = "host";
  plugin.summary = "The `host` section of a profile.";
  plugin.config = ConfigSchema::Of<HostConfig>();
  return plugin;
}

ExitCode Print(const Plugin& plugin, const Arguments& arguments, Shell& shell) {
  if (arguments.Has("--json-schema")) {
    shell.out << JsonSchemaOf(plugin);
  } else if (arguments.Has("--markdown")) {
    shell.out << DescribeAsMarkdown(plugin.config);
  } else {
    shell.out << DescribeAsText(plugin);
  }
  return kExitOk;
}

absl::StatusOr<ExitCode> Describe(const Arguments& arguments, Shell& shell) {
  if (arguments.Has("--json-schema") && arguments.Has("--markdown"))
    return absl::InvalidArgumentError("--json-schema and --markdown exclude each other");
  const std::string& name = arguments.operand();
  if (name == "host") return Print(HostAsPlugin(), arguments, shell);

  const absl::StatusOr<std::vector<std::filesystem::path>> folders = PluginFolders(arguments, shell);
  if (!folders.ok()) return folders.status();
  const Loader loader(*folders);
  const std::vector<std::string> available = loader.Available();
  if (std::ranges::find(available, name) == available.end())
    return absl::NotFoundError(fmt::format("unknown plugin `{}`{}", name, Hint(name, available)));
  const PluginSet plugins = loader.Load({name});
  for (const PluginFailure& failure : plugins.failures) shell.err << failure.message << '\n';
  if (!plugins.failures.empty()) return kExitFailed;
  return Print(plugins.loaded.begin()->second.plugin, arguments, shell);
}

}  // namespace

Command DescribeCommand() {
  CommandLine line{"tomada describe",
                   "Prints what a plugin uses and its config: each key's type, default and meaning. The name `host`\n"
                   "stands for the profile's `host` section.",
                   "PLUGIN", ProfileFlags("Search also where this profile says, or only there when it says so."),
                   "tomada describe pistache_http --markdown"};
  const Flag formats[] = {{"--json-schema", "", "Print the config as a JSON Schema (draft 2020-12)."},
                          {"--markdown", "", "Print the config as the table of the plugin's README."}};
  line.flags.insert(line.flags.begin(), std::begin(formats), std::end(formats));
  return {"describe", "Print a plugin's ports and config.", std::move(line), Describe};
}

}  // namespace tomada
