// What clients asked of a table and what they were told, and the judge of whether both agree with what is there.
//
// After the faults are over, Check reads the whole table and holds it to this:
//  * every write acknowledged at the level that the fault spares is there, unless a later write replaced it;
//  * no write has been applied twice, or again after a later one;
//  * no write that was reported as not applied is there;
//  * no unique key has two owners, and each leads to its owner;
//  * every call ended once, no later than its deadline and a little slack.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tomada/store.h"

namespace tomada::testing {

enum class WriteKind { kInsert, kPut, kUpdate, kRemove };

// One intended write, whatever number of times it is tried.
struct LoggedWrite {
  WriteKind kind = WriteKind::kInsert;
  Record record;         // of a remove, only the id counts
  bool unknown = false;  // an attempt ended so
  bool refused = false;  // an attempt found its unique key taken, so that none before it was applied
  std::optional<Written> acknowledged;

  bool leaves_record() const { return kind != WriteKind::kRemove; }
};

// Thread-safe. All writes to a record follow one another in time, and no two writes to it have the same value.
class WriteLog {
 public:
  using Clock = std::chrono::steady_clock;

  // How late a call may end; more where sanitizers slow everything down.
  static std::chrono::milliseconds DefaultSlack();
  // What a call that ended at `now` may owe to the machine: it wakes several threads one after the other.
  static std::chrono::milliseconds NoiseUntil(Clock::time_point now);
  explicit WriteLog(std::chrono::milliseconds slack = DefaultSlack());

  // Before the first attempt at a write. Its number.
  size_t Intend(WriteKind kind, const Record& record);
  // Around each attempt and each read. Begin gives the call's number.
  size_t Begin(std::string what, Deadline deadline);
  void End(size_t call, const absl::Status& status);
  void EndWrite(size_t call, size_t write, const absl::StatusOr<Written>& result);
  // What a client has seen that may not be.
  void Wrong(std::string what);

  // What was found wrong, in words; nothing when all holds. `spared`: the lowest level of durability that the fault
  // must not touch; what was acknowledged below may be lost.
  std::vector<std::string> Check(Table& table, Durability spared = Durability::kApplied);

  size_t acknowledged() const;
  size_t unresolved() const;                  // writes whose outcome nobody was told
  size_t count(absl::StatusCode code) const;  // calls that ended so
  std::string Summary() const;                // the counts in a line
  std::optional<Durability> highest() const;  // claimed for a write
  std::chrono::milliseconds longest() const;  // that a call took
  // How long after `time` the first write that was asked for after it was acknowledged.
  std::optional<std::chrono::milliseconds> RecoveryAfter(Clock::time_point time) const;

 private:
  struct LoggedCall {
    std::string what;
    Clock::time_point begun;
    Deadline deadline;
    bool ended = false;
  };
  struct Acknowledgement {
    Clock::time_point begun, ended;
  };

  void EndLocked(size_t call, const absl::Status& status);
  void WrongLocked(std::string what);

  const std::chrono::milliseconds slack_;
  mutable std::mutex mutex_;  // guards what follows
  std::deque<LoggedWrite> writes_;
  std::map<size_t, LoggedCall> open_;
  size_t calls_ = 0;
  std::map<absl::StatusCode, size_t> counts_;
  std::vector<Acknowledgement> acknowledgements_;
  std::chrono::nanoseconds longest_{0};
  std::vector<std::string> wrong_;
  size_t wrongs_ = 0;
};

}  // namespace tomada::testing
