// The commands of the program: `tomada run`, `tomada validate` and so on.
#pragma once

#include <ostream>
#include <string>

#include <absl/status/statusor.h>

#include "cli/arguments.h"
#include "cli/installation.h"

namespace tomada {

enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,     // it was asked rightly and did not work
  kExitBadConfig = 2,  // the arguments or the profile are wrong
};

// What a command works with.
struct Shell {
  const Installation& installation;
  std::ostream& out;  // what was asked for
  std::ostream& err;  // what went wrong
};

struct Command {
  std::string name;
  std::string brief;  // one line for the list of commands
  CommandLine line;
  // An error is one of the arguments: printed with a hint at the help, kExitBadConfig.
  absl::StatusOr<ExitCode> (*run)(const Arguments& arguments, Shell& shell);
};

Command RunCommand();
Command ChildRunCommand();  // what RunCommand may start as its child; not for people
Command ValidateCommand();
Command GraphCommand();
Command PluginsCommand();
Command DescribeCommand();
Command InspectCommand();
Command SchemaCommand();
Command HealthCommand();
Command BackupCommand();
Command NewCommand();

}  // namespace tomada
