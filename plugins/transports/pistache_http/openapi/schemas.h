// JSON Schemas of messages, as ProtoJSON writes them.
#pragma once

#include <deque>
#include <set>
#include <string>

#include <google/protobuf/descriptor.h>

#include "json/field_name.h"
#include "openapi/comments.h"
#include "openapi/examples.h"
#include "openapi/json_writer.h"

namespace tomada::pistache_http {

class Schemas {
 public:
  // `proto_names`: as json::PrintOptions.
  Schemas(JsonWriter& writer, const Comments& comments, Examples& examples, bool proto_names)
      : writer_(writer), comments_(comments), examples_(examples), proto_names_(proto_names) {}

  // One schema: of a field of any kind, of one of its elements, of a message.
  void WriteField(const google::protobuf::FieldDescriptor& field);
  void WriteSingle(const google::protobuf::FieldDescriptor& field);
  void WriteMessage(const google::protobuf::Descriptor& type);
  // A field of any kind in a path or query.
  void WriteParameter(const google::protobuf::FieldDescriptor& field);
  // The members of components/schemas: every message that schemas refer to, also those of other messages.
  void WriteReferred();

  const std::string& NameOf(const google::protobuf::FieldDescriptor& field) const {
    return json::NameOf(field, proto_names_);
  }

 private:
  void WriteScalar(const google::protobuf::FieldDescriptor& field);
  void WriteEnum(const google::protobuf::EnumDescriptor& type);
  void WriteObject(const google::protobuf::Descriptor& type);
  void WriteProperty(const google::protobuf::FieldDescriptor& field);
  void Type(std::string_view type, std::string_view format = "");
  void Pattern(std::string_view pattern);

  JsonWriter& writer_;
  const Comments& comments_;
  Examples& examples_;
  const bool proto_names_;
  std::set<std::string> referred_;
  std::deque<const google::protobuf::Descriptor*> pending_;
};

}  // namespace tomada::pistache_http
