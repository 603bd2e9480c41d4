#include "key_layout.h"

#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace tomada::redis_store {
namespace {

// FNV-1a, 64 bits, its halves folded together: small, well known, and the same in every language.
class Fnv {
 public:
  void Add(std::string_view bytes) {
    for (unsigned char byte : bytes) hash_ = (hash_ ^ byte) * 0x100000001b3;
  }
  uint64_t hash() const { return hash_ ^ (hash_ >> 32); }

 private:
  uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace

KeyLayout::KeyLayout(std::string prefix, std::string table, int buckets)
    : record_prefix_(fmt::format("{}:{{{}/", prefix, table)),
      unique_prefix_(fmt::format("{}:u:{}:", prefix, table)),
      buckets_(buckets) {}

int KeyLayout::BucketOf(std::string_view id) const {
  Fnv fnv;
  fnv.Add(id);
  return static_cast<int>(fnv.hash() % static_cast<uint64_t>(buckets_));
}

void KeyLayout::AppendTagged(std::string& out, int bucket, std::string_view kind, std::string_view rest) const {
  char digits[12];
  out.append(record_prefix_).append(digits, std::to_chars(digits, digits + sizeof digits, bucket).ptr);
  out.append("}").append(kind).append(rest);
}

void KeyLayout::AppendOperation(std::string& out, int bucket, const OperationId& id) const {
  AppendTagged(out, bucket, ":o:", std::string_view(reinterpret_cast<const char*>(id.bytes().data()), 16));
}

void KeyLayout::AppendUnique(std::string& out, const UniqueKey& key) const {
  out.append(unique_prefix_).append(key.index).append(":{");
  AppendUniqueTag(out, key);
  out.append("}:").append(key.value);
}

void KeyLayout::AppendUniqueTag(std::string& out, const UniqueKey& key) {
  Fnv fnv;
  fnv.Add(key.index);
  fnv.Add(std::string_view("\0", 1));
  fnv.Add(key.value);
  fmt::format_to(std::back_inserter(out), "{:016x}", fnv.hash());
}

std::string MetaKey(std::string_view prefix) { return fmt::format("{}:meta", prefix); }

}  // namespace tomada::redis_store
