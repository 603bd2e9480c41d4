// Values that show what a call takes and answers.
#pragma once

#include <map>
#include <set>
#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include "openapi/comments.h"

namespace tomada::pistache_http {

// All of it is JSON that json::Parse takes, so that it works when it is sent. Values are those that comments give; the
// others are made up: one of each oneof, one element of what is repeated, no type within itself.
class Examples {
 public:
  using Fields = std::set<const google::protobuf::FieldDescriptor*>;

  Examples(const Comments& comments, bool proto_names) : comments_(comments), proto_names_(proto_names) {}

  // A message, or where `field` is not null that field of it. Without what is output only and without `elsewhere`: the
  // fields that are said in another place. Where comments give values, only fields that have one.
  std::string Request(const google::protobuf::Descriptor& type, const google::protobuf::FieldDescriptor* field,
                      Fields elsewhere);
  // Without what is input only.
  std::string Response(const google::protobuf::Descriptor& type, const google::protobuf::FieldDescriptor* field);

  // Of one field, and the same if its comment gives it; else empty.
  std::string Of(const google::protobuf::FieldDescriptor& field);
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
  std::map<const google::protobuf::Descriptor*, bool> given_;
  google::protobuf::DynamicMessageFactory factory_;
};

}  // namespace tomada::pistache_http
