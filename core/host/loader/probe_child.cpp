#include <fcntl.h>
#include <link.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <string_view>

#include <fmt/format.h>

#include "loader/child_process.h"
#include "loader/generated_code.h"
#include "loader/plugin_library.h"
#include "loader/probe.h"
#include "loader/probe_protocol.h"

namespace tomada {
namespace {

void PrepareToDie() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  // The parent learns from the wait status how this process died: no handler, such as a sanitizer's, comes before.
  for (int fatal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) std::signal(fatal, SIG_DFL);
  ::fcntl(kReportFd, F_SETFD, FD_CLOEXEC);
}

void ReportGeneratedCode() {
  const auto report = [](dl_phdr_info* library, size_t, void*) {
    if (GeneratedCode::Of(library->dlpi_name))
      SendReport(fmt::format("{}{}", probe_protocol::kUses, library->dlpi_name));
    return 0;
  };
  ::dl_iterate_phdr(report, nullptr);
}

absl::Status Try(const PluginFile& file) {
  SendReport(probe_protocol::kOpening);
  absl::StatusOr<const PluginEntry*> entry = OpenPlugin(file);
  if (!entry.ok()) return entry.status();
  ReportGeneratedCode();
  SendReport(probe_protocol::kDescribing);
  return DescribePlugin(file, **entry).status();
}

}  // namespace

bool IsProbe(int argc, char** argv) { return argc > 1 && std::string_view(argv[1]) == probe_protocol::kArgument; }

void ProbeMain(int argc, char** argv) {
  PrepareToDie();
  for (int i = 2; i + 1 < argc; i += 2) {
    absl::Status status = Try(PluginFile{argv[i], argv[i + 1]});
    if (status.ok()) {
      SendReport(probe_protocol::kAccepted);
    } else {
      SendReport(fmt::format("{}{}", probe_protocol::kRefused, std::string(status.message())));
    }
  }
  // Not exit: the plugins' static destructors are not on trial.
  ::_exit(0);
}

}  // namespace tomada
