// The program `tomada`.
#include <iostream>
#include <string>
#include <vector>

#include <absl/synchronization/mutex.h>

#include "cli/cli.h"
#include "loader/probe.h"

int main(int argc, char** argv) {
  if (tomada::IsProbe(argc, argv)) tomada::ProbeMain(argc, argv);

  // Debian builds Abseil with it on. gRPC locks such mutexes all the time, and pays for it with each call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);

  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return tomada::RunCli(arguments, tomada::Installation::OfThisProgram(), std::cout, std::cerr);
}
