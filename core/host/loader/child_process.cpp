#include "loader/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "tomada/unique_fd.h"

namespace tomada {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kKeptOutput = 4096;
constexpr int64_t kLook = 100;  // milliseconds: how often the caller is asked whether to give up

struct Pipe {
  UniqueFd read, write;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return absl::ErrnoToStatus(errno, "pipe");
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  // Above the numbers that the child is given, whatever this process has closed. The child's end blocks.
  pipe.write = UniqueFd(::fcntl(ends[1], F_DUPFD_CLOEXEC, kReportFd + 1));
  if (!pipe.write || ::fcntl(pipe.write.get(), F_SETFL, 0) != 0) return absl::ErrnoToStatus(errno, "fcntl");
  return pipe;
}

// The child's side of posix_spawn: what it keeps of this process.
class SpawnSettings {
 public:
  SpawnSettings(int report, int output, const sigset_t& blocked) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output >= 0) {
      ::posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
      ::posix_spawn_file_actions_adddup2(&files_, output, STDERR_FILENO);
    }
    ::posix_spawn_file_actions_adddup2(&files_, report, kReportFd);
    ::posix_spawn_file_actions_addclosefrom_np(&files_, kReportFd + 1);

    sigset_t all;
    sigfillset(&all);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &blocked);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t& files() const { return files_; }
  const posix_spawnattr_t& attributes() const { return attributes_; }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

enum class ReadResult { kSome, kNothingYet, kEnd };

// Appends what the pipe holds, up to one page.
ReadResult ReadSome(int fd, std::string& text) {
  char buffer[4096];
  ssize_t size = ::read(fd, buffer, sizeof buffer);
  if (size > 0) text.append(buffer, static_cast<size_t>(size));
  if (size > 0) return ReadResult::kSome;
  return size < 0 && (errno == EAGAIN || errno == EINTR) ? ReadResult::kNothingYet : ReadResult::kEnd;
}

// The parent's ends of a running child's pipes.
class Conversation {
 public:
  Conversation(UniqueFd reports, UniqueFd output, absl::Duration silence_limit)
      : reports_(std::move(reports)), output_(std::move(output)), limit_(absl::ToChronoNanoseconds(silence_limit)) {}

  // Until the child has closed its reports, which it does at its end, was silent for too long, or is given up: the last
  // two are noted in `end`.
  void Listen(const std::function<void(std::string_view)>& report, const std::function<bool()>& give_up,
              ChildEnd& end) {
    Clock::time_point deadline = Clock::now() + limit_;
    while (true) {
      auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      end.timed_out = left <= 0;
      end.given_up = give_up && give_up();
      if (end.timed_out || end.given_up) return;
      pollfd waiting[] = {{reports_.get(), POLLIN, 0}, {output_.get(), POLLIN, 0}};
      ::poll(waiting, 2, static_cast<int>(std::min<int64_t>(left, kLook)));
      if (waiting[1].revents) ReadOutput();
      if (!waiting[0].revents) continue;
      ReadResult result = ReadSome(reports_.get(), unread_);
      if (PassOn(report)) deadline = Clock::now() + limit_;
      if (result == ReadResult::kEnd) return;
    }
  }

  // The last output. A process that the child left behind may go on writing, so at most what a pipe holds is read.
  std::string TakeOutput() {
    for (int page = 0; page < 16 && output_; ++page) ReadOutput();
    return std::move(kept_);
  }

 private:
  void ReadOutput() {
    if (ReadSome(output_.get(), kept_) == ReadResult::kEnd) output_.Reset();
    if (kept_.size() > kKeptOutput) kept_.erase(0, kept_.size() - kKeptOutput);
  }

  // Whether there was a report.
  bool PassOn(const std::function<void(std::string_view)>& report) {
    bool any = false;
    for (size_t end; (end = unread_.find('\0')) != std::string::npos; any = true) {
      report(std::string_view(unread_).substr(0, end));
      unread_.erase(0, end + 1);
    }
    return any;
  }

  UniqueFd reports_, output_;
  const std::chrono::nanoseconds limit_;
  std::string unread_, kept_;
};

}  // namespace

std::string ChildEnd::ToString() const {
  if (WIFSIGNALED(wait_status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(wait_status));
    return name ? fmt::format("SIG{}", name) : fmt::format("signal {}", WTERMSIG(wait_status));
  }
  return fmt::format("exit code {}", WEXITSTATUS(wait_status));
}

absl::StatusOr<pid_t> SpawnChild(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                                 int report, int output, const sigset_t& blocked) {
  const SpawnSettings settings(report, output, blocked);
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid;
  int error = ::posix_spawn(&pid, program.c_str(), &settings.files(), &settings.attributes(), argv.data(), environ);
  if (error != 0) return absl::ErrnoToStatus(error, program.string());
  return pid;
}

absl::StatusOr<ChildEnd> RunChild(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                                  absl::Duration silence_limit, const std::function<void(std::string_view)>& report,
                                  const std::function<bool()>& give_up) {
  absl::StatusOr<Pipe> reports = MakePipe();
  if (!reports.ok()) return reports.status();
  absl::StatusOr<Pipe> output = MakePipe();
  if (!output.ok()) return output.status();
  sigset_t none;
  sigemptyset(&none);
  absl::StatusOr<pid_t> pid = SpawnChild(program, arguments, reports->write.get(), output->write.get(), none);
  if (!pid.ok()) return pid.status();
  reports->write.Reset();
  output->write.Reset();

  Conversation conversation(std::move(reports->read), std::move(output->read), silence_limit);
  ChildEnd end;
  conversation.Listen(report, give_up, end);
  // A child that has closed its reports is either ending, and then its status is fixed already, or must be killed. So
  // this changes the status of no child that ends on its own.
  ::kill(*pid, SIGKILL);
  while (::waitpid(*pid, &end.wait_status, 0) < 0 && errno == EINTR) {
  }
  end.output = conversation.TakeOutput();
  return end;
}

void SendReport(std::string_view text) {
  std::string report(text);
  report.push_back('\0');
  for (std::string_view left = report; !left.empty();) {
    ssize_t written = ::write(kReportFd, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) ::_exit(1);
    left.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace tomada
