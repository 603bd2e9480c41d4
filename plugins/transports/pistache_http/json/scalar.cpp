#include "json/scalar.h"

#include <fmt/format.h>

#include <limits>

#include "json/numbers.h"
#include "json/utf8.h"
#include "rpc/base64.h"

namespace tomada::json {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

template <typename Int>
bool SetInteger(const Slot& slot, std::string_view text) {
  Int value;
  if (!ParseInteger(text, &value)) return false;
  slot.Set(value);
  return true;
}

template <typename Float>
bool SetFloat(const Slot& slot, std::string_view text) {
  using Limits = std::numeric_limits<Float>;
  Float value;
  if (text == "NaN") {
    value = Limits::quiet_NaN();
  } else if (text == "Infinity") {
    value = Limits::infinity();
  } else if (text == "-Infinity") {
    value = -Limits::infinity();
  } else if (!ParseFloat(text, &value)) {
    return false;
  }
  slot.Set(value);
  return true;
}

bool SetBool(const Slot& slot, std::string_view text) {
  if (text != "true" && text != "false") return false;
  slot.Set(text == "true");
  return true;
}

bool SetString(const Slot& slot, std::string_view text) {
  if (!IsUtf8(text)) return false;
  slot.Set(std::string(text));
  return true;
}

// A closed enum (proto2) holds no other numbers than those it names.
bool IsClosed(const EnumDescriptor& type) {
  return type.file()->syntax() == google::protobuf::FileDescriptor::SYNTAX_PROTO2;
}

template <typename Int>
std::string ExpectedInteger() {
  using Limits = std::numeric_limits<Int>;
  return fmt::format("expected an integer from {} to {}", Limits::min(), Limits::max());
}

}  // namespace

bool SetScalar(const Slot& slot, std::string_view text) {
  switch (slot.field().cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return SetInteger<int32_t>(slot, text);
    case FieldDescriptor::CPPTYPE_INT64: return SetInteger<int64_t>(slot, text);
    case FieldDescriptor::CPPTYPE_UINT32: return SetInteger<uint32_t>(slot, text);
    case FieldDescriptor::CPPTYPE_UINT64: return SetInteger<uint64_t>(slot, text);
    case FieldDescriptor::CPPTYPE_FLOAT: return SetFloat<float>(slot, text);
    case FieldDescriptor::CPPTYPE_DOUBLE: return SetFloat<double>(slot, text);
    case FieldDescriptor::CPPTYPE_BOOL: return SetBool(slot, text);
    case FieldDescriptor::CPPTYPE_ENUM: return SetEnumName(slot, text) || SetEnumNumber(slot, text);
    case FieldDescriptor::CPPTYPE_STRING:
      return slot.field().type() == FieldDescriptor::TYPE_BYTES ? SetBytes(slot, text) : SetString(slot, text);
    case FieldDescriptor::CPPTYPE_MESSAGE: return false;
  }
  return false;
}

bool SetEnumName(const Slot& slot, std::string_view name) {
  // A name longer than any identifier is not worth a copy.
  if (name.size() > 1024) return false;
  const EnumValueDescriptor* value = slot.field().enum_type()->FindValueByName(std::string(name));
  if (value == nullptr) return false;
  slot.SetEnum(value->number());
  return true;
}

bool SetEnumNumber(const Slot& slot, std::string_view text) {
  int32_t number;
  if (!ParseInteger(text, &number)) return false;
  const EnumDescriptor* type = slot.field().enum_type();
  if (IsClosed(*type) && type->FindValueByNumber(number) == nullptr) return false;
  slot.SetEnum(number);
  return true;
}

bool SetBytes(const Slot& slot, std::string_view base64) {
  std::string bytes;
  if (!rpc::ParseBase64(base64, &bytes)) return false;
  slot.Set(std::move(bytes));
  return true;
}

std::string Expected(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return ExpectedInteger<int32_t>();
    case FieldDescriptor::CPPTYPE_INT64: return ExpectedInteger<int64_t>();
    case FieldDescriptor::CPPTYPE_UINT32: return ExpectedInteger<uint32_t>();
    case FieldDescriptor::CPPTYPE_UINT64: return ExpectedInteger<uint64_t>();
    case FieldDescriptor::CPPTYPE_FLOAT: return "expected a 32-bit floating point number";
    case FieldDescriptor::CPPTYPE_DOUBLE: return "expected a 64-bit floating point number";
    case FieldDescriptor::CPPTYPE_BOOL: return "expected true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return fmt::format("expected a name or number of enum {}", field.enum_type()->full_name());
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? "expected a string in base64"
                                                         : "expected a string of valid UTF-8";
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
  }
  return fmt::format("expected {}", field.message_type()->full_name());
}

}  // namespace tomada::json
