// The types of google.protobuf that have a JSON form of their own.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace tomada::json {

enum class Form {
  kObject,  // no form of its own: an object with the fields as members
  kWrapper,
  kAny,
  kFieldMask,
  kDuration,
  kTimestamp,
  kValue,
  kListValue,
  kStruct,
};

// A type has a form when its full name is known and each field that the form uses has the expected number, kind and
// type: descriptors may come from another server, where this name may be another type.
Form FormOf(const google::protobuf::Descriptor& type);

// google.protobuf.Empty: an object like others, but some write it into an Any as a `value`, like types with a form.
bool IsEmpty(const google::protobuf::Descriptor& type);

// Whether the field is one message without a form of its own.
bool HoldsObject(const google::protobuf::FieldDescriptor& field);

// The forms that are one string.
inline bool IsText(Form form) {
  return form == Form::kFieldMask || form == Form::kDuration || form == Form::kTimestamp;
}
// Sets a Timestamp, Duration or FieldMask; false when `text` is not valid.
bool SetWellKnownText(Form form, std::string_view text, google::protobuf::Message* message);
// Appends the text of one, without quotes; false, with nothing appended, when its value has no JSON form.
bool AppendWellKnownText(Form form, const google::protobuf::Message& message, std::string* out);

// What the form looks like, for error messages: "expected a time such as 2006-01-02T15:04:05Z".
std::string_view Expected(Form form);

// Whether the field is of the enum google.protobuf.NullValue, which is null in JSON.
bool IsNullValue(const google::protobuf::FieldDescriptor& field);

}  // namespace tomada::json
