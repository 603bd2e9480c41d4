#include "committer.h"

#include <algorithm>
#include <exception>

#include <fmt/format.h>

namespace tomada::rocksdb_store {
namespace {

constexpr std::chrono::seconds kSyncInterval{1};
constexpr std::chrono::microseconds kLongestGathering{1000};

using Answers = std::vector<absl::StatusOr<Written>>;

// What a turn's writes are told when it did not reach the disk for certain. What was refused has certainly left
// nothing; but why it was refused may rest on the rest of the turn, so that is not told.
void FailAll(Answers& answers, const absl::Status& why) {
  for (absl::StatusOr<Written>& answer : answers) answer = answer.ok() ? why : NotApplied(why);
}

}  // namespace

Committer::Committer(Database& database, CommitQueue& queue, Settings settings, std::set<std::string> recorded_tables)
    : database_(database),
      queue_(queue),
      settings_(std::move(settings)),
      recorded_tables_(std::move(recorded_tables)),
      turn_(database.rocksdb(), versions_, recorded_tables_),
      sweep_(database.rocksdb()) {}

Committer::~Committer() {
  if (thread_.joinable()) thread_.join();
}

void Committer::Start() {
  thread_ = std::thread([this] {
    while (Step()) {
    }
  });
}

bool Committer::Step() {
  std::optional<CommitQueue::Turn> writes = queue_.Take(std::min(next_sweep_, next_sync_), gathering_);
  if (!writes) return false;
  if (absl::Status failed = failure(); !failed.ok()) {
    next_sweep_ = next_sync_ = std::chrono::steady_clock::now() + std::chrono::hours(1);
    queue_.Answer(Answers(writes->size(), NotApplied(failed)));
    return true;
  }
  try {
    queue_.Answer(Settle(*writes));
  } catch (const std::exception&) {  // no memory, most likely; what has been written is not known
    const rocksdb::Status status = rocksdb::Status::Aborted("exception");
    Fail(status);
    queue_.Answer(Answers(writes->size(), WriteError(status)));
  }
  return true;
}

Answers Committer::Settle(const CommitQueue::Turn& writes) {
  const absl::Time now = settings_.clock();
  turn_.Begin(now, !writes.empty() && settings_.disk_is_full());
  Answers answers = Judge(writes);
  const bool has_writes = !turn_.empty();
  if (std::chrono::steady_clock::now() >= next_sweep_) AddSweep(now);
  const rocksdb::Status status = Commit(has_writes);
  if (!status.ok()) {
    Fail(status);
    FailAll(answers, WriteError(status));
  }
  return answers;
}

rocksdb::Status Committer::Commit(bool has_writes) {
  const bool synced = settings_.durability == Durability::kSynced;
  rocksdb::Status status;
  if (!turn_.empty()) {
    // A sweep alone need not be synced: what it takes away is gone already, and is swept again when it comes back.
    const std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    status = turn_.Commit(synced && has_writes);
    // Worth waiting for company: a part of what it costs to go alone.
    const auto took = std::chrono::steady_clock::now() - began;
    gathering_ = std::min(kLongestGathering, std::chrono::duration_cast<std::chrono::microseconds>(took) / 2);
    sweep_.Lower(turn_.first_expiry());
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
  return database_.rocksdb().SyncWAL();
}

void Committer::AddSweep(absl::Time now) {
  const bool more = sweep_.AddTo(turn_, now);
  next_sweep_ = std::chrono::steady_clock::now() + (more ? std::chrono::milliseconds(0) : settings_.sweep_interval);
  if (size_t count = sweep_.TakeUnreadable(); count > 0) {
    settings_.on_warning(fmt::format("{} expired entries cannot be read and stay", count));
  }
}

Answers Committer::Judge(const CommitQueue::Turn& writes) {
  Answers answers;
  answers.reserve(writes.size());
  for (const auto& write : writes) {
    answers.push_back(turn_.Apply(*write));
    if (answers.back().ok()) answers.back()->durability = settings_.durability;
  }
  return answers;
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
