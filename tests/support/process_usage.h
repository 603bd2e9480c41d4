#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace tomada::testing {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kMemoryIsTrue = false;  // freed memory is kept, shadows are added
#else
inline constexpr bool kMemoryIsTrue = true;
#endif

// Of another process; 0 when it is gone.
inline size_t ResidentBytesOf(pid_t process) {
  std::ifstream pages("/proc/" + std::to_string(process) + "/statm");
  size_t all = 0, resident = 0;
  pages >> all >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

// What this process holds, to compare before and after.
struct ProcessUsage {
  size_t descriptors = 0;
  size_t resident_bytes = 0;

  static ProcessUsage Now() {
    ProcessUsage usage;
    usage.descriptors =
        static_cast<size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {})) - 1;  // its own
    usage.resident_bytes = ResidentBytesOf(::getpid());
    return usage;
  }
};

}  // namespace tomada::testing
