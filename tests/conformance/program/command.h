// `tomada-conformance`: from the arguments to the exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace tomada::conformance {

// Runs the suite; kExitOk when every case passed, kExitFailed when one did not, kExitBadConfig when the arguments or
// the config are wrong or the plugin cannot be loaded. Once in a process.
ExitCode RunSuite(const std::vector<std::string>& words, Shell& shell);

}  // namespace tomada::conformance
