// The TLS handshakes of one worker: a bounded number is under way, the others wait for a place.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>

#include "tomada/call.h"

namespace tomada::net {

class Connection;

// A handshake takes memory and time of the processor from the moment its client's first message (ClientHello) is whole;
// before that a connection takes neither, and needs no place. One thread. Outlives its entries.
class Handshakes {
 public:
  static constexpr size_t kMost = 64;
  // For all of a handshake, from the connect.
  static constexpr std::chrono::seconds kTime{5};
  // Who waits for a place is given that of a client which has been silent for so long: more than the way to it and back
  // takes, mostly.
  static constexpr std::chrono::milliseconds kPatience{100};

  // One connection's.
  class Entry {
   public:
    Entry(Handshakes& handshakes, Connection& connection) : handshakes_(handshakes), connection_(connection) {}
    ~Entry() { Leave(); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    // True when it has a place, which may be so from before. Else it waits for one, and its connection is given a turn
    // then.
    bool Enter(Deadline now);
    bool waits() const { return in_ == &handshakes_.waiting_; }
    // The client has sent something.
    void Moved(Deadline now);
    // Gives the place to who has waited longest, if it had one. Does nothing without.
    void Leave();

   private:
    friend Handshakes;
    using List = std::list<Entry*>;

    Handshakes& handshakes_;
    Connection& connection_;
    List* in_ = nullptr;  // where it is, at position_
    List::iterator position_;
    Deadline moved_{};
  };

  // When a place is taken from who has it, for one who waits; Deadline::max() while nobody waits.
  Deadline next_cut() const;
  // Whose place that is, at that time or later; null when it is too soon.
  Connection* Overdue(Deadline now) const;

 private:
  void GivePlace();

  Entry::List under_way_;  // silent for longest first
  Entry::List waiting_;    // in the order they came
};

}  // namespace tomada::net
