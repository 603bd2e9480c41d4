// Runs a program as a child process that is expected to die, hang, or flood its output.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

namespace tomada {

// The descriptor on which the child finds the pipe for its reports.
inline constexpr int kReportFd = 3;

// How a child ended.
struct ChildEnd {
  bool timed_out = false;  // it was killed because of its silence
  int wait_status = 0;     // as waitpid gives it
  std::string output;      // the last 4 KiB of what it wrote to standard output and standard error

  // "SIGSEGV", "exit code 1".
  std::string ToString() const;
};

// Runs `program` with `arguments` and calls `report`, on this thread, for each report that the child sends with
// SendReport. Returns when the child has ended and been reaped: on its own, or killed after it sent nothing for
// `silence_limit`. The child gets the environment, no other descriptors, default signal handling, and a process group
// of its own, so that the terminal's Ctrl-C goes to the parent alone. An error means that it could not be started.
absl::StatusOr<ChildEnd> RunChild(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                                  absl::Duration silence_limit, const std::function<void(std::string_view)>& report);

// In the child: sends `text`, which holds no NUL. Ends the process when the parent is gone.
void SendReport(std::string_view text);

}  // namespace tomada
