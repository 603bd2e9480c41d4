// The signals that this process handles, as something to wait for.
#pragma once

#include <initializer_list>
#include <string>

namespace tomada {

// Whether the signal asks the process to stop: SIGTERM and SIGINT do.
bool AsksToStop(int signal);
// "SIGTERM".
std::string SignalName(int signal);

// Blocks SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGUSR2 in the calling thread, and so in every thread that it starts from
// then on: made before any other thread. They stay blocked for the life of the process, so that none of them ends it,
// whatever it is doing. SIGPIPE is ignored: a peer that went away is an error of that write alone. At most one of these
// at a time.
class Signals {
 public:
  // `more` are handled in the same way. Throws std::system_error when the system is out of descriptors.
  explicit Signals(std::initializer_list<int> more = {});
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Becomes readable when a signal has come.
  int fd() const { return fd_; }
  // Takes one that has come; 0 when there is none. Two of a kind that come close together may be one, as the system
  // does not count them.
  int Take();
  // Whether one that asks to stop has come and not been taken. On the thread that made this.
  bool StopPending() const;

 private:
  int fd_;
};

}  // namespace tomada
