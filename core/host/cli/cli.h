// The whole program behind main.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "cli/installation.h"

namespace tomada {

// Runs the command that the arguments (without the program's name) ask for and returns the exit code. The help that was
// asked for goes to `out`, whatever is wrong to `err`. Does not return when a component hangs: see RunResult::kHung.
int RunCli(const std::vector<std::string>& arguments, const Installation& installation, std::ostream& out,
           std::ostream& err);

}  // namespace tomada
