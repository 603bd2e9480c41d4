#include "cli/host_parent.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>
#include <utility>

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/file_watch.h"
#include "loader/child_process.h"
#include "runtime/signals.h"
#include "tomada/unique_fd.h"

namespace tomada {
namespace {

constexpr int kLook = 50;  // milliseconds between two looks at the files, or at whether to give up

// The child's reports; the parent answers kChecked with one byte.
constexpr std::string_view kFile = "file ";
constexpr std::string_view kChecked = "checked";

int CodeOf(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

class HostParent {
 public:
  HostParent(const std::vector<std::string>& words, const std::filesystem::path& profile, bool watch, Shell& shell)
      : words_(words), watch_(watch), shell_(shell) {
    files_.Add(profile, absl::InfiniteFuture());  // nobody has read it
  }

  int Run() {
    Begin({});
    while (running_ || next_ || (watching() && !files_.empty())) {
      pollfd ready[] = {{signals_.fd(), POLLIN, 0}, {next_ ? next_->link.get() : -1, POLLIN, 0}};
      ::poll(ready, 2, watching() ? kLook : -1);
      PassSignalsOn();
      if (next_) Listen();
      Reap();
      if (next_ && next_->checked && !stopping_) Exchange();
      if (watching()) LookForChanges();
    }
    return code_;
  }

 private:
  struct Child {
    pid_t pid;
    UniqueFd link;
    absl::Time born = absl::Now();
    std::string unread = {};
    std::set<std::filesystem::path> files = {};
    bool checked = false, told_to_stop = false;
  };

  bool watching() const { return watch_ && !stopping_; }
  void Say(std::string_view text) { shell_.err << "tomada run: " << text << '\n' << std::flush; }

  // A child that checks the state there is now, in place of one that still checks an older one.
  void Begin(const std::vector<std::filesystem::path>& changed) {
    if (next_) ::kill(next_->pid, SIGKILL);
    next_.reset();
    std::vector<std::string> arguments = {kChildRun};
    arguments.insert(arguments.end(), words_.begin(), words_.end());
    std::vector<std::string> names;
    for (const std::filesystem::path& file : changed) names.push_back(DisplayPath(file));
    if (!names.empty()) arguments.insert(arguments.end(), {kChanged, fmt::format("{}", fmt::join(names, ", "))});

    absl::StatusOr<pid_t> pid = absl::UnknownError("");
    if (int ends[2]; ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0) {
      next_.emplace(Child{.pid = -1, .link = UniqueFd(ends[0])});
      const UniqueFd far(ends[1]);
      ::fcntl(far.get(), F_SETFL, 0);  // the child waits
      // Blocked from the beginning: none ends the child before it can handle them.
      sigset_t blocked;
      ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
      sigdelset(&blocked, SIGCHLD);
      pid = SpawnChild(program_, arguments, far.get(), -1, blocked);
    } else {
      pid = absl::ErrnoToStatus(errno, "socketpair");
    }
    if (pid.ok()) {
      next_->pid = *pid;
      return;
    }
    next_.reset();
    if (!running_) code_ = kExitFailed;
    Say("cannot start the host: " + std::string(pid.status().message()));
  }

  void PassSignalsOn() {
    for (int signal = signals_.Take(); signal != 0; signal = signals_.Take()) {
      if (signal == SIGCHLD) continue;
      const bool stop = AsksToStop(signal);
      stopping_ |= stop;
      if (running_) ::kill(running_->pid, signal);
      if (next_ && (stop || !running_)) ::kill(next_->pid, signal);
    }
  }

  void Listen() {
    char buffer[4096];
    for (ssize_t size; (size = ::read(next_->link.get(), buffer, sizeof buffer)) > 0;)
      next_->unread.append(buffer, static_cast<size_t>(size));
    for (size_t end; (end = next_->unread.find('\0')) != std::string::npos;) {
      const std::string report = next_->unread.substr(0, end);
      next_->unread.erase(0, end + 1);
      if (report.starts_with(kFile)) {
        const std::filesystem::path file = report.substr(kFile.size());
        files_.Add(file, next_->born);
        next_->files.insert(file);
      } else if (report == kChecked) {
        next_->checked = true;
      }
    }
  }

  // The new one starts when the old one has ended: what is one's own, a port or a directory, is free by then.
  void Exchange() {
    if (running_) {
      if (!std::exchange(running_->told_to_stop, true)) ::kill(running_->pid, SIGTERM);
      return;
    }
    files_.Keep(next_->files);
    [[maybe_unused]] const ssize_t told = ::write(next_->link.get(), "", 1);
    running_ = std::exchange(next_, std::nullopt);
  }

  void Reap() {
    int status;
    for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      if (next_ && pid == next_->pid) {
        NextEnded(status);
      } else if (running_ && pid == running_->pid) {
        RunningEnded(status);
      }  // else an orphan, or one that checked an older state
    }
  }

  void NextEnded(int status) {
    Listen();  // its last words
    next_.reset();
    if (WIFSIGNALED(status)) Say(fmt::format("the check of the profile ended with signal {}", WTERMSIG(status)));
    if (!running_) code_ = CodeOf(status);
    if (!watching() || files_.empty()) return;
    Say(running_ ? "not restarted: the host goes on as it is" : "waiting for a change");
  }

  void RunningEnded(int status) {
    running_.reset();
    code_ = CodeOf(status);
    if (watching() && !next_) Say(fmt::format("the host ended with exit code {}: waiting for a change", code_));
  }

  void LookForChanges() {
    if (next_ && next_->checked) return;  // once it runs
    const std::vector<std::filesystem::path> changed = files_.TakeChanged(FileWatch::Clock::now());
    if (!changed.empty()) Begin(changed);
  }

  const std::vector<std::string> words_;
  const bool watch_;
  Shell& shell_;
  // Not /proc/self/exe: a new build is what runs next.
  const std::filesystem::path program_ = std::filesystem::read_symlink("/proc/self/exe");
  Signals signals_{SIGCHLD};
  FileWatch files_;
  std::optional<Child> running_;
  std::optional<Child> next_;  // checks, or has checked and waits for the end of `running_`
  bool stopping_ = false;
  int code_ = kExitOk;
};

}  // namespace

bool InheritsOrphans() {
  int subreaper = 0;
  return ::getpid() == 1 || (::prctl(PR_GET_CHILD_SUBREAPER, &subreaper) == 0 && subreaper != 0);
}

int RunHostParent(const std::vector<std::string>& words, const std::filesystem::path& profile, bool watch,
                  Shell& shell) {
  return HostParent(words, profile, watch, shell).Run();
}

void FollowParent() {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::fcntl(kReportFd, F_SETFD, FD_CLOEXEC);
}

void ReportFiles(const std::set<std::filesystem::path>& files) {
  for (const std::filesystem::path& file : files) SendReport(std::string(kFile) + file.string());
}

bool AwaitStart(const std::function<bool()>& give_up) {
  SendReport(kChecked);
  while (!give_up()) {
    pollfd link = {kReportFd, POLLIN, 0};
    char go;
    if (::poll(&link, 1, kLook) > 0) return ::read(kReportFd, &go, 1) == 1 && ::close(kReportFd) == 0;
  }
  return false;
}

}  // namespace tomada
