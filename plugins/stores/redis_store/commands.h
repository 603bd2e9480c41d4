// The commands that tables are made of. Each holds what it reads in `result`, to be taken when it has finished with OK.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "command.h"
#include "key_layout.h"
#include "tomada/store.h"

namespace tomada::redis_store {

// Records by id, one read each.
class GetRecords final : public Command {
 public:
  GetRecords(Call& call, const KeyLayout& layout, std::vector<std::string> ids)
      : Command(call, Kind::kRead), layout_(layout), ids_(std::move(ids)) {}

  std::vector<RecordPtr> result;  // as many as ids, in their order; null when absent

  size_t Encode(const Session& session, std::string& out) override;
  absl::Status OnReply(size_t i, const Reply& reply) override;
  void AppendSubject(std::string& out, size_t i) const override;
  size_t size() const override { return ids_.size() * 64; }

 private:
  const KeyLayout& layout_;
  std::vector<std::string> ids_;
};

// One record by id: the same without a vector.
class GetRecord final : public Command {
 public:
  GetRecord(Call& call, const KeyLayout& layout, std::string id)
      : Command(call, Kind::kRead), layout_(layout), id_(std::move(id)) {}

  RecordPtr result;

  size_t Encode(const Session& session, std::string& out) override;
  absl::Status OnReply(size_t i, const Reply& reply) override;
  void AppendSubject(std::string& out, size_t i) const override;
  size_t size() const override { return id_.size(); }

 private:
  const KeyLayout& layout_;
  std::string id_;
};

// Whose a unique key is.
class GetOwner final : public Command {
 public:
  GetOwner(Call& call, const KeyLayout& layout, const UniqueKey& key)
      : Command(call, Kind::kRead), layout_(layout), key_(key) {}

  std::string result;  // the owner's id; empty when nobody's

  size_t Encode(const Session& session, std::string& out) override;
  absl::Status OnReply(size_t i, const Reply& reply) override;
  void AppendSubject(std::string& out, size_t i) const override;
  size_t size() const override { return key_.value.size(); }

 private:
  const KeyLayout& layout_;
  const UniqueKey& key_;
};

// At most `limit` ids of each of the buckets from `first` to `last`, in ascending order; those of `first` only after
// `after`.
class GetIds final : public Command {
 public:
  GetIds(Call& call, const KeyLayout& layout, int first, int last, std::string_view after, int limit)
      : Command(call, Kind::kRead), layout_(layout), first_(first), last_(last), after_(after), limit_(limit) {}

  std::vector<std::pair<int, std::string>> result;  // bucket and id

  size_t Encode(const Session& session, std::string& out) override;
  absl::Status OnReply(size_t i, const Reply& reply) override;
  void AppendSubject(std::string& out, size_t i) const override;
  size_t size() const override { return after_.size(); }

 private:
  const KeyLayout& layout_;
  const int first_, last_;
  const std::string_view after_;
  const int limit_;
};

// What a write asks for. The caller keeps it until the command has finished.
struct WriteRequest {
  WriteRequest(std::string_view kind, Operation operation, Record record, std::optional<std::string> expected_version)
      : kind(kind),
        operation(std::move(operation)),
        record(std::move(record)),
        expected_version(std::move(expected_version)) {}

  std::string_view kind;  // as the script names it
  Operation operation;
  Record record;  // of a remove only the id counts
  std::optional<std::string> expected_version;
};

// Insert, Put, Update or Remove: the script of write_script.h.
class WriteRecord final : public Command {
 public:
  // `stored_version` is what DecodeVersion made of request.expected_version.
  WriteRecord(Call& call, const KeyLayout& layout, const TableOptions& options, const WriteRequest& request,
              std::string_view stored_version, int64_t expiry);

  Written result;

  size_t Encode(const Session& session, std::string& out) override;
  absl::Status OnReply(size_t i, const Reply& reply) override;
  void AppendSubject(std::string& out, size_t i) const override;
  void SendSource() override { source_ = true; }
  size_t size() const override;

 private:
  const KeyLayout& layout_;
  const TableOptions& options_;
  const WriteRequest& request_;
  const std::string_view stored_version_;
  const int64_t expiry_;  // in ms since 1970; 0: never
  const int bucket_;
  bool source_ = false;
};

}  // namespace tomada::redis_store
