// The program `tomada-conformance`.
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "cli/installation.h"
#include "command.h"
#include "loader/probe.h"

int main(int argc, char** argv) {
  if (tomada::IsProbe(argc, argv)) tomada::ProbeMain(argc, argv);

  std::signal(SIGPIPE, SIG_IGN);  // as the host does: a server that went away is an error of that call alone
  const std::vector<std::string> words(argv + 1, argv + argc);
  const tomada::Installation installation = tomada::Installation::OfThisProgram();
  tomada::Shell shell{installation, std::cout, std::cerr};
  return tomada::conformance::RunSuite(words, shell);
}
