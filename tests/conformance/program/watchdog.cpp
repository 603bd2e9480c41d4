#include "watchdog.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace tomada::conformance {
namespace {

constexpr std::chrono::milliseconds kInterval{100};

// Written between cases and read in a signal handler, which may use neither locks nor the heap.
char running_case[256] = "(none)";

void Say(const char* text) { [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, text, ::strlen(text)); }

void OnCrash(int signal) {
  Say("crash in the case ");
  Say(running_case);
  Say(": ");
  Say(::sigdescr_np(signal));
  Say("\n");
  ::_exit(1);
}

}  // namespace

Watchdog::Watchdog(Progress& progress, std::chrono::nanoseconds limit)
    : thread_([&progress, limit](std::stop_token stop) {
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any stopped;
        while (!stop.stop_requested()) {
          stopped.wait_for(lock, stop, kInterval, [] { return false; });
          if (!progress.FailIfLongerThan(limit)) continue;
          progress.Finish();
          ::_exit(1);  // a thread still runs in the store, so nothing can be destroyed
        }
      }) {}

void ReportCrashes() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which tell more
  for (int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::signal(signal, OnCrash);
#else
  (void)OnCrash;
#endif
}

void NameRunningCase(std::string_view name) {
  const size_t size = std::min(name.size(), sizeof running_case - 1);
  ::memcpy(running_case, name.data(), size);
  running_case[size] = '\0';
}

}  // namespace tomada::conformance
