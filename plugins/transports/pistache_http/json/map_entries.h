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

  // The key as plain text, in the entry or in `scratch`.
  std::string_view KeyText(std::string* scratch) const;
};

// The entries of `message`'s map `field` from the index `first` on, by key.
std::vector<MapEntry> SortedEntries(const google::protobuf::Message& message,
                                    const google::protobuf::FieldDescriptor* field, int first = 0);

// An entry whose key another has too, of entries in the order of their keys; null when there is none.
const MapEntry* FindDuplicate(const std::vector<MapEntry>& entries);

}  // namespace tomada::json
