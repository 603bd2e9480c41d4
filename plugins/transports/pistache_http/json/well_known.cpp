#include "json/well_known.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "json/field_mask.h"
#include "json/time.h"

namespace tomada::json {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

enum class Label { kOne, kRepeated, kMap };

struct Part {
  int number;
  FieldDescriptor::CppType type;
  Label label = Label::kOne;
};

bool Has(const Descriptor& type, const Part& part) {
  const FieldDescriptor* field = type.FindFieldByNumber(part.number);
  if (field == nullptr || field->cpp_type() != part.type) return false;
  return (part.label != Label::kOne) == field->is_repeated() && (part.label == Label::kMap) == field->is_map();
}

bool IsString(const Descriptor& type, int number) {
  return type.FindFieldByNumber(number)->type() == FieldDescriptor::TYPE_STRING;
}

bool IsOf(const Descriptor& type, int number, Descriptor::WellKnownType wanted) {
  return type.FindFieldByNumber(number)->message_type()->well_known_type() == wanted;
}

Form If(bool has_shape, Form form) { return has_shape ? form : Form::kObject; }

bool HasAll(const Descriptor& type, std::initializer_list<Part> parts) {
  return std::all_of(parts.begin(), parts.end(), [&type](const Part& part) { return Has(type, part); });
}

bool IsWrapper(const Descriptor& type, FieldDescriptor::CppType value) { return Has(type, {1, value}); }

bool IsSecondsAndNanos(const Descriptor& type) {
  return HasAll(type, {{1, FieldDescriptor::CPPTYPE_INT64}, {2, FieldDescriptor::CPPTYPE_INT32}});
}

bool IsValue(const Descriptor& type) {
  return HasAll(type, {{1, FieldDescriptor::CPPTYPE_ENUM},
                       {2, FieldDescriptor::CPPTYPE_DOUBLE},
                       {3, FieldDescriptor::CPPTYPE_STRING},
                       {4, FieldDescriptor::CPPTYPE_BOOL},
                       {5, FieldDescriptor::CPPTYPE_MESSAGE},
                       {6, FieldDescriptor::CPPTYPE_MESSAGE}}) &&
         IsString(type, 3) && IsOf(type, 5, Descriptor::WELLKNOWNTYPE_STRUCT) &&
         IsOf(type, 6, Descriptor::WELLKNOWNTYPE_LISTVALUE);
}

bool IsAny(const Descriptor& type) {
  return HasAll(type, {{1, FieldDescriptor::CPPTYPE_STRING}, {2, FieldDescriptor::CPPTYPE_STRING}}) &&
         IsString(type, 1) && !IsString(type, 2);
}

bool IsFieldMask(const Descriptor& type) {
  return Has(type, {1, FieldDescriptor::CPPTYPE_STRING, Label::kRepeated}) && IsString(type, 1);
}

}  // namespace

Form FormOf(const Descriptor& type) {
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
      return If(IsWrapper(type, FieldDescriptor::CPPTYPE_DOUBLE), Form::kWrapper);
    case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
      return If(IsWrapper(type, FieldDescriptor::CPPTYPE_FLOAT), Form::kWrapper);
    case Descriptor::WELLKNOWNTYPE_INT64VALUE:
      return If(IsWrapper(type, FieldDescriptor::CPPTYPE_INT64), Form::kWrapper);
    case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
      return If(IsWrapper(type, FieldDescriptor::CPPTYPE_UINT64), Form::kWrapper);
    case Descriptor::WELLKNOWNTYPE_INT32VALUE:
      return If(IsWrapper(type, FieldDescriptor::CPPTYPE_INT32), Form::kWrapper);
    case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
      return If(IsWrapper(type, FieldDescriptor::CPPTYPE_UINT32), Form::kWrapper);
    case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
    case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
      return If(IsWrapper(type, FieldDescriptor::CPPTYPE_STRING), Form::kWrapper);
    case Descriptor::WELLKNOWNTYPE_BOOLVALUE: return If(IsWrapper(type, FieldDescriptor::CPPTYPE_BOOL), Form::kWrapper);
    case Descriptor::WELLKNOWNTYPE_ANY: return If(IsAny(type), Form::kAny);
    case Descriptor::WELLKNOWNTYPE_FIELDMASK: return If(IsFieldMask(type), Form::kFieldMask);
    case Descriptor::WELLKNOWNTYPE_DURATION: return If(IsSecondsAndNanos(type), Form::kDuration);
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP: return If(IsSecondsAndNanos(type), Form::kTimestamp);
    case Descriptor::WELLKNOWNTYPE_VALUE: return If(IsValue(type), Form::kValue);
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return If(Has(type, {1, FieldDescriptor::CPPTYPE_MESSAGE, Label::kRepeated}), Form::kListValue);
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return If(Has(type, {1, FieldDescriptor::CPPTYPE_MESSAGE, Label::kMap}), Form::kStruct);
    default: return Form::kObject;
  }
}

bool IsEmpty(const Descriptor& type) { return type.full_name() == "google.protobuf.Empty" && type.field_count() == 0; }

bool HoldsObject(const FieldDescriptor& field) {
  return !field.is_repeated() && field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         FormOf(*field.message_type()) == Form::kObject;
}

bool SetWellKnownText(Form form, std::string_view text, Message* message) {
  if (form == Form::kFieldMask) return SetFieldMask(text, MaskNames::kJson, message);
  int64_t seconds;
  int32_t nanos;
  bool parsed =
      form == Form::kTimestamp ? ParseTimestamp(text, &seconds, &nanos) : ParseDuration(text, &seconds, &nanos);
  if (!parsed) return false;
  const Descriptor& type = *message->GetDescriptor();
  message->GetReflection()->SetInt64(message, type.FindFieldByNumber(1), seconds);
  message->GetReflection()->SetInt32(message, type.FindFieldByNumber(2), nanos);
  return true;
}

bool AppendWellKnownText(Form form, const Message& message, std::string* out) {
  if (form == Form::kFieldMask) return AppendFieldMask(message, out);
  const Descriptor& type = *message.GetDescriptor();
  int64_t seconds = message.GetReflection()->GetInt64(message, type.FindFieldByNumber(1));
  int32_t nanos = message.GetReflection()->GetInt32(message, type.FindFieldByNumber(2));
  return form == Form::kTimestamp ? AppendTimestamp(seconds, nanos, out) : AppendDuration(seconds, nanos, out);
}

std::string_view Expected(Form form) {
  switch (form) {
    case Form::kTimestamp: return "expected a time such as 2006-01-02T15:04:05Z (RFC 3339)";
    case Form::kDuration: return "expected seconds such as 1.5s, at most 315576000000s";
    case Form::kFieldMask: return "expected field paths in camelCase, separated by commas";
    case Form::kListValue: return "expected an array";
    default: return "expected an object";
  }
}

bool IsNullValue(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
         field.enum_type()->full_name() == "google.protobuf.NullValue";
}

}  // namespace tomada::json
