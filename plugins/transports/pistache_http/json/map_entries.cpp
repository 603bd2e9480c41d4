#include "json/map_entries.h"

#include <algorithm>

#include "json/numbers.h"

namespace tomada::json {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

decltype(MapEntry::key) KeyOf(const Message& entry) {
  const FieldDescriptor* key = entry.GetDescriptor()->map_key();
  const auto* reflection = entry.GetReflection();
  switch (key->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: return reflection->GetBool(entry, key);
    case FieldDescriptor::CPPTYPE_INT32: return int64_t{reflection->GetInt32(entry, key)};
    case FieldDescriptor::CPPTYPE_INT64: return int64_t{reflection->GetInt64(entry, key)};
    case FieldDescriptor::CPPTYPE_UINT32: return uint64_t{reflection->GetUInt32(entry, key)};
    case FieldDescriptor::CPPTYPE_UINT64: return uint64_t{reflection->GetUInt64(entry, key)};
    default: break;
  }
  // No scratch space: the fields of messages are not copied.
  return std::string_view(reflection->GetStringReference(entry, key, nullptr));
}

}  // namespace

std::string_view MapEntry::KeyText(std::string* scratch) const {
  if (const auto* text = std::get_if<std::string_view>(&key)) return *text;
  if (const auto* value = std::get_if<bool>(&key)) return *value ? "true" : "false";
  scratch->clear();
  if (const auto* value = std::get_if<int64_t>(&key)) AppendNumber(*value, scratch);
  if (const auto* value = std::get_if<uint64_t>(&key)) AppendNumber(*value, scratch);
  return *scratch;
}

std::vector<MapEntry> SortedEntries(const Message& message, const FieldDescriptor* field, int first) {
  const auto* reflection = message.GetReflection();
  int size = reflection->FieldSize(message, field);
  std::vector<MapEntry> entries;
  entries.reserve(size - first);
  for (int i = first; i < size; ++i) {
    const Message& entry = reflection->GetRepeatedMessage(message, field, i);
    entries.push_back(MapEntry{KeyOf(entry), &entry});
  }
  auto by_key = [](const MapEntry& a, const MapEntry& b) { return a.key < b.key; };
  std::sort(entries.begin(), entries.end(), by_key);
  return entries;
}

const MapEntry* FindDuplicate(const std::vector<MapEntry>& entries) {
  auto same = [](const MapEntry& a, const MapEntry& b) { return a.key == b.key; };
  auto found = std::adjacent_find(entries.begin(), entries.end(), same);
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace tomada::json
