// Fields of a message by their dotted path: "usuario.id".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "json/print.h"

namespace tomada::pistache_http {

class FieldPath {
 public:
  enum class Names {
    kProto,   // those of the .proto file, as its own options use them
    kClient,  // as json::FindField finds them
  };

  // A field of the message itself.
  static FieldPath Of(const google::protobuf::FieldDescriptor& field) {
    FieldPath path;
    path.fields_.push_back(&field);
    return path;
  }

  // Empty when a name is unknown, a name before the last is not that of a singular message, or the path is deeper than
  // messages may be nested. For a client, a message with a JSON form of its own has no fields.
  static FieldPath Find(const google::protobuf::Descriptor& message, std::string_view path, Names names);

  bool empty() const { return fields_.empty(); }
  const google::protobuf::FieldDescriptor& front() const { return *fields_.front(); }
  const google::protobuf::FieldDescriptor& leaf() const { return *fields_.back(); }
  // By the names of the .proto file. "usuario.id", and without the leaf: "usuario".
  std::string ToString() const { return Join(fields_.size()); }
  std::string ParentToString() const { return Join(fields_.size() - 1); }
  bool operator==(const FieldPath&) const = default;

  // The message that holds the leaf; where one on the path is unset, its default.
  const google::protobuf::Message& ParentIn(const google::protobuf::Message& message) const;
  // The same; creates the messages on the path.
  google::protobuf::Message* MutableParent(google::protobuf::Message* message) const;
  // Whether no message can have both, because the paths go through two members of one oneof.
  bool Excludes(const FieldPath& other) const;
  // Clears the first field on the path that is in `fields`; false when none is.
  bool ClearFirstOf(const json::Fields& fields, google::protobuf::Message* message) const;
  // Whether setting the leaf would clear another member of a oneof.
  bool ReplacesInOneof(const google::protobuf::Message& message) const;

 private:
  std::string Join(size_t count) const;

  std::vector<const google::protobuf::FieldDescriptor*> fields_;
};

}  // namespace tomada::pistache_http
