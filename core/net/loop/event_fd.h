// How one thread wakes another that polls descriptors.
#pragma once

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

#include "tomada/unique_fd.h"

namespace tomada::net {

// Readable from Signal until Clear. Who polls it edge-triggered need not clear it: each Signal is a new edge. Any
// thread may signal.
class EventFd {
 public:
  // std::system_error when the process has no descriptor left.
  EventFd() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (!fd_) throw std::system_error(errno, std::generic_category(), "eventfd");
  }

  int fd() const { return fd_.get(); }
  void Signal() const { ::eventfd_write(fd_.get(), 1); }  // fails only when it is signaled as often as can be counted
  void Clear() const {
    eventfd_t count;
    ::eventfd_read(fd_.get(), &count);
  }

 private:
  UniqueFd fd_;
};

}  // namespace tomada::net
