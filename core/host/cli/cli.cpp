#include "cli/cli.h"

#include <algorithm>
#include <exception>
#include <span>

#include <fmt/format.h>

#include "cli/command.h"
#include "config/suggest.h"
#include "tomada/abi.h"

namespace tomada {
namespace {

std::vector<Command> Commands() {
  return {RunCommand(), ValidateCommand(), GraphCommand(), PluginsCommand(), DescribeCommand(), HealthCommand()};
}

std::string Help(const std::vector<Command>& commands) {
  std::string text = "Usage: tomada COMMAND [OPTION]...\n\nRuns services, stores and transports as a profile says.\n\n";
  text += "Commands:\n";
  for (const Command& command : commands) text += fmt::format("  {:<9} {}\n", command.name, command.brief);
  return text +
         "\nOptions:\n  --help     Show this help; after a command, that of the command.\n"
         "  --version  Show the version, and the stamp that plugins must carry.\n";
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
  const std::vector<Command> commands = Commands();
  if (words.empty()) {
    shell.err << Help(commands);
    return kExitBadConfig;
  }
  const std::string& first = words.front();
  if (first == "--help" || first == "-h") {
    shell.out << Help(commands);
    return kExitOk;
  }
  if (first == "--version") {
    shell.out << fmt::format("tomada {}\nplugin stamp: {}\n", TOMADA_VERSION, TOMADA_ABI_STAMP);
    return kExitOk;
  }
  auto command = std::ranges::find(commands, first, &Command::name);
  if (command != commands.end()) return RunOne(*command, std::span(words).subspan(1), shell);

  std::vector<std::string> known = {"--help", "--version"};
  if (!first.starts_with("-")) {
    known.clear();
    for (const Command& each : commands) known.push_back(each.name);
  }
  const char* what = first.starts_with("-") ? "option" : "command";
  const std::string message = fmt::format("unknown {} `{}`{}", what, first, Hint(first, known));
  return UsageError("tomada", absl::InvalidArgumentError(message), shell);
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
