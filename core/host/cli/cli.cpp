#include "cli/cli.h"

#include <algorithm>
#include <exception>
#include <span>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/completion.h"
#include "cli/host_parent.h"
#include "config/suggest.h"
#include "tomada/abi.h"

namespace tomada {
namespace {

Command HelpCommand();

std::vector<Command> Commands() {
  return {RunCommand(),     ValidateCommand(), GraphCommand(),  SchemaCommand(), PluginsCommand(), DescribeCommand(),
          InspectCommand(), HealthCommand(),   BackupCommand(), NewCommand(),    HelpCommand()};
}

// INVALID_ARGUMENT with the near one when there is none of that name.
absl::StatusOr<Command> FindCommand(const std::string& name) {
  const std::vector<Command> commands = Commands();
  const auto found = std::ranges::find(commands, name, &Command::name);
  if (found != commands.end()) return *found;
  std::vector<std::string> known;
  for (const Command& each : commands) known.push_back(each.name);
  return absl::InvalidArgumentError(fmt::format("unknown command `{}`{}", name, Hint(name, known)));
}

std::string Help() {
  std::string text = "Usage: tomada COMMAND [OPTION]...\n\nRuns services, stores and transports as a profile says.\n\n";
  text += "Commands:\n";
  for (const Command& command : Commands()) text += fmt::format("  {:<9} {}\n", command.name, command.brief);
  return text +
         "\nOptions:\n  --help     Show this help; after a command, that of the command.\n"
         "  --version  Show the version, and the stamp that plugins must carry.\n";
}

absl::StatusOr<ExitCode> ShowHelp(const Arguments& arguments, Shell& shell) {
  if (arguments.operand().empty()) {
    shell.out << Help();
    return kExitOk;
  }
  const absl::StatusOr<Command> command = FindCommand(arguments.operand());
  if (!command.ok()) return command.status();
  shell.out << command->line.Help();
  return kExitOk;
}

Command HelpCommand() {
  CommandLine line{"tomada help",
                   "Shows what a command does and the options it takes; without one, the commands.",
                   "[COMMAND]",
                   {},
                   "tomada help run"};
  return {"help", "Show the help of a command.", std::move(line), ShowHelp};
}

ExitCode UsageError(std::string_view program, const absl::Status& error, Shell& shell) {
  shell.err << fmt::format("{}: {}\nTry `{} --help`.\n", program, std::string(error.message()), program);
  return kExitBadConfig;
}

ExitCode RunOne(const Command& command, std::span<const std::string> words, Shell& shell) {
  absl::StatusOr<Arguments> arguments = ParseArguments(command.line, words);
  if (!arguments.ok()) return UsageError(command.line.program, arguments.status(), shell);
  if (arguments->Has("--help")) {
    shell.out << command.line.Help();
    return kExitOk;
  }
  absl::StatusOr<ExitCode> code = command.run(*arguments, shell);
  return code.ok() ? *code : UsageError(command.line.program, code.status(), shell);
}

ExitCode Dispatch(const std::vector<std::string>& words, Shell& shell) {
  if (words.empty()) {
    shell.err << Help();
    return kExitBadConfig;
  }
  const std::string& first = words.front();
  if (first == "--help" || first == "-h") {
    shell.out << Help();
    return kExitOk;
  }
  if (first == "--version") {
    shell.out << fmt::format("tomada {}\nplugin stamp: {}\n", TOMADA_VERSION, TOMADA_ABI_STAMP);
    return kExitOk;
  }
  if (first == kComplete) {
    for (const std::string& each : Completions(Commands(), std::span(words).subspan(1), shell.installation))
      shell.out << each << '\n';
    return kExitOk;
  }
  if (first == kChildRun) return RunOne(ChildRunCommand(), std::span(words).subspan(1), shell);
  if (first.starts_with("-")) {
    const std::string hint = Hint(first, {"--help", "--version"});
    return UsageError("tomada", absl::InvalidArgumentError(fmt::format("unknown option `{}`{}", first, hint)), shell);
  }
  const absl::StatusOr<Command> command = FindCommand(first);
  if (!command.ok()) return UsageError("tomada", command.status(), shell);
  return RunOne(*command, std::span(words).subspan(1), shell);
}

}  // namespace

int RunCli(const std::vector<std::string>& arguments, const Installation& installation, std::ostream& out,
           std::ostream& err) {
  Shell shell{installation, out, err};
  try {
    return Dispatch(arguments, shell);
  } catch (const std::exception& error) {
    err << "tomada: " << error.what() << '\n';
    return kExitFailed;
  }
}

}  // namespace tomada
