#include "json/reader.h"

#include <absl/container/inlined_vector.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "json/field_name.h"
#include "json/map_entries.h"
#include "json/scalar.h"
#include "json/well_known.h"

namespace tomada::json {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

// The fields and oneofs of a message that the text has given so far.
class Given {
 public:
  explicit Given(const Descriptor& type)
      : field_count_(type.field_count()), bits_((type.field_count() + type.oneof_decl_count() + 63) / 64) {}

  // False when it was given before.
  bool Add(const FieldDescriptor* field) {
    return field->is_extension() ? extensions_.insert(field).second : AddBit(field->index());
  }
  bool Add(const OneofDescriptor* oneof) { return AddBit(field_count_ + oneof->index()); }

 private:
  bool AddBit(int index) {
    uint64_t bit = uint64_t{1} << (index % 64);
    bool added = (bits_[index / 64] & bit) == 0;
    bits_[index / 64] |= bit;
    return added;
  }

  int field_count_;
  absl::InlinedVector<uint64_t, 4> bits_;
  std::set<const FieldDescriptor*> extensions_;
};

// "[package.name]"; null when it is none.
const FieldDescriptor* FindExtension(const Descriptor& type, const Reflection& reflection, std::string_view name) {
  if (type.extension_range_count() == 0 || name.size() < 2 || name.front() != '[' || name.back() != ']') return nullptr;
  return reflection.FindKnownExtensionByName(std::string(name.substr(1, name.size() - 2)));
}

// Where null is a value and does not mean "unset".
bool AcceptsNull(const FieldDescriptor& field) {
  if (field.is_repeated()) return false;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) return FormOf(*field.message_type()) == Form::kValue;
  return IsNullValue(field);
}

}  // namespace

bool Reader::ReadEnd(const Path& path) { return lexer_.AtEnd() || FailSyntax(path, "expected the end of the text"); }

bool Reader::ReadMessage(Message* message, const Descriptor& type, const Path& path) {
  Form form = FormOf(type);
  switch (form) {
    case Form::kObject: return ReadFields(message, type, path);
    case Form::kWrapper: return ReadScalar(Slot(message, type.FindFieldByNumber(1)), path);
    case Form::kAny: return ReadAny(message, path);
    case Form::kValue: return ReadValueForm(message, type, path);
    case Form::kListValue: return ReadRepeated(Slot(message, type.FindFieldByNumber(1)), path);
    case Form::kStruct: return ReadMap(Slot(message, type.FindFieldByNumber(1)), path);
    default: break;
  }
  std::string_view text;
  if (Mark() != '"') return Fail(path, Expected(form));
  if (!lexer_.ReadString(&text)) return FailSyntax(path);
  return SetWellKnownText(form, text, message) || Fail(path, Expected(form));
}

// With `in_any`, the message is the payload of an Any, whose "@type" is among its members.
bool Reader::ReadFields(Message* message, const Descriptor& type, const Path& path, bool in_any) {
  const Reflection* reflection = message->GetReflection();
  Given given(type);
  int next = 0;
  bool has_type = false;
  return ReadObject(path, [&](std::string_view name) {
    if (in_any && name == "@type") return ReadTypeUrl(&has_type, path);
    const FieldDescriptor* field = FindField(type, name, &next);
    if (field == nullptr) field = FindExtension(type, *reflection, name);
    if (field == nullptr) return ReadUnknown(name, path);
    Path field_path = path.Field(*field);
    if (!given.Add(field)) return Fail(field_path, "given twice");
    const OneofDescriptor* oneof = field->real_containing_oneof();
    if (oneof != nullptr && !NextIsUnset(*field) && !given.Add(oneof)) {
      return Fail(field_path, fmt::format("another member of oneof {} is given too", oneof->name()));
    }
    Slot slot(message, reflection, field);
    return mask_root_ == nullptr ? ReadField(slot, field_path) : ReadMaskedField(slot, field_path);
  });
}

bool Reader::ReadUnknown(std::string_view name, const Path& path) {
  if (options_.ignore_unknown_fields) return lexer_.SkipValue(DepthLeft()) || FailSyntax(path);
  std::string printable = Printable(name);
  // A name that was shortened or changed is no path.
  if (printable == name) return Fail(path.Unknown(name), "unknown field");
  return Fail(path, fmt::format("unknown field \"{}\"", printable));
}

bool Reader::ReadMaskedField(const Slot& field, const Path& path) {
  std::vector<std::string>& paths = *options_.present_paths;
  size_t count = paths.size();
  bool walks = HoldsObject(field.field());
  const Path* root = std::exchange(mask_root_, walks ? mask_root_ : nullptr);
  if (!ReadField(field, path)) return false;
  mask_root_ = root;
  // A leaf, null or {}: nothing below it was named.
  if (paths.size() == count) {
    if (std::string mask_path = path.MaskPath(*root); !mask_path.empty()) paths.push_back(std::move(mask_path));
  }
  return true;
}

bool Reader::ReadField(const Slot& slot, const Path& path) {
  if (NextIsUnset(slot.field())) return lexer_.Consume("null") || FailSyntax(path, "expected a value");
  if (slot.field().is_map()) return ReadMap(slot, path);
  if (slot.field().is_repeated()) return ReadRepeated(slot, path);
  return ReadValue(slot, path);
}

bool Reader::NextIsUnset(const FieldDescriptor& field) { return lexer_.Peek() == 'n' && !AcceptsNull(field); }

bool Reader::ReadRepeated(const Slot& list, const Path& path) {
  if (Mark() != '[') return Fail(path, "expected an array");
  lexer_.Consume('[');
  if (!lexer_.Consume(']')) {
    int index = 0;
    do {
      if (!ReadValue(list, path.Element(index++))) return false;
    } while (lexer_.Consume(','));
    if (!lexer_.Consume(']')) return FailSyntax(path, "expected ',' or ']'");
  }
  return true;
}

bool Reader::ReadMap(const Slot& map, const Path& path) {
  int first = map.Size();
  bool read = ReadObject(path, [&](std::string_view key) { return ReadMapEntry(key, map, path); });
  if (!read) return false;
  // Compared as values: 1 and 1.0 are the same key.
  std::vector<MapEntry> entries = SortedEntries(map.message(), &map.field(), first);
  const MapEntry* duplicate = FindDuplicate(entries);
  if (duplicate == nullptr) return true;
  Mark();
  std::string scratch;
  return Fail(path.Key(duplicate->KeyText(&scratch)), "given twice");
}

bool Reader::ReadMapEntry(std::string_view key, const Slot& map, const Path& path) {
  // A copy, as the value may hold other strings.
  std::string name(key);
  Path entry_path = path.Key(name);
  if (!Enter(entry_path)) return false;
  Message* entry = map.Mutable();
  const Reflection* reflection = entry->GetReflection();
  const Descriptor& type = *map.field().message_type();
  if (!SetScalar(Slot(entry, reflection, type.map_key()), key)) {
    return Fail(entry_path, fmt::format("as the key, {}", Expected(*type.map_key())));
  }
  if (!ReadValue(Slot(entry, reflection, type.map_value()), entry_path)) return false;
  bool is_enum = type.map_value()->cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
  if (is_enum && enum_ignored_) map.RemoveLast();
  --depth_;
  return true;
}

bool Reader::ReadValue(const Slot& slot, const Path& path) {
  if (slot.field().cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return ReadScalar(slot, path);
  Mark();
  if (!Enter(path) || !ReadMessage(slot.Mutable(), *slot.field().message_type(), path)) return false;
  --depth_;
  return true;
}

bool Reader::ReadScalar(const Slot& slot, const Path& path) {
  Mark();
  switch (slot.field().cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: return ReadText(slot, path);
    case FieldDescriptor::CPPTYPE_ENUM: return ReadEnum(slot, path);
    case FieldDescriptor::CPPTYPE_BOOL: break;
    default: return ReadNumber(slot, path);
  }
  bool value = lexer_.Consume("true");
  if (!value && !lexer_.Consume("false")) return Fail(path, Expected(slot.field()));
  slot.Set(value);
  return true;
}

bool Reader::ReadText(const Slot& slot, const Path& path) {
  std::string_view text;
  if (lexer_.Peek() != '"') return Fail(path, Expected(slot.field()));
  if (!lexer_.ReadString(&text)) return FailSyntax(path);
  if (slot.field().type() == FieldDescriptor::TYPE_BYTES) {
    return SetBytes(slot, text) || Fail(path, Expected(slot.field()));
  }
  slot.Set(std::string(text));
  return true;
}

bool Reader::ReadNumber(const Slot& slot, const Path& path) {
  std::string_view text;
  char first = lexer_.Peek();
  if (first == '"') {
    if (!lexer_.ReadString(&text)) return FailSyntax(path);
  } else if (first == '-' || (first >= '0' && first <= '9')) {
    if (!lexer_.ReadNumber(&text)) return FailSyntax(path);
  }
  return SetScalar(slot, text) || Fail(path, Expected(slot.field()));
}

bool Reader::ReadEnum(const Slot& slot, const Path& path) {
  if (IsNullValue(slot.field()) && lexer_.Consume("null")) {
    slot.SetEnum(0);
    return true;
  }
  enum_ignored_ = false;
  if (lexer_.Peek() != '"') {
    std::string_view number;
    return (lexer_.ReadNumber(&number) && SetEnumNumber(slot, number)) || Fail(path, Expected(slot.field()));
  }
  std::string_view name;
  if (!lexer_.ReadString(&name)) return FailSyntax(path);
  enum_ignored_ = !SetEnumName(slot, name);
  return !enum_ignored_ || options_.ignore_unknown_fields || Fail(path, Expected(slot.field()));
}

char Reader::Mark() {
  char next = lexer_.Peek();
  mark_ = lexer_.position();
  return next;
}

bool Reader::Enter(const Path& path) {
  if (depth_ == options_.max_depth)
    return Fail(path, fmt::format("nested deeper than protobuf's {} levels", options_.max_depth));
  ++depth_;
  return true;
}

bool Reader::Fail(const Path& path, std::string_view description) {
  violations_.Add(path.ToString(), fmt::format("{} ({})", description, lexer_.Describe(mark_)));
  return false;
}

bool Reader::FailSyntax(const Path& path, std::string_view description) {
  violations_.Add(path.ToString(), fmt::format("{} ({})", description, lexer_.Describe(lexer_.position())));
  return false;
}

}  // namespace tomada::json
