#include "json/printer.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <vector>

#include "json/any.h"
#include "json/field_name.h"
#include "json/limits.h"
#include "json/map_entries.h"
#include "json/numbers.h"
#include "json/quoted.h"
#include "json/well_known.h"
#include "rpc/base64.h"

namespace tomada::json {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

constexpr std::string_view kNoForm = "has no JSON form";

}  // namespace

void Printer::PrintMessage(const Message& message, const Descriptor& type, const Path& path) {
  Form form = FormOf(type);
  switch (form) {
    case Form::kObject:
      out_ += '{';
      PrintMembers(message, type, path, false);
      out_ += '}';
      return;
    case Form::kWrapper: return PrintScalar(FieldOf(message, type.FindFieldByNumber(1)));
    case Form::kAny: return PrintAny(message, path);
    case Form::kValue: return PrintValueForm(message, type, path);
    case Form::kListValue: return PrintRepeated(FieldOf(message, type.FindFieldByNumber(1)), path);
    case Form::kStruct: return PrintMap(FieldOf(message, type.FindFieldByNumber(1)), path);
    default: break;
  }
  out_ += '"';
  if (!AppendWellKnownText(form, message, &out_)) Fail(path, kNoForm);
  out_ += '"';
}

void Printer::PrintMembers(const Message& message, const Descriptor& type, const Path& path, bool comma) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    FieldOf source(message, reflection, field);
    if (!IsPrinted(source)) continue;
    if (comma) out_ += ',';
    comma = true;
    AppendQuoted(NameOf(field, options_.proto_names), &out_);
    out_ += ':';
    PrintField(source, path);
  }
  if (type.extension_range_count() > 0) PrintExtensions(message, path, comma);
}

void Printer::PrintExtensions(const Message& message, const Path& path, bool comma) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!field->is_extension()) continue;
    if (comma) out_ += ',';
    comma = true;
    AppendQuoted('[' + field->PrintableNameForExtension() + ']', &out_);
    out_ += ':';
    PrintField(FieldOf(message, field), path);
  }
}

bool Printer::IsPrinted(const FieldOf& source) const {
  const bool by_default = options_.emit_defaults || (options_.emit_empty_lists && source.field.is_repeated());
  const bool holds = source.field.is_repeated() ? source.Size() > 0 : source.IsSet();
  if (!holds && (!by_default || source.field.has_presence())) return false;
  return options_.hidden == nullptr || !options_.hidden->contains(&source.field);
}

void Printer::PrintField(const FieldOf& source, const Path& path) {
  const auto& [message, reflection, field] = source;
  if (field.is_map()) return PrintMap(source, path.Field(field));
  if (field.is_repeated()) return PrintRepeated(source, path.Field(field));
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return PrintScalar(source);
  PrintNested(reflection.GetMessage(message, &field), *field.message_type(), path.Field(field));
}

void Printer::PrintNested(const Message& message, const Descriptor& type, const Path& path) {
  if (!Enter(path)) return;
  PrintMessage(message, type, path);
  --depth_;
}

bool Printer::Enter(const Path& path) {
  if (depth_ == kMaxDepth) {
    Fail(path, fmt::format("is nested deeper than protobuf's {} levels", kMaxDepth));
    return false;
  }
  ++depth_;
  return true;
}

void Printer::PrintRepeated(const FieldOf& source, const Path& path) {
  if (source.field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) return PrintMessages(source, path);
  out_ += '[';
  for (int i = 0, size = source.Size(); i < size; ++i) {
    if (i > 0) out_ += ',';
    PrintElement(source, i);
  }
  out_ += ']';
}

void Printer::PrintMessages(const FieldOf& source, const Path& path) {
  const auto& [message, reflection, field] = source;
  out_ += '[';
  for (int i = 0, size = source.Size(); i < size; ++i) {
    if (i > 0) out_ += ',';
    PrintNested(reflection.GetRepeatedMessage(message, &field, i), *field.message_type(), path.Element(i));
  }
  out_ += ']';
}

void Printer::PrintMap(const FieldOf& source, const Path& path) {
  const FieldDescriptor* value = source.field.message_type()->map_value();
  bool of_messages = value->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  std::string scratch;
  bool comma = false;
  out_ += '{';
  for (const MapEntry& entry : SortedEntries(source.message, &source.field)) {
    if (comma) out_ += ',';
    comma = true;
    std::string_view key = entry.KeyText(&scratch);
    const Path entry_path = path.Key(key);
    if (!Enter(entry_path)) return;
    AppendQuoted(key, &out_);
    out_ += ':';
    FieldOf entry_value(*entry.message, value);
    if (of_messages) {
      PrintNested(entry_value.reflection.GetMessage(*entry.message, value), *value->message_type(), entry_path);
    } else {
      PrintScalar(entry_value);
    }
    --depth_;
  }
  out_ += '}';
}

void Printer::PrintScalar(const FieldOf& source) {
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
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
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
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
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
  rpc::AppendBase64(value, &out_);
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
void Printer::PrintValueForm(const Message& value, const Descriptor& type, const Path& path) {
  constexpr int kFirst = 1, kNumber = 2, kLast = 6;
  const Reflection& reflection = *value.GetReflection();
  for (int number = kFirst; number <= kLast; ++number) {
    FieldOf source(value, reflection, *type.FindFieldByNumber(number));
    if (!source.IsSet()) continue;
    // Not a number has no JSON form here: the string "NaN" would come back as a string.
    if (number == kNumber && !std::isfinite(reflection.GetDouble(value, &source.field))) break;
    if (source.field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return PrintScalar(source);
    return PrintNested(reflection.GetMessage(value, &source.field), *source.field.message_type(), path);
  }
  Fail(path, kNoForm);
}

void Printer::PrintAny(const Message& any, const Path& path) {
  const std::string& type_url = AnyTypeUrl(any);
  if (type_url.empty()) {
    out_ += "{}";
    return;
  }
  out_ += "{\"@type\":";
  AppendQuoted(type_url, &out_);
  if (!PrintKnownAny(any, type_url, path)) {
    out_ += ",\"value\":\"";
    rpc::AppendBase64(AnyValue(any), &out_);
    out_ += '"';
  }
  out_ += '}';
}

// False, with nothing appended, when it is to be kept in base64.
bool Printer::PrintKnownAny(const Message& any, const std::string& type_url, const Path& path) {
  if (any_depth_ == kMaxAnyDepth) return false;
  std::unique_ptr<Message> payload = NewAnyPayload(type_url, any, options_.any_types);
  if (payload == nullptr || !payload->ParsePartialFromString(AnyValue(any))) return false;
  bool failed_before = !status_.ok();
  size_t begin = out_.size();
  ++any_depth_;
  PrintAnyPayload(*payload, *payload->GetDescriptor(), path);
  --any_depth_;
  if (!options_.keep_unprintable_any || failed_before || status_.ok()) return true;
  status_ = absl::OkStatus();
  out_.resize(begin);
  return false;
}

void Printer::PrintAnyPayload(const Message& payload, const Descriptor& type, const Path& path) {
  if (FormOf(type) == Form::kObject) return PrintMembers(payload, type, path, true);
  out_ += ",\"value\":";
  PrintMessage(payload, type, path);
}

void Printer::Fail(const Path& path, std::string_view what) {
  if (!status_.ok()) return;
  std::string place = path.ToString();
  status_ = absl::InvalidArgumentError(fmt::format("{} {}", place.empty() ? "the value" : '`' + place + '`', what));
}

}  // namespace tomada::json
