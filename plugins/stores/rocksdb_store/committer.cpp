#include "committer.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>
#include <rocksdb/perf_level.h>

namespace tomada::rocksdb_store {
namespace {

constexpr std::chrono::seconds kSyncInterval{1};
constexpr std::chrono::microseconds kLongestCommitDelay{1000};
// std::bad_alloc, most likely.
const rocksdb::Status kException = rocksdb::Status::Aborted("exception");

// Answers for a group whose commit failed. Accepted writes: outcome unknown. Refused ones: not applied, with `why`
// instead of their own reason, which may be an accepted write of the group that is lost.
void FailAll(std::vector<absl::StatusOr<Written>>& answers, const absl::Status& why) {
  for (absl::StatusOr<Written>& answer : answers) answer = answer.ok() ? why : NotApplied(why);
}

}  // namespace

Committer::Committer(Database& database, CommitQueue& queue, Settings settings, std::set<std::string> recorded_tables)
    : database_(database),
      queue_(queue),
      settings_(std::move(settings)),
      recorded_tables_(std::move(recorded_tables)),
      group_(database.rocksdb(), versions_, recorded_tables_),
      sweep_(database.rocksdb()) {}

Committer::~Committer() {
  for (std::thread* thread : {&commit_thread_, &validation_thread_}) {
    if (thread->joinable()) thread->join();
  }
}

void Committer::Start() {
  // RocksDB counts each comparison of keys for the thread that makes it, for nobody.
  commit_thread_ = std::thread([this] {
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
    while (Step()) {
    }
  });
  validation_thread_ = std::thread([this] {
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
    while (queue_.WaitBehindTaken()) ValidateAhead();
  });
}

void Committer::ValidateAhead() {
  std::lock_guard lock(group_mutex_);
  try {
    Validate();
  } catch (const std::exception&) {
    Fail(kException);
  }
}

bool Committer::Step() {
  if (!queue_.Wait(std::min(next_sweep_, next_sync_), commit_delay_)) return false;
  try {
    CommitGroup();
  } catch (const std::exception&) {  // what has been written is not known
    Fail(kException);
    queue_.AnswerAll(WriteError(kException));
  }
  return true;
}

void Committer::CommitGroup() {
  std::unique_lock lock(group_mutex_);
  if (absl::Status failed = failure(); !failed.ok()) {
    BeginAgain();  // it was validated on top of the group that failed
    lock.unlock();
    return Refuse(failed);
  }
  TakeGroup();
  Answers answers = std::exchange(answers_, {});
  const bool has_writes = !group_.empty();
  if (std::chrono::steady_clock::now() >= next_sweep_) AddSweep();
  group_.Seal();
  lock.unlock();
  if (!answers.empty()) settings_.group_sizes.Observe(static_cast<double>(answers.size()));
  const rocksdb::Status status = Commit(has_writes);
  if (!status.ok()) {
    Fail(status);
    FailAll(answers, WriteError(status));
  }
  queue_.Answer(std::move(answers));
}

void Committer::Refuse(const absl::Status& why) {
  next_sweep_ = next_sync_ = std::chrono::steady_clock::now() + std::chrono::hours(1);
  queue_.Peek();
  if (queue_.Take()) queue_.AnswerAll(NotApplied(why));
}

void Committer::TakeGroup() {
  for (Validate(); !queue_.Take(); Validate()) BeginAgain();
}

void Committer::BeginAgain() {
  group_.Drop();
  answers_.clear();
}

void Committer::Validate() {
  const CommitQueue::Requests requests = queue_.Peek();
  if (requests.empty()) return;
  group_.Begin(settings_.clock(), settings_.disk_is_full());
  for (const auto& request : requests) {
    answers_.push_back(group_.Apply(*request));
    if (answers_.back().ok()) answers_.back()->durability = settings_.durability;
  }
}

rocksdb::Status Committer::Commit(bool has_writes) {
  const bool synced = settings_.durability == Durability::kSynced;
  rocksdb::Status status;
  if (group_.sealed()) {
    const std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    status = group_.Commit(synced);
    if (synced && status.ok()) database_.MarkSynced();
    // Waiting half of a commit's time for more writes costs less than a commit for each.
    const auto took = std::chrono::steady_clock::now() - began;
    settings_.commits.Observe(std::chrono::duration<double>(took).count());
    commit_delay_ = std::min(kLongestCommitDelay, std::chrono::duration_cast<std::chrono::microseconds>(took) / 2);
    sweep_.Lower(group_.first_expiry());
  }
  return status.ok() && !synced ? SyncLater(has_writes) : status;
}

// At `applied` nobody waits for the disk, but it is to have everything a second later, and a log before the next
// begins: a power cut takes the last writes, none from the middle.
rocksdb::Status Committer::SyncLater(bool has_writes) {
  const std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
  if (has_writes && next_sync_ == kNotDue) next_sync_ = now + kSyncInterval;
  if (rocksdb::Status status = database_.BeginNewLogWhenDue(); !status.ok() || now < next_sync_) return status;
  next_sync_ = kNotDue;
  return database_.Sync();
}

void Committer::AddSweep() {
  const bool more = sweep_.AddTo(group_, settings_.clock());
  next_sweep_ = std::chrono::steady_clock::now() + (more ? std::chrono::milliseconds(0) : settings_.sweep_interval);
  if (size_t count = sweep_.TakeUnreadable(); count > 0) {
    settings_.on_warning(fmt::format("{} expired entries cannot be read and stay", count));
  }
}

void Committer::Fail(const rocksdb::Status& status) {
  const absl::Status why = WriteError(status);
  const std::string message(why.message());
  {
    std::lock_guard lock(mutex_);
    if (!failure_.ok()) return;
    failure_ = absl::Status(why.code(), fmt::format("{}; it takes no writes until it is restarted", message));
    queue_.Close(failure_);
  }
  settings_.on_failure(fmt::format("{}: {}", message, status.ToString()));
}

absl::Status Committer::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace tomada::rocksdb_store
