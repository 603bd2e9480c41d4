#include "cache_table.h"

#include <algorithm>

#include "cache_entry.h"

namespace tomada::cached_store {
namespace {

constexpr char kLate[] = "the cache has not answered in time";

}  // namespace

Deadline CacheTable::EndFor(const Call* parent) const {
  const Deadline end = std::chrono::steady_clock::now() + std::chrono::duration_cast<Deadline::duration>(timeout_);
  return parent ? std::min(end, parent->deadline()) : end;
}

void CacheTable::ReportToBreaker(const Call* parent, const absl::Status& status) {
  // That the caller's time was over says nothing about the cache.
  const bool ended_by_parent =
      parent && (parent->cancelled() || std::chrono::steady_clock::now() >= parent->deadline());
  // A damaged entry says nothing of the cache, which answered.
  if (status.ok() || status.code() == absl::StatusCode::kDataLoss) {
    breaker_.Succeeded();
  } else if (!ended_by_parent) {
    breaker_.Failed(status);
  }
}

Task<RecordPtr> CacheTable::Get(Call& call, std::string key) {
  if (!breaker_.Allows()) co_return RecordPtr();
  Hop hop(home_.Of(&call));
  co_await hop;
  TimedCall own(home_.Of(&call), EndFor(&call), &call, kLate);
  absl::StatusOr<RecordPtr> found = co_await table_->Get(own, CacheId(salt_, key));
  ReportToBreaker(&call, found.status());
  co_return found.ok() ? *std::move(found) : RecordPtr();
}

Task<std::vector<RecordPtr>> CacheTable::GetMany(Call& call, std::vector<std::string> keys) {
  const size_t size = keys.size();
  if (size == 0 || !breaker_.Allows()) co_return std::vector<RecordPtr>(size);
  for (std::string& key : keys) key = CacheId(salt_, key);
  Hop hop(home_.Of(&call));
  co_await hop;
  TimedCall own(home_.Of(&call), EndFor(&call), &call, kLate);
  absl::StatusOr<std::vector<RecordPtr>> found = co_await table_->GetMany(own, std::move(keys));
  ReportToBreaker(&call, found.status());
  if (found.ok() && found->size() == size) co_return *std::move(found);
  co_return std::vector<RecordPtr>(size);
}

Task<CacheTable::Put> CacheTable::Keep(std::string key, std::string value, absl::Time until) {
  if (!breaker_.Allows()) co_return Put::kNotMade;
  Hop hop(home_.Of(nullptr));
  co_await hop;
  TimedCall own(home_.Of(nullptr), EndFor(nullptr), nullptr, kLate);
  Record record(CacheId(salt_, key), std::move(value));
  record.expires_at = until;
  const Operation operation;
  absl::StatusOr<Written> written = co_await table_->Put(own, operation, std::move(record));
  // A full cache refuses at once; what it holds is as good as before.
  if (written.status().code() != absl::StatusCode::kResourceExhausted) ReportToBreaker(nullptr, written.status());
  if (written.ok()) co_return Put::kMade;
  co_return OutcomeOf(written.status()) == WriteOutcome::kNotApplied ? Put::kNotMade : Put::kUnknown;
}

Task<bool> CacheTable::Drop(Call* call, std::string key) {
  if (!breaker_.Allows()) co_return false;
  Hop hop(home_.Of(call));
  co_await hop;
  TimedCall own(home_.Of(call), EndFor(call), call, kLate);
  const Operation operation;
  absl::StatusOr<Written> removed = co_await table_->Remove(own, operation, CacheId(salt_, key), std::nullopt);
  absl::Status status = removed.status();
  if (status.code() == absl::StatusCode::kNotFound) status = absl::OkStatus();
  ReportToBreaker(call, status);
  co_return status.ok();
}

}  // namespace tomada::cached_store
