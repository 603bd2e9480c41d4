#include "support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <regex>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

namespace tomada::testing {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void ThrowErrno(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) ThrowErrno("pipe2");
    read = ends[0];
    write = ends[1];
  }
  int read, write;
};

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry; ++entry) {
    std::string text = *entry;
    if (!added.contains(text.substr(0, text.find('=')))) result.push_back(std::move(text));
  }
  for (const auto& [name, value] : added) result.push_back(name + "=" + value);
  return result;
}

// Between fork and exec in a process with threads: system calls only.
[[noreturn]] void Exec(char* const* command, char* const* environment, const Process::Options& options, int out,
                       int err) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (options.adopts_orphans) ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const char* directory = options.directory.c_str();
  int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  bool ready = ::dup2(in, STDIN_FILENO) >= 0 && ::dup2(out, STDOUT_FILENO) >= 0 && ::dup2(err, STDERR_FILENO) >= 0 &&
               (*directory == '\0' || ::chdir(directory) == 0);
  if (ready) ::execve(command[0], command, environment);
  const char message[] = "cannot execute the program\n";
  [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, message, sizeof message - 1);
  ::_exit(127);
}

}  // namespace

std::string TomadaBinary() { return TOMADA_BIN; }

Process::Process(std::vector<std::string> command, Options options) : name_(command.at(0)) {
  // A shipped profile's admin address is fixed, and tests run side by side.
  options.environment.try_emplace("TOMADA_ADMIN", "127.0.0.1:0");
  std::vector<std::string> environment = Environment(options.environment);
  std::vector<char*> arguments = Pointers(command);
  std::vector<char*> variables = Pointers(environment);
  Pipe out, err;
  pid_ = ::fork();
  if (pid_ < 0) ThrowErrno("fork");
  if (pid_ == 0) Exec(arguments.data(), variables.data(), options, out.write, err.write);
  ::close(out.write);
  ::close(err.write);
  reader_ = std::thread([this, out, err] { Read(out.read, err.read); });
}

Process::~Process() {
  if (running()) {
    ::kill(pid_, SIGKILL);
    siginfo_t ignored;
    ::waitid(P_PID, static_cast<id_t>(pid_), &ignored, WEXITED);
  }
  reader_.join();
}

void Process::Read(int out, int err) {
  pollfd streams[] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  char buffer[4096];
  for (int open = 2; open > 0;) {
    if (::poll(streams, 2, -1) < 0) continue;
    for (pollfd& stream : streams) {
      if (stream.fd < 0 || stream.revents == 0) continue;
      ssize_t size = ::read(stream.fd, buffer, sizeof buffer);
      if (size <= 0) {
        ::close(stream.fd);
        stream.fd = -1;
        --open;
        continue;
      }
      std::lock_guard lock(mutex_);
      (&stream == &streams[0] ? out_ : err_).append(buffer, static_cast<size_t>(size));
      output_.append(buffer, static_cast<size_t>(size));
      changed_.notify_all();
    }
  }
  std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::optional<std::vector<std::string>> Process::FindLine(const std::string& pattern) const {
  const std::regex regex(pattern);
  for (const std::string* text : {&out_, &err_}) {
    size_t begin = 0;
    for (size_t end; (end = text->find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string line = text->substr(begin, end - begin);
      std::smatch match;
      if (std::regex_search(line, match, regex)) return std::vector<std::string>(match.begin(), match.end());
    }
  }
  return std::nullopt;
}

std::vector<std::string> Process::WaitForLine(const std::string& pattern, Duration patience) {
  std::unique_lock lock(mutex_);
  const Clock::time_point deadline = Clock::now() + patience;
  for (;;) {
    if (auto found = FindLine(pattern)) return *found;
    if (closed_) Fail(fmt::format("ended without a line like '{}'", pattern));
    if (changed_.wait_until(lock, deadline) == std::cv_status::timeout)
      Fail(fmt::format("printed no line like '{}' within {} ms", pattern, patience.count()));
  }
}

void Process::Signal(int signal) {
  // A process that was reaped has given its id back: it may be somebody else's by now.
  if (exit_code_ || ::kill(pid_, signal) != 0) throw std::runtime_error(name_ + " has ended: no signal can be sent");
}

void Process::Reap() {
  int status = 0;
  if (exit_code_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool Process::running() {
  Reap();
  return !exit_code_;
}

int Process::Wait(Duration patience) {
  // The streams end with the process, or a little earlier; the reader wakes this thread, so that it need not poll.
  const Clock::time_point deadline = Clock::now() + patience;
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [this] { return closed_; });
  while (running()) {
    if (Clock::now() >= deadline) Fail(fmt::format("did not end within {} ms", patience.count()));
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    lock.lock();
  }
  return *exit_code_;
}

std::string Process::out() const {
  std::lock_guard lock(mutex_);
  return out_;
}

std::string Process::err() const {
  std::lock_guard lock(mutex_);
  return err_;
}

std::string Process::output() const {
  std::lock_guard lock(mutex_);
  return output_;
}

void Process::Fail(const std::string& what) const {
  throw std::runtime_error(fmt::format("{} {}; its output:\n{}", name_, what, output_));
}

}  // namespace tomada::testing
