#include "random_message.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>
#include <protojson_test.pb.h>

#include <bit>
#include <cmath>
#include <string>

namespace tomada::json {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

int Below(std::mt19937& random, int limit) { return static_cast<int>(random() % limit); }

// Edges of the range as often as anything in between.
template <typename Int>
Int Integer(std::mt19937& random) {
  switch (Below(random, 4)) {
    case 0: return std::numeric_limits<Int>::max();
    case 1: return std::numeric_limits<Int>::min();
    case 2: return static_cast<Int>(Below(random, 10));
    default: return static_cast<Int>(uint64_t{random()} << 32 | random());
  }
}

double Double(std::mt19937& random) {
  auto value = std::bit_cast<double>(uint64_t{random()} << 32 | random());
  return std::isfinite(value) ? value : Below(random, 1000) / 8.0;
}

float Float(std::mt19937& random) {
  auto value = std::bit_cast<float>(static_cast<uint32_t>(random()));
  return std::isfinite(value) ? value : 0.1f;
}

std::string Text(std::mt19937& random) {
  static const char* const kPieces[] = {"a",    "Z",    "0", " ", "\"", "\\", "/", "\n",
                                        "\x01", "\x7f", "é", "€", "😀",  "{",  "]", ","};
  std::string text;
  for (int i = Below(random, 12); i > 0; --i) text += kPieces[Below(random, std::size(kPieces))];
  return text;
}

std::string Bytes(std::mt19937& random) {
  std::string bytes(Below(random, 9), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

void FillTimestamp(std::mt19937& random, Message* message) {
  auto* timestamp = static_cast<google::protobuf::Timestamp*>(message);
  timestamp->set_seconds(static_cast<int64_t>((uint64_t{random()} << 32 | random()) % 315'537'897'600) -
                         62'135'596'800);
  int32_t units[] = {0, 1'000'000, 1'000, 1};
  timestamp->set_nanos(Below(random, 1000) * units[Below(random, 4)]);
}

void FillDuration(std::mt19937& random, Message* message) {
  auto* duration = static_cast<google::protobuf::Duration*>(message);
  int sign = Below(random, 2) == 0 ? 1 : -1;
  duration->set_seconds(sign * static_cast<int64_t>((uint64_t{random()} << 32 | random()) % 315'576'000'000));
  duration->set_nanos(sign * Below(random, 1'000'000'000));
}

void FillFieldMask(std::mt19937& random, Message* message) {
  static const char* const kPaths[] = {"a", "foo_bar", "a.b_c.d", "x1"};
  for (int i = Below(random, 3); i > 0; --i) {
    static_cast<google::protobuf::FieldMask*>(message)->add_paths(kPaths[Below(random, std::size(kPaths))]);
  }
}

void FillValue(std::mt19937& random, int depth, google::protobuf::Value* value) {
  switch (Below(random, depth > 0 ? 6 : 4)) {
    case 0: value->set_null_value(google::protobuf::NULL_VALUE); break;
    case 1: value->set_number_value(Double(random)); break;
    case 2: value->set_string_value(Text(random)); break;
    case 3: value->set_bool_value(Below(random, 2) == 0); break;
    case 4: FillRandomly(random, depth - 1, value->mutable_struct_value()); break;
    default: FillRandomly(random, depth - 1, value->mutable_list_value()); break;
  }
}

void FillAny(std::mt19937& random, int depth, Message* message) {
  protojson_test::Nested nested;
  google::protobuf::Duration duration;
  FillRandomly(random, depth - 1, &nested);
  FillRandomly(random, depth - 1, &duration);
  auto* any = static_cast<google::protobuf::Any*>(message);
  any->PackFrom(Below(random, 2) == 0 ? static_cast<const Message&>(nested) : duration);
}

bool FillWellKnown(std::mt19937& random, int depth, Message* message) {
  switch (message->GetDescriptor()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP: FillTimestamp(random, message); return true;
    case Descriptor::WELLKNOWNTYPE_DURATION: FillDuration(random, message); return true;
    case Descriptor::WELLKNOWNTYPE_FIELDMASK: FillFieldMask(random, message); return true;
    case Descriptor::WELLKNOWNTYPE_ANY: FillAny(random, depth, message); return true;
    case Descriptor::WELLKNOWNTYPE_VALUE:
      FillValue(random, depth, static_cast<google::protobuf::Value*>(message));
      return true;
    default: return false;
  }
}

int EnumNumber(std::mt19937& random, const FieldDescriptor* field) {
  const auto* type = field->enum_type();
  // Also numbers without a name, but not for null.
  if (type->value_count() > 1 && Below(random, 5) == 0) return 42;
  return type->value(Below(random, type->value_count()))->number();
}

void AddElement(std::mt19937& random, int depth, Message* message, const FieldDescriptor* field) {
  const Reflection* reflection = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return reflection->AddInt32(message, field, Integer<int32_t>(random));
    case FieldDescriptor::CPPTYPE_INT64: return reflection->AddInt64(message, field, Integer<int64_t>(random));
    case FieldDescriptor::CPPTYPE_UINT32: return reflection->AddUInt32(message, field, Integer<uint32_t>(random));
    case FieldDescriptor::CPPTYPE_UINT64: return reflection->AddUInt64(message, field, Integer<uint64_t>(random));
    case FieldDescriptor::CPPTYPE_FLOAT: return reflection->AddFloat(message, field, Float(random));
    case FieldDescriptor::CPPTYPE_DOUBLE: return reflection->AddDouble(message, field, Double(random));
    case FieldDescriptor::CPPTYPE_BOOL: return reflection->AddBool(message, field, Below(random, 2) == 0);
    case FieldDescriptor::CPPTYPE_ENUM: return reflection->AddEnumValue(message, field, EnumNumber(random, field));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->AddString(message, field,
                                   field->type() == FieldDescriptor::TYPE_BYTES ? Bytes(random) : Text(random));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FillRandomly(random, depth - 1, reflection->AddMessage(message, field));
  }
}

void SetField(std::mt19937& random, int depth, Message* message, const FieldDescriptor* field) {
  const Reflection* reflection = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return reflection->SetInt32(message, field, Integer<int32_t>(random));
    case FieldDescriptor::CPPTYPE_INT64: return reflection->SetInt64(message, field, Integer<int64_t>(random));
    case FieldDescriptor::CPPTYPE_UINT32: return reflection->SetUInt32(message, field, Integer<uint32_t>(random));
    case FieldDescriptor::CPPTYPE_UINT64: return reflection->SetUInt64(message, field, Integer<uint64_t>(random));
    case FieldDescriptor::CPPTYPE_FLOAT: return reflection->SetFloat(message, field, Float(random));
    case FieldDescriptor::CPPTYPE_DOUBLE: return reflection->SetDouble(message, field, Double(random));
    case FieldDescriptor::CPPTYPE_BOOL: return reflection->SetBool(message, field, Below(random, 2) == 0);
    case FieldDescriptor::CPPTYPE_ENUM: return reflection->SetEnumValue(message, field, EnumNumber(random, field));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->SetString(message, field,
                                   field->type() == FieldDescriptor::TYPE_BYTES ? Bytes(random) : Text(random));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FillRandomly(random, depth - 1, reflection->MutableMessage(message, field));
  }
}

// Keys are all different: entries are added to a map without looking.
void FillMap(std::mt19937& random, int depth, Message* message, const FieldDescriptor* field) {
  const FieldDescriptor* key = field->message_type()->map_key();
  for (int i = Below(random, 3); i > 0; --i) {
    Message* entry = message->GetReflection()->AddMessage(message, field);
    const Reflection* reflection = entry->GetReflection();
    SetField(random, depth, entry, field->message_type()->map_value());
    switch (key->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32: reflection->SetInt32(entry, key, -i); break;
      case FieldDescriptor::CPPTYPE_INT64: reflection->SetInt64(entry, key, i * -3'000'000'000); break;
      case FieldDescriptor::CPPTYPE_UINT32: reflection->SetUInt32(entry, key, i); break;
      case FieldDescriptor::CPPTYPE_UINT64: reflection->SetUInt64(entry, key, i * 5'000'000'000); break;
      case FieldDescriptor::CPPTYPE_BOOL: reflection->SetBool(entry, key, i == 1); break;
      default: reflection->SetString(entry, key, Text(random) + std::to_string(i)); break;
    }
  }
}

}  // namespace

void FillRandomly(std::mt19937& random, int depth, Message* message) {
  if (FillWellKnown(random, depth, message)) return;
  const Descriptor& type = *message->GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && depth <= 0) continue;
    if (type.field_count() > 3 && Below(random, 4) != 0) continue;
    if (field->is_map()) {
      FillMap(random, depth, message, field);
    } else if (field->is_repeated()) {
      for (int count = Below(random, 4); count > 0; --count) AddElement(random, depth, message, field);
    } else {
      SetField(random, depth, message, field);
    }
  }
}

}  // namespace tomada::json
