#include "json/printer.h"

#include <cmath>
#include <memory>
#include <vector>

#include "json/any.h"
#include "json/base64.h"
#include "json/map_entries.h"
#include "json/numbers.h"
#include "json/quoted.h"
#include "json/well_known.h"

namespace tomada::json {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Any inside Any: each level copies what is in it, so a message of many small levels must not be opened to its end.
constexpr int kMaxAnyDepth = 16;

}  // namespace

void Printer::PrintMessage(const Message& message, const Descriptor& type) {
  Form form = FormOf(type);
  switch (form) {
    case Form::kObject:
      out_ += '{';
      PrintMembers(message, type, false);
      out_ += '}';
      return;
    case Form::kWrapper: return PrintValue(FieldOf(message, type.FindFieldByNumber(1)));
    case Form::kAny: return PrintAny(message);
    case Form::kValue: return PrintValueForm(message, type);
    case Form::kListValue: return PrintRepeated(FieldOf(message, type.FindFieldByNumber(1)));
    case Form::kStruct: return PrintMap(FieldOf(message, type.FindFieldByNumber(1)));
    default: break;
  }
  size_t begin = out_.size();
  out_ += '"';
  if (AppendWellKnownText(form, message, &out_)) {
    out_ += '"';
  } else {
    out_.replace(begin, 1, "null");
  }
}

void Printer::PrintMembers(const Message& message, const Descriptor& type, bool comma) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    FieldOf source(message, reflection, field);
    if (!IsPrinted(source)) continue;
    if (comma) out_ += ',';
    comma = true;
    AppendQuoted(options_.proto_names ? field.name() : field.json_name(), &out_);
    out_ += ':';
    PrintField(source);
  }
  if (type.extension_range_count() > 0) PrintExtensions(message, comma);
}

void Printer::PrintExtensions(const Message& message, bool comma) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!field->is_extension()) continue;
    if (comma) out_ += ',';
    comma = true;
    AppendQuoted('[' + field->PrintableNameForExtension() + ']', &out_);
    out_ += ':';
    PrintField(FieldOf(message, field));
  }
}

bool Printer::IsPrinted(const FieldOf& source) const {
  if (source.field.is_repeated()) return options_.emit_defaults || source.Size() > 0;
  return (options_.emit_defaults && !source.field.has_presence()) || source.IsSet();
}

void Printer::PrintField(const FieldOf& source) {
  if (source.field.is_map()) return PrintMap(source);
  return source.field.is_repeated() ? PrintRepeated(source) : PrintValue(source);
}

void Printer::PrintRepeated(const FieldOf& source) {
  out_ += '[';
  for (int i = 0, size = source.Size(); i < size; ++i) {
    if (i > 0) out_ += ',';
    PrintElement(source, i);
  }
  out_ += ']';
}

void Printer::PrintMap(const FieldOf& source) {
  const FieldDescriptor* value = source.field.message_type()->map_value();
  std::string scratch;
  bool comma = false;
  out_ += '{';
  for (const MapEntry& entry : SortedEntries(source.message, &source.field)) {
    if (comma) out_ += ',';
    comma = true;
    AppendQuoted(entry.KeyText(&scratch), &out_);
    out_ += ':';
    PrintValue(FieldOf(*entry.message, value));
  }
  out_ += '}';
}

void Printer::PrintValue(const FieldOf& source) {
  const auto& [message, reflection, field] = source;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return AppendNumber(reflection.GetInt32(message, &field), &out_);
    case FieldDescriptor::CPPTYPE_INT64: return PrintQuotedInteger(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32: return AppendNumber(reflection.GetUInt32(message, &field), &out_);
    case FieldDescriptor::CPPTYPE_UINT64: return PrintQuotedInteger(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_FLOAT: return PrintFloat(reflection.GetFloat(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE: return PrintFloat(reflection.GetDouble(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL: out_ += reflection.GetBool(message, &field) ? "true" : "false"; return;
    case FieldDescriptor::CPPTYPE_ENUM: return PrintEnum(field, reflection.GetEnumValue(message, &field));
    // No scratch space: the fields of messages are not copied.
    case FieldDescriptor::CPPTYPE_STRING:
      return PrintString(field, reflection.GetStringReference(message, &field, nullptr));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return PrintMessage(reflection.GetMessage(message, &field), *field.message_type());
  }
}

void Printer::PrintElement(const FieldOf& source, int i) {
  const auto& [message, reflection, field] = source;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return AppendNumber(reflection.GetRepeatedInt32(message, &field, i), &out_);
    case FieldDescriptor::CPPTYPE_INT64: return PrintQuotedInteger(reflection.GetRepeatedInt64(message, &field, i));
    case FieldDescriptor::CPPTYPE_UINT32: return AppendNumber(reflection.GetRepeatedUInt32(message, &field, i), &out_);
    case FieldDescriptor::CPPTYPE_UINT64: return PrintQuotedInteger(reflection.GetRepeatedUInt64(message, &field, i));
    case FieldDescriptor::CPPTYPE_FLOAT: return PrintFloat(reflection.GetRepeatedFloat(message, &field, i));
    case FieldDescriptor::CPPTYPE_DOUBLE: return PrintFloat(reflection.GetRepeatedDouble(message, &field, i));
    case FieldDescriptor::CPPTYPE_BOOL:
      out_ += reflection.GetRepeatedBool(message, &field, i) ? "true" : "false";
      return;
    case FieldDescriptor::CPPTYPE_ENUM: return PrintEnum(field, reflection.GetRepeatedEnumValue(message, &field, i));
    case FieldDescriptor::CPPTYPE_STRING:
      return PrintString(field, reflection.GetRepeatedStringReference(message, &field, i, nullptr));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return PrintMessage(reflection.GetRepeatedMessage(message, &field, i), *field.message_type());
  }
}

void Printer::PrintEnum(const FieldDescriptor& field, int number) {
  if (IsNullValue(field)) {
    out_ += "null";
    return;
  }
  const EnumValueDescriptor* value = field.enum_type()->FindValueByNumber(number);
  if (value == nullptr) return AppendNumber(number, &out_);
  AppendQuoted(value->name(), &out_);
}

void Printer::PrintString(const FieldDescriptor& field, const std::string& value) {
  if (field.type() != FieldDescriptor::TYPE_BYTES) return AppendQuoted(value, &out_);
  out_ += '"';
  AppendBase64(value, &out_);
  out_ += '"';
}

template <typename Float>
void Printer::PrintFloat(Float value) {
  if (std::isnan(value)) {
    out_ += "\"NaN\"";
  } else if (std::isinf(value)) {
    out_ += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    AppendNumber(value, &out_);
  }
}

template <typename Int>
void Printer::PrintQuotedInteger(Int value) {
  out_ += '"';
  AppendNumber(value, &out_);
  out_ += '"';
}

// google.protobuf.Value: at most one of its fields is set, as they are one oneof.
void Printer::PrintValueForm(const Message& value, const Descriptor& type) {
  constexpr int kFirst = 1, kNumber = 2, kLast = 6;
  const Reflection& reflection = *value.GetReflection();
  for (int number = kFirst; number <= kLast; ++number) {
    FieldOf source(value, reflection, *type.FindFieldByNumber(number));
    if (!source.IsSet()) continue;
    // Not a number has no JSON form here: the string "NaN" would come back as a string.
    if (number == kNumber && !std::isfinite(reflection.GetDouble(value, &source.field))) break;
    return PrintValue(source);
  }
  out_ += "null";
}

void Printer::PrintAny(const Message& any) {
  const std::string& type_url = AnyTypeUrl(any);
  if (type_url.empty()) {
    out_ += "{}";
    return;
  }
  std::unique_ptr<Message> payload;
  if (any_depth_ < kMaxAnyDepth) payload = NewAnyPayload(type_url, any, options_.any_types);
  out_ += "{\"@type\":";
  AppendQuoted(type_url, &out_);
  if (payload != nullptr && payload->ParsePartialFromString(AnyValue(any))) {
    ++any_depth_;
    PrintAnyPayload(*payload, *payload->GetDescriptor());
    --any_depth_;
  } else {
    out_ += ",\"value\":\"";
    AppendBase64(AnyValue(any), &out_);
    out_ += '"';
  }
  out_ += '}';
}

void Printer::PrintAnyPayload(const Message& payload, const Descriptor& type) {
  if (FormOf(type) == Form::kObject) return PrintMembers(payload, type, true);
  out_ += ",\"value\":";
  PrintMessage(payload, type);
}

}  // namespace tomada::json
