// Answers that clients have not taken yet: how much of them one thread's connections hold, and whose have waited
// longest.
#pragma once

#include <cstddef>
#include <list>

#include "tomada/call.h"

namespace tomada::net {

class Connection;

// One thread. Outlives its entries.
class Backlog {
 public:
  explicit Backlog(size_t max) : max_(max) {}

  // One connection's part.
  class Entry {
   public:
    Entry(Backlog& backlog, Connection& connection) : backlog_(backlog), connection_(connection) {}
    ~Entry() { Set(0); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    // Its connection holds so many bytes now.
    void Set(size_t bytes);
    // The client has just taken some.
    void Moved();

   private:
    friend Backlog;
    Backlog& backlog_;
    Connection& connection_;
    size_t bytes_ = 0;
    Deadline moved_{};
    std::list<Entry*>::iterator position_;  // valid while bytes_ is not 0
  };

  // The connection that is to be closed because all together hold more than `max`: the one whose client has taken
  // nothing for longest. Null when they hold less, and when nobody has waited for kPatience: who reads at all is not
  // cut.
  Connection* Excess() const;
  static constexpr std::chrono::milliseconds kPatience{100};

 private:
  const size_t max_;
  size_t bytes_ = 0;
  std::list<Entry*> waiting_;  // the longest first
};

}  // namespace tomada::net
