#include "sweep.h"

#include <algorithm>
#include <memory>
#include <optional>

namespace tomada::rocksdb_store {
namespace {

// Few enough that the writes of the same group hardly wait for it.
constexpr size_t kPart = 512;

}  // namespace

Sweep::Sweep(rocksdb::DB& database) : database_(database), from_(ExpiryPrefix()) {}

bool Sweep::AddTo(WriteGroup& group, absl::Time now) {
  const std::string end = ExpiryKey(MillisOf(now) + 1, "");
  if (from_ >= end) return false;
  const rocksdb::Slice bound(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &bound;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at(database_.NewIterator(options));
  size_t done = 0;
  for (at->Seek(from_); at->Valid(); at->Next()) {
    if (done >= kPart) return true;
    const std::string_view key = at->key().ToStringView();
    const std::optional<size_t> count = group.RemoveExpired(key, at->value().ToStringView());
    if (!count) ++unreadable_;
    done += count.value_or(1);
    from_.assign(key);
    from_ += '\0';
  }
  if (at->status().ok()) from_ = end;
  return false;
}

void Sweep::Lower(Millis first_expiry) {
  if (first_expiry != kNever) from_ = std::min(from_, ExpiryKey(first_expiry, ""));
}

}  // namespace tomada::rocksdb_store
