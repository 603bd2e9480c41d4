#include "reader.h"

#include <algorithm>

#include <absl/time/clock.h>

namespace tomada::cached_store {
namespace {

// A write that keeps coming in between is left to the next read.
constexpr int kMaxDrops = 3;

bool Holds(const Record& record, const UniqueKey& key) { return std::ranges::count(record.unique_keys, key) == 1; }

// The caller's own end, which is nobody else's.
bool IsOwnEnd(const absl::Status& status) {
  return status.code() == absl::StatusCode::kCancelled || status.code() == absl::StatusCode::kDeadlineExceeded;
}

CacheEntry EntryFor(const Question& question, const RecordPtr& record) {
  if (!record) return CacheEntry::Absent();
  return question.unique_key ? CacheEntry::Owner(record->id) : CacheEntry::Of(record);
}

}  // namespace

// A call's part in the flight for a key, if there is one. A leader completes it at the end of its life at the latest.
class Reader::Member {
 public:
  Member(KeyStates& states, const std::string& key) : states_(&states), key_(key), joined_(states.Join(key)) {}
  Member(Member&& other) noexcept
      : states_(other.states_), key_(std::move(other.key_)), joined_(std::exchange(other.joined_, {})) {}
  ~Member() {
    if (leads()) Complete(std::nullopt, false);
  }

  bool waits() const { return joined_.flight && !joined_.leads; }
  bool leads() const { return joined_.leads; }
  const std::shared_ptr<Flight>& flight() const { return joined_.flight; }
  // See KeyStates::Leave.
  bool Complete(std::optional<Answer> answer, bool wanted) {
    joined_.leads = false;
    const bool puts = states_->Leave(key_, joined_.flight, wanted);
    joined_.flight->Complete(std::move(answer));
    return puts;
  }

 private:
  KeyStates* states_;
  std::string key_;
  KeyStates::Joined joined_;
};

Task<Answer> Reader::Get(Call& call, std::string id) {
  const Question question(std::move(id));
  std::optional<CacheEntry> entry = co_await AskCache(call, question);
  if (call.cancelled()) co_return call.status();
  if (entry && entry->kind != CacheEntry::Kind::kOwner) co_return std::move(entry->record);
  co_return co_await AskStore(call, question);
}

// An entry of a key only says whom to look at: it is right as long as that record holds the key, so that a write does
// not have to know which keys the record held before.
Task<Answer> Reader::Find(Call& call, std::string index, std::string value) {
  const Question question(std::move(index), std::move(value));
  std::optional<CacheEntry> entry = co_await AskCache(call, question);
  if (call.cancelled()) co_return call.status();
  if (entry && entry->kind == CacheEntry::Kind::kAbsent) co_return RecordPtr();
  if (entry && entry->kind == CacheEntry::Kind::kOwner) {
    std::optional<Answer> answer = co_await AskOwner(call, question, std::move(entry->owner));
    if (answer) co_return *std::move(answer);
  }
  co_return co_await AskStore(call, question);
}

// Nothing when that record does not hold the key.
Task<std::optional<Answer>> Reader::AskOwner(Call& call, const Question& question, std::string id) {
  Answer owner = co_await Get(call, std::move(id));
  if (owner.ok() && !(*owner && Holds(**owner, *question.unique_key))) co_return std::nullopt;
  co_return owner;
}

Task<std::optional<CacheEntry>> Reader::AskCache(Call& call, const Question& question) {
  const KeyStates::Trust trust = states_.TrustIn(question.key);
  if (trust == KeyStates::Trust::kIfDropped) co_await Drop(&call, question.key);
  if (trust != KeyStates::Trust::kYes) {  // after a drop there is nothing to ask for
    shared_.metrics.doubts.Add();
    co_return std::nullopt;
  }
  RecordPtr found = co_await cache_->Get(call, question.key);
  co_return HitOrMiss(found, question.id);
}

std::optional<CacheEntry> Reader::HitOrMiss(const RecordPtr& found, const std::string& id) const {
  std::optional<CacheEntry> entry = Decode(found, id);
  (entry ? shared_.metrics.hits : shared_.metrics.misses).Add();
  return entry;
}

// By this process's clock too: an entry that claims to live longer than it may was made by a clock that goes ahead.
std::optional<CacheEntry> Reader::Decode(const RecordPtr& found, const std::string& id) const {
  if (!found || !found->expires_at) return std::nullopt;
  const absl::Time now = absl::Now();
  if (now >= *found->expires_at || *found->expires_at > now + lifetimes_.ttl) return std::nullopt;
  std::optional<CacheEntry> entry = DecodeEntry(found->value, id);
  if (entry && entry->record && entry->record->expires_at && now >= *entry->record->expires_at) return std::nullopt;
  return entry;
}

Task<Answer> Reader::AskStore(Call& call, const Question& question) {
  for (;;) {
    std::optional<Answer> answer = co_await Load(call, question);
    if (answer) co_return *std::move(answer);
  }
}

// Nothing when the store has to be asked anew: the leader gave up, or what it found is not so any more.
Task<std::optional<Answer>> Reader::Load(Call& call, const Question& question) {
  Member member(states_, question.key);
  if (member.waits()) {
    shared_.metrics.shared.Add();
    std::optional<Answer> answer = co_await Flight::Wait(member.flight(), call, shared_.home);
    if (!answer || !answer->ok() || !**answer || !question.unique_key) co_return answer;
    // A write that took the key from its owner did not know of this flight: what it found is a hint, too.
    co_return co_await AskOwner(call, question, (**answer)->id);
  }
  Answer answer = RecordPtr();
  if (question.unique_key) {
    answer = co_await table_.Find(call, question.unique_key->index, question.unique_key->value);
  } else {
    answer = co_await table_.Get(call, question.id);
  }
  Publish(member, question, answer);
  co_return answer;
}

// Of a leader: completes the flight, and has the cache keep the answer if it may. Nobody waits for the cache.
void Reader::Publish(Member& member, const Question& question, const Answer& answer) {
  if (!member.leads()) return;
  if (!answer.ok()) {
    member.Complete(IsOwnEnd(answer.status()) ? std::nullopt : std::optional<Answer>(answer), false);
    return;
  }
  const RecordPtr& record = *answer;
  absl::Time until = member.flight()->began() + (record ? lifetimes_.ttl : lifetimes_.negative_ttl);
  if (record && record->expires_at) until = std::min(until, *record->expires_at);
  std::string bytes;
  bool wanted = absl::Now() < until;
  if (wanted) {
    bytes = EncodeEntry(EntryFor(question, record));
    wanted = cache_->Fits(bytes) && shared_.background.Enter();
  }
  if (member.Complete(answer, wanted)) {
    shared_.background.Run(Keep(question.key, std::move(bytes), until));
  } else if (wanted) {
    shared_.background.Leave();
  }
}

Task<> Reader::Keep(std::string key, std::string bytes, absl::Time until) {
  const CacheTable::Put put = co_await cache_->Keep(key, std::move(bytes), until);
  if (states_.EndPut(key, put != CacheTable::Put::kUnknown, until)) co_await Drop(nullptr, key);
}

Task<> Reader::Drop(Call* call, std::string key) {
  for (int drops = 0; drops < kMaxDrops; ++drops) {
    const std::optional<uint64_t> mark = states_.BeginDrop(key);
    if (!mark) co_return;
    const bool confirmed = co_await cache_->Drop(call, key);
    if (!states_.EndDrop(key, *mark, confirmed)) co_return;
  }
}

void Reader::DropLater(const KeyStates::Keys& keys) {
  for (const std::string& key : keys) {
    if (shared_.background.Enter()) shared_.background.Run(Drop(nullptr, key));
  }
}

// A GetMany on its way.
struct Reader::Many {
  explicit Many(std::vector<std::string> ids) : records(ids.size()) {
    questions.reserve(ids.size());
    for (std::string& id : ids) questions.emplace_back(std::move(id));
  }

  std::vector<Question> questions;
  std::vector<RecordPtr> records;
  std::vector<size_t> missing;  // numbers of questions that the cache did not answer
};

Task<absl::StatusOr<std::vector<RecordPtr>>> Reader::GetMany(Call& call, std::vector<std::string> ids) {
  Many many(std::move(ids));
  co_await AskCacheForMany(call, many);
  if (call.cancelled()) co_return call.status();
  absl::Status status = co_await AskStoreForMany(call, many);
  if (!status.ok()) co_return status;
  co_return std::move(many.records);
}

Task<> Reader::AskCacheForMany(Call& call, Many& many) {
  std::vector<size_t> asked;
  std::vector<std::string> keys;
  for (size_t i = 0; i < many.questions.size(); ++i) {
    if (states_.TrustIn(many.questions[i].key) == KeyStates::Trust::kYes) {
      asked.push_back(i);
      keys.push_back(many.questions[i].key);
    } else {
      shared_.metrics.doubts.Add();
      many.missing.push_back(i);
    }
  }
  std::vector<RecordPtr> found = co_await cache_->GetMany(call, std::move(keys));
  for (size_t i = 0; i < asked.size(); ++i) {
    std::optional<CacheEntry> entry = HitOrMiss(found[i], many.questions[asked[i]].id);
    if (entry && entry->kind != CacheEntry::Kind::kOwner) {
      many.records[asked[i]] = std::move(entry->record);
    } else {
      many.missing.push_back(asked[i]);
    }
  }
}

// One call for all that nobody reads yet. Its flights are complete before it waits for those of others, so that two
// such calls never wait for each other.
Task<absl::Status> Reader::AskStoreForMany(Call& call, Many& many) {
  std::vector<size_t> led, waited;
  std::vector<Member> leaders, waiters;  // for each of these
  std::vector<std::string> ids;
  for (size_t number : many.missing) {
    Member member(states_, many.questions[number].key);
    if (member.waits()) {
      shared_.metrics.shared.Add();
      waited.push_back(number);
      waiters.push_back(std::move(member));
    } else {
      led.push_back(number);
      ids.push_back(many.questions[number].id);
      leaders.push_back(std::move(member));
    }
  }
  if (!ids.empty()) {
    absl::StatusOr<std::vector<RecordPtr>> answers = co_await table_.GetMany(call, std::move(ids));
    for (size_t i = 0; i < led.size(); ++i) {
      const Answer answer = answers.ok() ? Answer((*answers)[i]) : Answer(answers.status());
      Publish(leaders[i], many.questions[led[i]], answer);
      if (answer.ok()) many.records[led[i]] = *answer;
    }
    if (!answers.ok()) co_return answers.status();
  }
  for (size_t i = 0; i < waited.size(); ++i) {
    const Question& question = many.questions[waited[i]];
    std::optional<Answer> answer = co_await Flight::Wait(waiters[i].flight(), call, shared_.home);
    if (!answer) answer = co_await AskStore(call, question);
    if (!answer->ok()) co_return answer->status();
    many.records[waited[i]] = **std::move(answer);
  }
  co_return absl::OkStatus();
}

}  // namespace tomada::cached_store
