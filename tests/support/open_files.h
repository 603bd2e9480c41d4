#pragma once

#include <sys/resource.h>

namespace tomada::testing {

// As many as the system allows: for tests that have both ends of many connections in their process.
inline void RaiseOpenFiles() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace tomada::testing
