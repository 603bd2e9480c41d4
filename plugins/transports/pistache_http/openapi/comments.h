// Comments of .proto files, for people who read the documentation.
#pragma once

#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor_database.h>

#include "json/print.h"
#include "tomada/service.h"

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

// The fields whose google.api.field_behavior changes how JSON is read and printed.
struct FieldBehaviors {
  json::Fields output_only, input_only;
};

// The comment of a declaration is taken from its descriptor or, when that has none, from the declaration of the same
// name in a descriptor set made with --include_source_info. Descriptors of generated code have no comments.
class Comments {
 public:
  // Reads the descriptor sets (*.binpb) in `folder`; empty for none. Other files are skipped.
  explicit Comments(const std::string& folder);

  // The comment before or after a declaration; empty for none.
  std::string Of(const google::protobuf::ServiceDescriptor& service) const;
  std::string Of(const google::protobuf::MethodDescriptor& method) const;
  std::string Of(const google::protobuf::Descriptor& message) const;
  FieldComment Of(const google::protobuf::FieldDescriptor& field) const;

  // Of all fields that requests and responses of the services can have, except inside an Any.
  FieldBehaviors BehaviorsOf(const std::vector<const Service*>& services) const;

 private:
  google::protobuf::SimpleDescriptorDatabase files_;
  google::protobuf::DescriptorPool pool_{&files_};
};

}  // namespace tomada::pistache_http
