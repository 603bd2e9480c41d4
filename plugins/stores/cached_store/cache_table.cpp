#include "cache_table.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <stop_token>

#include "cache_entry.h"

namespace tomada::cached_store {
namespace {

class TimedCall final : public Call, public Timer::Alarm {
 public:
  using Call::Call;
  void Ring() override { Cancel(absl::DeadlineExceededError("the cache has not answered in time")); }
};

}  // namespace

// The call made to the cache on behalf of another, or of nobody.
class CacheTable::OwnCall {
 public:
  OwnCall(Timer& timer, std::chrono::nanoseconds timeout, Call* parent) : timer_(timer), parent_(parent) {
    Deadline end = std::chrono::steady_clock::now() + std::chrono::duration_cast<Deadline::duration>(timeout);
    if (parent) end = std::min(end, parent->deadline());
    call_ = std::make_shared<TimedCall>(parent ? parent->executor() : InlineExecutor(), end);
    ticket_ = timer_.Add(end, call_);
    if (!parent) return;
    // Cancelling may finish the coroutine that owns all of this: the copies live on the stack.
    on_cancel_.emplace(parent->stop_token(), [call = call_, parent] {
      const std::shared_ptr<TimedCall> alive = call;
      alive->Cancel(parent->status());
    });
  }
  ~OwnCall() { timer_.Remove(ticket_); }
  OwnCall(const OwnCall&) = delete;
  OwnCall& operator=(const OwnCall&) = delete;

  Call& call() const { return *call_; }
  // It ended because the caller's time was over: that says nothing about the cache.
  bool ended_by_parent() const {
    return parent_ && (parent_->cancelled() || std::chrono::steady_clock::now() >= parent_->deadline());
  }

 private:
  Timer& timer_;
  Call* const parent_;
  std::shared_ptr<TimedCall> call_;
  Timer::Ticket ticket_;
  std::optional<std::stop_callback<std::function<void()>>> on_cancel_;
};

void CacheTable::ReportToBreaker(const OwnCall& own, const absl::Status& status) {
  // A damaged entry says nothing of the cache, which answered.
  if (status.ok() || status.code() == absl::StatusCode::kDataLoss) {
    breaker_.Succeeded();
  } else if (!own.ended_by_parent()) {
    breaker_.Failed(status);
  }
}

Task<RecordPtr> CacheTable::Get(Call& call, std::string key) {
  if (!breaker_.Allows()) co_return RecordPtr();
  OwnCall own(timer_, timeout_, &call);
  absl::StatusOr<RecordPtr> found = co_await table_->Get(own.call(), CacheId(salt_, key));
  ReportToBreaker(own, found.status());
  co_return found.ok() ? *std::move(found) : RecordPtr();
}

Task<std::vector<RecordPtr>> CacheTable::GetMany(Call& call, std::vector<std::string> keys) {
  const size_t size = keys.size();
  if (size == 0 || !breaker_.Allows()) co_return std::vector<RecordPtr>(size);
  for (std::string& key : keys) key = CacheId(salt_, key);
  OwnCall own(timer_, timeout_, &call);
  absl::StatusOr<std::vector<RecordPtr>> found = co_await table_->GetMany(own.call(), std::move(keys));
  ReportToBreaker(own, found.status());
  if (found.ok() && found->size() == size) co_return *std::move(found);
  co_return std::vector<RecordPtr>(size);
}

Task<CacheTable::Put> CacheTable::Keep(std::string key, std::string value, absl::Time until) {
  if (!breaker_.Allows()) co_return Put::kNotMade;
  OwnCall own(timer_, timeout_, nullptr);
  Record record(CacheId(salt_, key), std::move(value));
  record.expires_at = until;
  const Operation operation;
  absl::StatusOr<Written> written = co_await table_->Put(own.call(), operation, std::move(record));
  // A full cache refuses at once; what it holds is as good as before.
  if (written.status().code() != absl::StatusCode::kResourceExhausted) ReportToBreaker(own, written.status());
  if (written.ok()) co_return Put::kMade;
  co_return OutcomeOf(written.status()) == WriteOutcome::kNotApplied ? Put::kNotMade : Put::kUnknown;
}

Task<bool> CacheTable::Drop(Call* call, std::string key) {
  if (!breaker_.Allows()) co_return false;
  OwnCall own(timer_, timeout_, call);
  const Operation operation;
  absl::StatusOr<Written> removed = co_await table_->Remove(own.call(), operation, CacheId(salt_, key), std::nullopt);
  absl::Status status = removed.status();
  if (status.code() == absl::StatusCode::kNotFound) status = absl::OkStatus();
  ReportToBreaker(own, status);
  co_return status.ok();
}

}  // namespace tomada::cached_store
