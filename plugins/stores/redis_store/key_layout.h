// The names of the keys, made for Redis Cluster from the start: what one write must change together carries the same
// hash tag.
//
//   PREFIX:{TABLE/BUCKET}:r:ID             a record
//   PREFIX:{TABLE/BUCKET}:l                ids of the bucket's records, a sorted set in the order of their bytes
//   PREFIX:{TABLE/BUCKET}:x                the same for those that expire, by time
//   PREFIX:{TABLE/BUCKET}:s                how many versions the bucket has given
//   PREFIX:{TABLE/BUCKET}:o:OPERATION      the result of a write
//   PREFIX:u:TABLE:INDEX:{HASH}:VALUE      a unique key: whose it is
//   PREFIX:meta                            format and number of buckets
//
// A unique key has a tag of its own, since its value says nothing about its owner's bucket. On a single server one
// script changes all of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tomada/store.h"

namespace tomada::redis_store {

class KeyLayout {
 public:
  KeyLayout(std::string prefix, std::string table, int buckets);

  int buckets() const { return buckets_; }
  // Stable for ever: it is where the record lies.
  int BucketOf(std::string_view id) const;

  // Appends the key to `out`.
  void AppendRecord(std::string& out, int bucket, std::string_view id) const { AppendTagged(out, bucket, ":r:", id); }
  void AppendIds(std::string& out, int bucket) const { AppendTagged(out, bucket, ":l", ""); }
  void AppendExpirations(std::string& out, int bucket) const { AppendTagged(out, bucket, ":x", ""); }
  void AppendSequence(std::string& out, int bucket) const { AppendTagged(out, bucket, ":s", ""); }
  void AppendOperation(std::string& out, int bucket, const OperationId& id) const;
  void AppendUnique(std::string& out, const UniqueKey& key) const;

  // What all unique keys of the table begin with; the script makes the names of those it releases.
  const std::string& unique_prefix() const { return unique_prefix_; }
  // 16 hex digits.
  static void AppendUniqueTag(std::string& out, const UniqueKey& key);

 private:
  void AppendTagged(std::string& out, int bucket, std::string_view kind, std::string_view rest) const;

  const std::string record_prefix_;  // PREFIX:{TABLE/
  const std::string unique_prefix_;  // PREFIX:u:TABLE:
  const int buckets_;
};

std::string MetaKey(std::string_view prefix);

}  // namespace tomada::redis_store
