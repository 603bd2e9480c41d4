// All that is used of Pistache: its reactor, one for each loop, driven by the loop's own thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <absl/status/status.h>

namespace tomada::net {

class Poller {
 public:
  struct Event {
    uint64_t tag;
    bool readable;  // also when the peer has closed its sending side
    bool writable;
    bool hangup;  // closed in both directions, or reset
  };

  class Sink {
   public:
    virtual ~Sink() = default;
    // One iteration of the event loop: everything that became ready meanwhile.
    virtual void OnReady(std::span<const Event> events) noexcept = 0;
  };

  // The sink outlives the poller.
  explicit Poller(Sink& sink);
  ~Poller();

  // Edge-triggered, for reading and writing. Events of a removed descriptor may still be in the iteration under way,
  // and its number may be taken again at once: hence tags that are never used twice. They are less than 2^56.
  absl::Status Add(int fd, uint64_t tag);
  // Reports a descriptor's state again, as if it had just changed.
  void Rearm(int fd, uint64_t tag);
  void Remove(int fd);

  // Returns after Stop, which any thread may call, also before Run.
  void Run();
  void Stop();

 private:
  class Handler;
  struct Reactor;
  std::unique_ptr<Reactor> reactor_;
};

}  // namespace tomada::net
