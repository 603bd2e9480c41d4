// Comments of .proto files, for people who read the documentation.
#pragma once

#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor_database.h>

namespace tomada::pistache_http {

// What the comment of a field says. A line `Example: ...` gives a value, as JSON or as the bare text of a string.
// Comments that begin with "Output only" or "Input only" say so for programs too, as the option
// google.api.field_behavior does (https://google.aip.dev/203).
struct FieldComment {
  std::string text;     // without the example
  std::string example;  // empty for none
  bool output_only = false;
  bool input_only = false;
};

// Generated code carries no comments; a descriptor set made with --include_source_info does. So a declaration's comment
// is taken from its own descriptor or, where that has none, from the one of the same name in such a set.
class Comments {
 public:
  // Reads the descriptor sets (*.binpb) in `folder`; empty for none. What is no descriptor set is left out.
  explicit Comments(const std::string& folder);

  // The comment before or behind a declaration; empty where there is none.
  std::string Of(const google::protobuf::ServiceDescriptor& service) const;
  std::string Of(const google::protobuf::MethodDescriptor& method) const;
  std::string Of(const google::protobuf::Descriptor& message) const;
  FieldComment Of(const google::protobuf::FieldDescriptor& field) const;

 private:
  google::protobuf::SimpleDescriptorDatabase files_;
  google::protobuf::DescriptorPool pool_{&files_};
};

}  // namespace tomada::pistache_http
