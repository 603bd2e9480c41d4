// Runs a program as a child process that is expected to die, hang, or flood its output.
#pragma once

#include <sys/types.h>

#include <csignal>
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
  bool given_up = false;   // it was killed because the caller asked for it
  int wait_status = 0;     // as waitpid gives it
  std::string output;      // the last 4 KiB of what it wrote to standard output and standard error

  // "SIGSEGV", "exit code 1".
  std::string ToString() const;
};

// Starts `program` with `arguments`. It gets the environment, default signal handling with the signals of `blocked`
// blocked, `report` as kReportFd and no other descriptor but the standard ones: input is empty, output and error go to
// `output`, or where they go here when it is -1. It has a process group of its own, so that the terminal's Ctrl-C goes
// to this process alone. The caller waits for its end.
absl::StatusOr<pid_t> SpawnChild(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                                 int report, int output, const sigset_t& blocked);

// Runs `program` with `arguments` and calls `report`, on this thread, for each report that the child sends with
// SendReport. Returns when the child has ended and been reaped: on its own, or killed after it sent nothing for
// `silence_limit`, or because `give_up`, which is asked ten times a second, said so; it may be empty. No signal is
// blocked in the child. An error means that it could not be started.
absl::StatusOr<ChildEnd> RunChild(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                                  absl::Duration silence_limit, const std::function<void(std::string_view)>& report,
                                  const std::function<bool()>& give_up = {});

// In the child: sends `text`, which holds no NUL. Ends the process when the parent is gone.
void SendReport(std::string_view text);

}  // namespace tomada
