#include "cli/completion.h"

#include <algorithm>
#include <string_view>

#include "loader/loader.h"
#include "plan.h"

namespace tomada {
namespace {

std::vector<std::string> NamesOf(std::span<const Command> commands) {
  std::vector<std::string> names;
  for (const Command& command : commands) names.push_back(command.name);
  return names;
}

std::vector<std::string> FlagsOf(const CommandLine& line) {
  std::vector<std::string> names = {"--help"};
  for (const Flag& flag : line.flags) names.push_back(flag.name);
  return names;
}

// What may be the value of `flag`, given the words before it.
std::vector<std::string> ValuesOf(std::string_view flag, std::span<const std::string> before,
                                  const Installation& installation) {
  if (flag != "--profile") return {};
  const auto folder = std::ranges::find(before, "--config-dir");
  const bool given = folder != before.end() && folder + 1 != before.end();
  return installation.ProfileNames(given ? *(folder + 1) : "");
}

std::vector<std::string> OperandsOf(const CommandLine& line, std::span<const std::string> before,
                                    std::span<const Command> commands, const Installation& installation) {
  if (line.operand.empty()) return FlagsOf(line);
  if (line.operand == "KIND NAME") return before.empty() ? installation.TemplateKinds() : std::vector<std::string>();
  if (line.operand == "[COMMAND]") return NamesOf(commands);
  if (line.operand != "PLUGIN") return {};
  std::vector<std::string> plugins = Loader({installation.plugin_folder()}).Available();
  plugins.emplace_back(kHostId);
  return plugins;
}

bool TakesValue(const CommandLine& line, std::string_view flag) {
  const auto found = std::ranges::find(line.flags, flag, &Flag::name);
  return found != line.flags.end() && !found->value.empty();
}

std::vector<std::string> StartingWith(std::string_view start, std::vector<std::string> words) {
  std::erase_if(words, [start](const std::string& word) { return !word.starts_with(start); });
  return words;
}

}  // namespace

std::vector<std::string> Completions(std::span<const Command> commands, std::span<const std::string> words,
                                     const Installation& installation) {
  if (words.empty()) return {};
  const std::string_view last = words.back();
  if (words.size() == 1) {
    std::vector<std::string> names = NamesOf(commands);
    names.insert(names.end(), {"--help", "--version"});
    return StartingWith(last, std::move(names));
  }
  const auto command = std::ranges::find(commands, words.front(), &Command::name);
  if (command == commands.end()) return {};
  const CommandLine& line = command->line;
  const auto before = words.subspan(1, words.size() - 2);
  if (!before.empty() && TakesValue(line, before.back()))
    return StartingWith(last, ValuesOf(before.back(), before, installation));
  if (!last.starts_with('-')) return StartingWith(last, OperandsOf(line, before, commands, installation));
  const size_t equals = last.find('=');
  if (equals == std::string_view::npos) return StartingWith(last, FlagsOf(line));
  return StartingWith(last.substr(equals + 1), ValuesOf(last.substr(0, equals), before, installation));
}

}  // namespace tomada
