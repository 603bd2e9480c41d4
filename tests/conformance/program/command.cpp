#include "command.h"

#include "suite.h"

namespace tomada::conformance {

ExitCode RunSuite(const std::vector<std::string>& words, Shell& shell) {
  const std::string kind = words.empty() ? "" : words.front();
  if (kind == "transport") return Run(TransportSuite(), {words.begin() + 1, words.end()}, shell);
  if (kind == "middleware") return Run(MiddlewareSuite(), {words.begin() + 1, words.end()}, shell);
  if (kind == "service") return Run(ServiceSuite(), {words.begin() + 1, words.end()}, shell);
  return Run(StoreSuite(), words, shell);
}

}  // namespace tomada::conformance
