// Runs a program the way an operator does: starts it, reads its lines, sends it signals, waits for its end.
//
//   Process host({TomadaBinary(), "run", "--config", file});
//   std::string port = host.WaitForLine(R"(listening address=127\.0\.0\.1:(\d+))")[1];
//   host.Signal(SIGTERM);
//   EXPECT_EQ(host.Wait(), 0) << host.output();
//
// Whatever does not happen in time throws std::runtime_error with all that the program printed, which fails the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tomada::testing {

// In the build tree that the test belongs to.
std::string TomadaBinary();

class Process {
 public:
  struct Options {
    Options() {}
    std::map<std::string, std::string> environment;  // added to the test's own
    std::filesystem::path directory;                 // empty: the test's own
    bool adopts_orphans = false;                     // as the first process of a container does
  };
  using Duration = std::chrono::milliseconds;

  // The most that anything takes that is expected to happen; generous, because sanitizers and busy machines are slow.
  static constexpr Duration kPatience = std::chrono::seconds(30);

  // `command` is an absolute path and the arguments. Standard input is empty. The program is killed when the thread
  // that made this ends, so that none is left behind by a test that dies.
  explicit Process(std::vector<std::string> command, Options options = {});
  // Kills it if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Waits for a line, printed now or earlier on either stream, in which `pattern` (ECMAScript) is found, and returns
  // the match and its groups.
  std::vector<std::string> WaitForLine(const std::string& pattern, Duration patience = kPatience);

  void Signal(int signal);

  // Its exit code, or 128 and the signal that killed it; all output has been read by then.
  int Wait(Duration patience = kPatience);
  bool running();

  // Nothing is cut off at its end; a line under way is part of it.
  std::string out() const;
  std::string err() const;
  std::string output() const;  // both, in the order of arrival

  pid_t pid() const { return pid_; }

 private:
  void Read(int out, int err);
  std::optional<std::vector<std::string>> FindLine(const std::string& pattern) const;
  [[noreturn]] void Fail(const std::string& what) const;
  void Reap();

  std::string name_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;  // set once it has been reaped, by the test's thread

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::string out_, err_, output_;
  bool closed_ = false;  // both streams have ended
  std::thread reader_;
};

}  // namespace tomada::testing
