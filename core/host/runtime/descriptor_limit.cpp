#include "runtime/descriptor_limit.h"

#include <sys/resource.h>

namespace tomada {

void RaiseDescriptorLimit() {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);  // what fails leaves the limit as it was
}

}  // namespace tomada
