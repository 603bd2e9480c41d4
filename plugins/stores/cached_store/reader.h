#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "background.h"
#include "cache_entry.h"
#include "cache_table.h"
#include "key_states.h"
#include "store_metrics.h"
#include "tomada/store.h"

namespace tomada::cached_store {

// What all tables share.
struct Shared {
  Shared(std::chrono::nanoseconds cache_pause, Logger log, const Metrics& metrics)
      : metrics(metrics), breaker(cache_pause, std::move(log), this->metrics.pauses) {}

  const StoreMetrics metrics;
  Breaker breaker;
  Background background;
  Home home;  // the last: its thread ends before what it uses
};

struct Lifetimes {
  Lifetimes(absl::Duration ttl, absl::Duration negative_ttl) : ttl(ttl), negative_ttl(negative_ttl) {}
  absl::Duration ttl, negative_ttl;
};

// One question that the store answers with a record or none: a Get or a Find.
struct Question {
  explicit Question(std::string id) : key(KeyOfId(id)), id(std::move(id)) {}
  Question(std::string index, std::string value)
      : key(KeyOfIndex(index, value)), unique_key(std::in_place, std::move(index), std::move(value)) {}

  std::string key;  // in the cache
  std::string id;
  std::optional<UniqueKey> unique_key;  // of a Find
};

// The reads of one table: from the cache when it can be trusted, else from the store, one call at a time for each key.
class Reader {
 public:
  // `table`, the store's, and `shared` outlive it.
  Reader(Table& table, std::unique_ptr<CacheTable> cache, Lifetimes lifetimes, size_t max_keys, Shared& shared)
      : table_(table),
        cache_(std::move(cache)),
        lifetimes_(lifetimes),
        shared_(shared),
        states_(lifetimes.ttl, max_keys) {}

  // The arguments are checked already.
  Task<Answer> Get(Call& call, std::string id);
  Task<Answer> Find(Call& call, std::string index, std::string value);
  Task<absl::StatusOr<std::vector<RecordPtr>>> GetMany(Call& call, std::vector<std::string> ids);

  KeyStates& states() { return states_; }
  // Takes a doubtful key out of the cache, if that can be done now. With `call` it ends by then; null: see Keep.
  Task<> Drop(Call* call, std::string key);
  // The same for several, when nobody waits for it.
  void DropLater(const KeyStates::Keys& keys);

 private:
  class Member;
  struct Many;

  Task<std::optional<CacheEntry>> AskCache(Call& call, const Question& question);
  // The entry that the cache has for a question, counted as a hit; nothing, counted as a miss, when it has none that
  // may be given out.
  std::optional<CacheEntry> HitOrMiss(const RecordPtr& found, const std::string& id) const;
  std::optional<CacheEntry> Decode(const RecordPtr& found, const std::string& id) const;
  Task<std::optional<Answer>> AskOwner(Call& call, const Question& question, std::string id);
  Task<Answer> AskStore(Call& call, const Question& question);
  Task<std::optional<Answer>> Load(Call& call, const Question& question);
  void Publish(Member& member, const Question& question, const Answer& answer);
  Task<> Keep(std::string key, std::string bytes, absl::Time until);

  Task<> AskCacheForMany(Call& call, Many& many);
  Task<absl::Status> AskStoreForMany(Call& call, Many& many);

  Table& table_;
  const std::unique_ptr<CacheTable> cache_;
  const Lifetimes lifetimes_;
  Shared& shared_;
  KeyStates states_;
};

}  // namespace tomada::cached_store
