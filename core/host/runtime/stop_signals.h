// SIGTERM and SIGINT as something to wait for.
#pragma once

#include <string>

namespace tomada {

// Blocks both signals in the calling thread, and so in every thread it starts from then on: made before any other
// thread. SIGPIPE is ignored: a peer that went away is an error of that write alone. At most one of these at a time.
class StopSignals {
 public:
  // Throws std::system_error when the system is out of descriptors.
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Becomes readable when a signal has come.
  int fd() const { return fd_; }
  // Takes one that has come: "SIGTERM" or "SIGINT"; empty when there is none. Two of a kind that come close together
  // may be one, as the system does not count them.
  std::string Take();

 private:
  int fd_;
};

}  // namespace tomada
