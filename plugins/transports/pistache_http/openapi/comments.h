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

// The comment of a declaration is taken from its descriptor or, for generated code, from the library of that: see
// tomada/proto_comments.h.
class Comments {
 public:
  // The comment before or after a declaration; empty for none.
  std::string Of(const google::protobuf::ServiceDescriptor& service) const;
  std::string Of(const google::protobuf::MethodDescriptor& method) const;
  std::string Of(const google::protobuf::Descriptor& message) const;
  FieldComment Of(const google::protobuf::FieldDescriptor& field) const;

  // Of all fields that requests and responses of the services can have, except inside an Any.
  FieldBehaviors BehaviorsOf(const std::vector<const Service*>& services) const;

 private:
  // Of generated code, with its comments.
  class Files final : public google::protobuf::DescriptorDatabase {
   public:
    bool FindFileByName(const std::string& name, google::protobuf::FileDescriptorProto* file) override;
    bool FindFileContainingSymbol(const std::string& symbol, google::protobuf::FileDescriptorProto* file) override;
    bool FindFileContainingExtension(const std::string&, int, google::protobuf::FileDescriptorProto*) override {
      return false;
    }
  };

  Files files_;
  google::protobuf::DescriptorPool pool_{&files_};  // of the files that were asked for
};

}  // namespace tomada::pistache_http
