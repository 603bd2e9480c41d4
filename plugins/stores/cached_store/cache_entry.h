// What lies in the cache, and under which id.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tomada/store.h"

namespace tomada::cached_store {

// The cached answer to a Get or a Find.
struct CacheEntry {
  enum class Kind : char {
    kAbsent = 'a',  // there is none
    kRecord = 'r',  // of a Get: the record, whole, with the store's version
    kOwner = 'o',   // of a Find: the id of the record that held the key
  };

  static CacheEntry Absent() { return CacheEntry(Kind::kAbsent, nullptr, {}); }
  static CacheEntry Of(RecordPtr record) { return CacheEntry(Kind::kRecord, std::move(record), {}); }
  static CacheEntry Owner(std::string id) { return CacheEntry(Kind::kOwner, nullptr, std::move(id)); }

  CacheEntry(Kind kind, RecordPtr record, std::string owner)
      : kind(kind), record(std::move(record)), owner(std::move(owner)) {}

  Kind kind;
  RecordPtr record;
  std::string owner;
};

// A record's own id is not in its entry.
std::string EncodeEntry(const CacheEntry& entry);
// Nothing for what EncodeEntry did not write. `id` is the one that a record gets.
std::optional<CacheEntry> DecodeEntry(std::string_view bytes, const std::string& id);

// Of the record `id`, and of what a unique index says of a value: what entries are told apart by.
std::string KeyOfId(std::string_view id);
std::string KeyOfIndex(std::string_view index, std::string_view value);
// The id in the cache's table for a key. What is too long is hashed (SHA-256). Those of different salts, of one length,
// never meet.
std::string CacheId(std::string_view salt, std::string_view key);

// Of the table in the cache that holds what was read from table `name`. What is too long is hashed.
std::string CacheTableName(std::string_view prefix, std::string_view name);

}  // namespace tomada::cached_store
