#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/checked_profile.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/plugin_text.h"

namespace tomada {
namespace {

std::string AsJson(const PluginSet& plugins) {
  std::vector<std::string> loaded, failures;
  for (const auto& [name, entry] : plugins.loaded) {
    json::Members members = DescribeAsJson(entry.plugin);
    members.emplace_back("file", json::String(entry.file.string()));
    std::vector<std::string> others;
    for (const std::filesystem::path& other : entry.passed_over) others.push_back(other.string());
    members.emplace_back("not_used", json::Strings(others));
    loaded.push_back(json::Object(members));
  }
  for (const PluginFailure& failure : plugins.failures)
    failures.push_back(
        json::Object({{"name", json::String(failure.name)}, {"message", json::String(failure.message)}}));
  return json::Object({{"plugins", json::Array(loaded)}, {"failures", json::Array(failures)}}) + '\n';
}

std::string AsTable(const PluginSet& plugins) {
  std::vector<std::vector<std::string>> rows = {{"NAME", "KIND", "VERSION", "PORTS", "FILE"}};
  for (const auto& [name, entry] : plugins.loaded) {
    std::vector<std::string> ports;
    for (const Port& port : entry.plugin.ports) ports.push_back(fmt::format("{}: {}", port.name, PortTakes(port)));
    rows.push_back({name, std::string(KindName(entry.plugin.kind)), entry.plugin.version,
                    ports.empty() ? "-" : fmt::format("{}", fmt::join(ports, "; ")), DisplayPath(entry.file)});
  }
  for (const PluginFailure& failure : plugins.failures)
    rows.push_back({failure.name, "-", "-", "-", "cannot be loaded"});
  return AlignedColumns(rows);
}

absl::StatusOr<ExitCode> Plugins(const Arguments& arguments, Shell& shell) {
  absl::StatusOr<std::vector<std::filesystem::path>> folders = PluginFolders(arguments, shell);
  if (!folders.ok()) return folders.status();
  const Loader loader(*std::move(folders), {.each_alone_first = true});
  const PluginSet plugins = loader.Load(loader.Available());
  shell.out << (arguments.Has("--json") ? AsJson(plugins) : AsTable(plugins));
  for (const auto& [name, entry] : plugins.loaded) {
    for (const std::filesystem::path& other : entry.passed_over)
      shell.err << fmt::format("warning: {} is not used: {} comes first\n", DisplayPath(other),
                               DisplayPath(entry.file));
  }
  for (const PluginFailure& failure : plugins.failures) shell.err << failure.message << '\n';
  return plugins.failures.empty() ? kExitOk : kExitFailed;
}

}  // namespace

Command PluginsCommand() {
  CommandLine line{"tomada plugins",
                   "Lists the plugins in the search path, and those that cannot be loaded, with the reason: each is\n"
                   "opened by itself, then all together. Of one that is in several folders the first is used, with a\n"
                   "warning.\n"
                   "Exit code: 0, or 1 when one cannot be loaded.",
                   "", ProfileFlags("Search also where this profile says, or only there when it says so."),
                   "tomada plugins --json"};
  line.flags.insert(line.flags.begin(), {"--json", "", "Print JSON."});
  return {"plugins", "List the plugins there are.", std::move(line), Plugins};
}

}  // namespace tomada
