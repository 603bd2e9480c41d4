// Values that show what a call takes and answers.
#pragma once

#include <map>
#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include "openapi/comments.h"

namespace tomada::pistache_http {

// JSON that json::Parse accepts, so that an example works when it is sent. Values come from comments or are made up:
// one member of each oneof, one element of each list. A message inside another of its type is left out.
class Examples {
 public:
  using Fields = json::Fields;

  // As json::PrintOptions; a request has no empty lists in any case.
  Examples(const Comments& comments, bool proto_names, bool emit_empty_lists)
      : comments_(comments), proto_names_(proto_names), emit_empty_lists_(emit_empty_lists) {}

  // A message or, when `field` is not null, that field of it. Without output-only fields, and without `elsewhere`:
  // fields that path or query give. When comments give values, only the fields with one.
  std::string Request(const google::protobuf::Descriptor& type, const google::protobuf::FieldDescriptor* field,
                      Fields elsewhere);
  // The same without input-only fields.
  std::string Response(const google::protobuf::Descriptor& type, const google::protobuf::FieldDescriptor* field);

  // The value of one field.
  std::string Of(const google::protobuf::FieldDescriptor& field);
  // The value that its comment gives; empty for none.
  std::string GivenFor(const google::protobuf::FieldDescriptor& field);

 private:
  struct Purpose;

  std::string Print(const google::protobuf::Descriptor& type, const google::protobuf::FieldDescriptor* field,
                    Purpose purpose);
  void Fill(google::protobuf::Message* message, Purpose& purpose);
  void FillFields(google::protobuf::Message* message, Purpose& purpose);
  void FillField(google::protobuf::Message* message, const google::protobuf::FieldDescriptor& field, Purpose& purpose);
  bool SetGiven(google::protobuf::Message* message, const google::protobuf::FieldDescriptor& field);
  bool IsShown(const google::protobuf::FieldDescriptor& field, const Purpose& purpose);
  // Whether a comment gives a value for something in it.
  bool IsGiven(const google::protobuf::FieldDescriptor& field);
  bool IsGiven(const google::protobuf::Descriptor& type);

  const Comments& comments_;
  const bool proto_names_;
  const bool emit_empty_lists_;
  std::map<const google::protobuf::Descriptor*, bool> given_;
  google::protobuf::DynamicMessageFactory factory_;
};

}  // namespace tomada::pistache_http
