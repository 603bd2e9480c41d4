// Fields of a message by their dotted path: "usuario.id".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace tomada::pistache_http {

class FieldPath {
 public:
  enum class Names { kProto, kProtoOrJson };

  // Empty when there is no such path: an unknown name, a step through something other than a singular message, or more
  // steps than messages may be nested. By JSON names no step leads into a message with a JSON form of its own.
  static FieldPath Find(const google::protobuf::Descriptor& message, std::string_view path, Names names);

  bool empty() const { return fields_.empty(); }
  const google::protobuf::FieldDescriptor& front() const { return *fields_.front(); }
  const google::protobuf::FieldDescriptor& leaf() const { return *fields_.back(); }
  // By proto names: "usuario.id", and that of the message which holds the leaf: "usuario".
  std::string ToString() const { return Join(fields_.size()); }
  std::string ParentToString() const { return Join(fields_.size() - 1); }
  bool operator==(const FieldPath&) const = default;

  // The message that holds the leaf; makes those on the way.
  google::protobuf::Message* MutableParent(google::protobuf::Message* message) const;
  // A field on the path would replace another of its oneof.
  bool ReplacesInOneof(const google::protobuf::Message& message) const;

 private:
  std::string Join(size_t count) const;

  std::vector<const google::protobuf::FieldDescriptor*> fields_;
};

}  // namespace tomada::pistache_http
