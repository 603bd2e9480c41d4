#include "loader/child_process.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include <gmock/gmock.h>

namespace tomada {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Ended {
  absl::StatusOr<ChildEnd> end;
  std::vector<std::string> reports;
};

Ended RunShell(const std::string& script, absl::Duration silence_limit = absl::Seconds(60),
               const std::function<bool(const Ended&)>& give_up = {}) {
  Ended run;
  run.end = RunChild(
      "/bin/sh", {"-c", script}, silence_limit, [&run](std::string_view report) { run.reports.emplace_back(report); },
      [&] { return give_up && give_up(run); });
  return run;
}

TEST(ChildProcess, PassesReportsInOrder) {
  Ended run = RunShell("printf 'one\\0two ' >&3; printf 'parts\\0' >&3; printf 'cut off' >&3");
  ASSERT_TRUE(run.end.ok()) << run.end.status();
  EXPECT_THAT(run.reports, ElementsAre("one", "two parts"));
  EXPECT_FALSE(run.end->timed_out);
  EXPECT_EQ(run.end->ToString(), "exit code 0");
}

TEST(ChildProcess, SaysHowItEnded) {
  EXPECT_EQ(RunShell("exit 3").end->ToString(), "exit code 3");
  EXPECT_EQ(RunShell("kill -SEGV $$").end->ToString(), "SIGSEGV");
}

TEST(ChildProcess, KillsAfterSilence) {
  Ended run = RunShell("exec sleep 600", absl::Milliseconds(200));
  ASSERT_TRUE(run.end.ok()) << run.end.status();
  EXPECT_TRUE(run.end->timed_out);
  EXPECT_EQ(run.end->ToString(), "SIGKILL");
}

TEST(ChildProcess, ReportsRestartTheTimeLimit) {
  Ended run = RunShell("for i in 1 2 3 4; do sleep 0.5; printf 'alive\\0' >&3; done", absl::Milliseconds(1500));
  ASSERT_TRUE(run.end.ok()) << run.end.status();
  EXPECT_FALSE(run.end->timed_out);
  EXPECT_EQ(run.reports.size(), 4);
}

TEST(ChildProcess, IsGivenUpWhenTheCallerAsksForIt) {
  Ended run = RunShell("printf 'begun\\0' >&3; exec sleep 600", absl::Hours(1),
                       [](const Ended& so_far) { return !so_far.reports.empty(); });
  ASSERT_TRUE(run.end.ok()) << run.end.status();
  EXPECT_TRUE(run.end->given_up);
  EXPECT_FALSE(run.end->timed_out);
  EXPECT_EQ(run.end->ToString(), "SIGKILL");
}

TEST(ChildProcess, DoesNotWaitForOneThatClosedItsReports) {
  Ended run = RunShell("exec 3>&-; exec sleep 600");
  ASSERT_TRUE(run.end.ok()) << run.end.status();
  EXPECT_EQ(run.end->ToString(), "SIGKILL");
}

TEST(ChildProcess, DoesNotWaitForWhatTheChildLeftBehind) {
  Ended run = RunShell("(exec 3>&-; exec timeout 5 yes) & exit 0");
  ASSERT_TRUE(run.end.ok()) << run.end.status();
  EXPECT_EQ(run.end->ToString(), "exit code 0");
}

TEST(ChildProcess, KeepsTheEndOfTheOutput) {
  Ended run = RunShell("i=0; while [ $i -lt 20000 ]; do echo noise; i=$((i + 1)); done; echo last words >&2");
  ASSERT_TRUE(run.end.ok()) << run.end.status();
  EXPECT_LE(run.end->output.size(), 4096);
  EXPECT_TRUE(run.end->output.ends_with("noise\nlast words\n")) << run.end->output;
}

TEST(ChildProcess, InheritsNoDescriptors) {
  int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  int inheritable = ::fcntl(socket, F_DUPFD, 100);  // above what the shell opens
  ASSERT_GE(inheritable, 100);
  Ended run = RunShell("for fd in /proc/$$/fd/*; do echo fd ${fd##*/}; done; readlink /proc/$$/fd/0");
  ::close(inheritable);
  ::close(socket);
  ASSERT_TRUE(run.end.ok()) << run.end.status();
  EXPECT_THAT(run.end->output, HasSubstr("fd 0\nfd 1\nfd 2\nfd 3\n"));
  EXPECT_THAT(run.end->output, Not(HasSubstr("fd " + std::to_string(inheritable))));
  EXPECT_THAT(run.end->output, HasSubstr("/dev/null\n"));
}

TEST(ChildProcess, InheritsNoSignalMaskAndNoProcessGroup) {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  Ended run = RunShell("grep SigBlk /proc/self/status; ps -o pgid= -p $$ | tr -d ' '; echo $$");
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(run.end.ok()) << run.end.status();
  EXPECT_THAT(run.end->output, HasSubstr("SigBlk:\t0000000000000000\n"));
  std::string own_group = run.end->output.substr(run.end->output.find('\n') + 1);
  size_t half = own_group.size() / 2;
  EXPECT_EQ(own_group.substr(0, half), own_group.substr(half)) << run.end->output;
}

TEST(ChildProcess, SaysWhenTheProgramCannotBeStarted) {
  absl::StatusOr<ChildEnd> end = RunChild("/nonexistent/program", {}, absl::Seconds(10), [](std::string_view) {});
  EXPECT_EQ(end.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(end.status().message()), HasSubstr("/nonexistent/program"));
}

}  // namespace
}  // namespace tomada
