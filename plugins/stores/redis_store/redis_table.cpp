#include "redis_table.h"

#include <algorithm>

#include <absl/time/clock.h>
#include <fmt/format.h>

#include "page_token.h"
#include "record_codec.h"

namespace tomada::redis_store {
namespace {

constexpr int kMaxBucketsAtOnce = 64;
constexpr int kMaxFindRounds = 8;

// What no version is when it is decoded.
const std::string& NoVersion() {
  static const std::string version(11, '\xff');
  return version;
}

}  // namespace

RedisTable::RedisTable(TableOptions options, KeyLayout layout, StoreCapabilities capabilities,
                       const std::vector<std::unique_ptr<IoThread>>& threads)
    : options_(std::move(options)),
      layout_(std::move(layout)),
      capabilities_(capabilities),
      token_seal_(fmt::format("{}/{}", options_.name, layout_.buckets())),
      threads_(threads) {}

Task<absl::StatusOr<RecordPtr>> RedisTable::Get(Call& call, std::string id) {
  if (absl::Status wrong = CheckId(id); !wrong.ok()) co_return wrong;
  IoThread& thread = ThreadOf(layout_.BucketOf(id));
  GetRecord command(call, layout_, std::move(id));
  if (absl::Status failed = co_await thread.Run(command); !failed.ok()) co_return failed;
  co_return std::move(command.result);
}

Task<absl::StatusOr<std::vector<RecordPtr>>> RedisTable::GetMany(Call& call, std::vector<std::string> ids) {
  for (const std::string& id : ids) {
    if (absl::Status wrong = CheckId(id); !wrong.ok()) co_return wrong;
  }
  if (ids.empty()) co_return std::vector<RecordPtr>();
  IoThread& thread = ThreadOf(layout_.BucketOf(ids.front()));
  GetRecords command(call, layout_, std::move(ids));
  if (absl::Status failed = co_await thread.Run(command); !failed.ok()) co_return failed;
  co_return std::move(command.result);
}

// Two steps, since the owner's record lies elsewhere. A record that no longer holds the key was changed between them,
// and the key is asked again.
Task<absl::StatusOr<RecordPtr>> RedisTable::Find(Call& call, std::string index, std::string value) {
  if (absl::Status wrong = CheckIndex(options_, index); !wrong.ok()) co_return wrong;
  const UniqueKey key(std::move(index), std::move(value));
  for (int round = 0; round < kMaxFindRounds; ++round) {
    GetOwner owner(call, layout_, key);
    if (absl::Status failed = co_await ThreadOf(0).Run(owner); !failed.ok()) co_return failed;
    if (owner.result.empty()) co_return RecordPtr();
    IoThread& thread = ThreadOf(layout_.BucketOf(owner.result));
    GetRecord record(call, layout_, std::move(owner.result));
    if (absl::Status failed = co_await thread.Run(record); !failed.ok()) co_return failed;
    if (record.result && std::ranges::count(record.result->unique_keys, key) == 1) co_return std::move(record.result);
    if (!record.result && round > 0) co_return RecordPtr();  // twice: at its end, or removed with the key
  }
  co_return absl::AbortedError("the key changed hands too often while it was looked up; try again");
}

// Not coroutines: each would be one more allocation.
Task<absl::StatusOr<Written>> RedisTable::Insert(Call& call, Operation operation, Record record) {
  return Write(call, WriteRequest("insert", std::move(operation), std::move(record), std::nullopt));
}

Task<absl::StatusOr<Written>> RedisTable::Put(Call& call, Operation operation, Record record) {
  return Write(call, WriteRequest("put", std::move(operation), std::move(record), std::nullopt));
}

Task<absl::StatusOr<Written>> RedisTable::Update(Call& call, Operation operation, Record record,
                                                 std::string expected_version) {
  return Write(call, WriteRequest("update", std::move(operation), std::move(record), std::move(expected_version)));
}

Task<absl::StatusOr<Written>> RedisTable::Remove(Call& call, Operation operation, std::string id,
                                                 std::optional<std::string> expected_version) {
  return Write(call, WriteRequest("remove", std::move(operation), Record(std::move(id), std::string()),
                                  std::move(expected_version)));
}

absl::Status RedisTable::CheckWrite(const WriteRequest& request) const {
  if (absl::Status wrong = CheckOperation(request.operation); !wrong.ok()) return wrong;
  if (request.kind == "remove") return NotApplied(CheckId(request.record.id));
  if (absl::Status wrong = CheckRecord(options_, capabilities_, request.record); !wrong.ok()) return wrong;
  size_t bytes = 0;
  for (const UniqueKey& key : request.record.unique_keys) bytes += key.value.size();
  if (bytes <= kMaxUniqueKeyBytes) return absl::OkStatus();
  return NotApplied(absl::InvalidArgumentError(
      fmt::format("a record's unique keys have at most {} bytes together", kMaxUniqueKeyBytes)));
}

Task<absl::StatusOr<Written>> RedisTable::Write(Call& call, WriteRequest request) {
  if (absl::Status wrong = CheckWrite(request); !wrong.ok()) co_return wrong;
  std::string version;
  if (request.expected_version) version = DecodeVersion(*request.expected_version).value_or(NoVersion());
  if (request.operation.request_digest.empty()) {
    request.operation.request_digest = DigestOf(request.kind, request.record, request.expected_version.value_or(""));
  }
  const int64_t expiry = ToExpiryMillis(request.record.expires_at, absl::Now(), options_.default_ttl);
  WriteRecord command(call, layout_, options_, request, version, expiry);
  IoThread& thread = ThreadOf(layout_.BucketOf(request.record.id));
  if (absl::Status failed = co_await thread.Run(command); !failed.ok()) co_return failed;
  command.result.durability = capabilities_.durability;
  co_return std::move(command.result);
}

// Bucket by bucket, by the order of ids in each, which never changes: a record that stays is met once. A small table
// has records in few buckets, so twice as many are asked each time until the page is full.
Task<absl::StatusOr<Page>> RedisTable::List(Call& call, int page_size, std::string token) {
  if (absl::Status wrong = CheckPageSize(page_size); !wrong.ok()) co_return wrong;
  absl::StatusOr<Position> position = DecodeToken(token_seal_, token);
  if (!position.ok()) co_return position.status();
  const size_t wanted = static_cast<size_t>(page_size);
  std::vector<std::pair<int, std::string>> found;  // one more than the page takes, to know whether there is another
  int bucket = position->bucket;
  for (int span = 1; bucket < layout_.buckets() && found.size() <= wanted;
       span = std::min(2 * span, kMaxBucketsAtOnce)) {
    const int last = std::min(bucket + span, layout_.buckets()) - 1;
    const int limit = static_cast<int>(wanted + 1 - found.size());
    GetIds ids(call, layout_, bucket, last, position->after, limit);
    if (absl::Status failed = co_await ThreadOf(bucket).Run(ids); !failed.ok()) co_return failed;
    std::ranges::move(ids.result, std::back_inserter(found));
    position->after.clear();
    bucket = last + 1;
  }
  Page page;
  if (found.size() > wanted) {
    found.resize(wanted);
    position->bucket = found.back().first;
    position->after = found.back().second;
    page.next_token = EncodeToken(token_seal_, *position);
  }
  if (found.empty()) co_return page;
  std::vector<std::string> ids;
  ids.reserve(found.size());
  for (auto& [its_bucket, id] : found) ids.push_back(std::move(id));
  GetRecords records(call, layout_, std::move(ids));
  if (absl::Status failed = co_await ThreadOf(bucket - 1).Run(records); !failed.ok()) co_return failed;
  std::erase(records.result, nullptr);
  page.records = std::move(records.result);
  co_return page;
}

}  // namespace tomada::redis_store
