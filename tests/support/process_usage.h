#pragma once

#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tomada::testing {

// What this process holds, to compare before and after.
struct ProcessUsage {
  size_t descriptors = 0;
  size_t resident_bytes = 0;

  static ProcessUsage Now() {
    ProcessUsage usage;
    usage.descriptors =
        static_cast<size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {})) - 1;  // its own
    std::ifstream pages("/proc/self/statm");
    size_t all = 0, resident = 0;
    pages >> all >> resident;
    usage.resident_bytes = resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    return usage;
  }
};

}  // namespace tomada::testing
