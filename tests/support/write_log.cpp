#include "support/write_log.h"

#include <algorithm>

#include <fmt/format.h>

#include "support/scheduling_noise.h"
#include "support/table_audit.h"

namespace tomada::testing {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr size_t kMostReported = 20;

}  // namespace

milliseconds WriteLog::DefaultSlack() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return milliseconds(250);
#else
  return milliseconds(50);
#endif
}

milliseconds WriteLog::NoiseUntil(Clock::time_point now) {
  return 5 * SchedulingNoise::Since(now - std::chrono::seconds(1));
}

WriteLog::WriteLog(milliseconds slack) : slack_(slack) { SchedulingNoise::Listen(); }

size_t WriteLog::Intend(WriteKind kind, const Record& record) {
  std::lock_guard lock(mutex_);
  LoggedWrite& write = writes_.emplace_back();
  write.kind = kind;
  write.record = record;
  return writes_.size() - 1;
}

size_t WriteLog::Begin(std::string what, Deadline deadline) {
  std::lock_guard lock(mutex_);
  open_.emplace(calls_, LoggedCall{std::move(what), Clock::now(), deadline});
  return calls_++;
}

void WriteLog::End(size_t call, const absl::Status& status) {
  std::lock_guard lock(mutex_);
  EndLocked(call, status);
}

void WriteLog::EndLocked(size_t call, const absl::Status& status) {
  const Clock::time_point now = Clock::now();
  auto ended = open_.find(call);
  if (ended == open_.end()) return WrongLocked(fmt::format("call {} ended twice", call));
  ++counts_[status.code()];
  longest_ = std::max<std::chrono::nanoseconds>(longest_, now - ended->second.begun);
  if (now > ended->second.deadline + slack_ && now > ended->second.deadline + slack_ + NoiseUntil(now)) {
    WrongLocked(fmt::format("{} ended {} ms after its deadline: {}", ended->second.what,
                            duration_cast<milliseconds>(now - ended->second.deadline).count(), status.ToString()));
  }
  open_.erase(ended);
}

void WriteLog::EndWrite(size_t call, size_t write, const absl::StatusOr<Written>& result) {
  std::lock_guard lock(mutex_);
  LoggedWrite& logged = writes_[write];
  if (!result.ok()) {
    logged.unknown |= OutcomeOf(result.status()) == WriteOutcome::kUnknown;
    logged.refused |= !TakenIndex(result.status()).empty();
  } else if (logged.acknowledged && logged.acknowledged->version != result->version) {
    WrongLocked(fmt::format("a write to {} was answered with two versions", logged.record.id));
  } else {
    logged.acknowledged = *result;
    if (auto begun = open_.find(call); begun != open_.end()) {
      acknowledgements_.push_back({begun->second.begun, Clock::now()});
    }
  }
  EndLocked(call, result.status());
}

void WriteLog::Wrong(std::string what) {
  std::lock_guard lock(mutex_);
  WrongLocked(std::move(what));
}

void WriteLog::WrongLocked(std::string what) {
  if (++wrongs_ <= kMostReported) wrong_.push_back(std::move(what));
}

std::vector<std::string> WriteLog::Check(Table& table, Durability spared) {
  std::lock_guard lock(mutex_);
  std::vector<std::string> wrong = wrong_;
  if (wrongs_ > wrong.size()) wrong.push_back(fmt::format("... and {} more", wrongs_ - wrong.size()));
  for (const auto& [number, call] : open_) wrong.push_back(call.what + " has not ended");
  TableAudit audit(table);
  audit.Compare(writes_, spared);
  std::vector<std::string> found = audit.TakeFindings();
  const size_t reported = std::min(found.size(), kMostReported);
  wrong.insert(wrong.end(), found.begin(), found.begin() + static_cast<ptrdiff_t>(reported));
  if (found.size() > reported) wrong.push_back(fmt::format("... and {} more", found.size() - reported));
  return wrong;
}

size_t WriteLog::acknowledged() const {
  std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::ranges::count_if(writes_, [](const LoggedWrite& write) { return write.acknowledged.has_value(); }));
}

size_t WriteLog::unresolved() const {
  std::lock_guard lock(mutex_);
  return static_cast<size_t>(std::ranges::count_if(
      writes_, [](const LoggedWrite& write) { return write.unknown && !write.acknowledged && !write.refused; }));
}

size_t WriteLog::count(absl::StatusCode code) const {
  std::lock_guard lock(mutex_);
  auto found = counts_.find(code);
  return found == counts_.end() ? 0 : found->second;
}

std::string WriteLog::Summary() const {
  std::string summary = fmt::format("{} writes acknowledged, {} unresolved; calls:", acknowledged(), unresolved());
  std::lock_guard lock(mutex_);
  for (const auto& [code, count] : counts_) summary += fmt::format(" {} {}", count, absl::StatusCodeToString(code));
  return summary + fmt::format("; longest {} ms", duration_cast<milliseconds>(longest_).count());
}

std::optional<Durability> WriteLog::highest() const {
  std::lock_guard lock(mutex_);
  std::optional<Durability> highest;
  for (const LoggedWrite& write : writes_) {
    if (write.acknowledged && (!highest || *highest < write.acknowledged->durability)) {
      highest = write.acknowledged->durability;
    }
  }
  return highest;
}

milliseconds WriteLog::longest() const {
  std::lock_guard lock(mutex_);
  return duration_cast<milliseconds>(longest_);
}

std::optional<milliseconds> WriteLog::RecoveryAfter(Clock::time_point time) const {
  std::lock_guard lock(mutex_);
  std::optional<milliseconds> soonest;
  for (const Acknowledgement& answer : acknowledgements_) {
    if (answer.begun < time) continue;
    const milliseconds after = duration_cast<milliseconds>(answer.ended - time);
    if (!soonest || after < *soonest) soonest = after;
  }
  return soonest;
}

}  // namespace tomada::testing
