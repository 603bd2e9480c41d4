// Maps by reflection: protobuf shows them as repeated entry messages, in no order.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tomada::json {

// A view of an entry, valid while the message is unchanged.
struct MapEntry {
  std::variant<bool, int64_t, uint64_t, std::string_view> key;
  const google::protobuf::Message* message;

  // The key as text, which is in the entry or in `scratch`.
  std::string_view KeyText(std::string* scratch) const;
};

// The entries of the map `field` from the index `first` on, sorted by key.
std::vector<MapEntry> SortedEntries(const google::protobuf::Message& message,
                                    const google::protobuf::FieldDescriptor* field, int first = 0);

// An entry with the same key as another; null when there is none. `entries` are sorted by key.
const MapEntry* FindDuplicate(const std::vector<MapEntry>& entries);

}  // namespace tomada::json
