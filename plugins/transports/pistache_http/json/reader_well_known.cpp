#include <fmt/format.h>

#include <memory>
#include <utility>

#include "json/any.h"
#include "json/limits.h"
#include "json/reader.h"
#include "json/well_known.h"

namespace tomada::json {
namespace {

// Fields of google.protobuf.Value.
enum ValueField { kNull = 1, kNumber = 2, kString = 3, kBool = 4, kStruct = 5, kList = 6 };

ValueField ValueFieldFor(char first) {
  switch (first) {
    case 'n': return kNull;
    case '"': return kString;
    case 't':
    case 'f': return kBool;
    case '{': return kStruct;
    case '[': return kList;
    default: return kNumber;
  }
}

}  // namespace

bool Reader::ReadValueForm(Message* value, const Descriptor& type, const Path& path) {
  ValueField number = ValueFieldFor(lexer_.Peek());
  Slot slot(value, type.FindFieldByNumber(number));
  if (number != kNull) return ReadValue(slot, path);
  if (!lexer_.Consume("null")) return FailSyntax(path, "expected a value");
  slot.SetEnum(0);
  return true;
}

bool Reader::ReadAny(Message* any, const Path& path) {
  std::string type_url;
  if (Mark() != '{') return Fail(path, "expected an object with \"@type\"");
  if (any_depth_ == kMaxAnyDepth) return Fail(path, fmt::format("an Any inside {} others", kMaxAnyDepth));
  if (!FindTypeUrl(&type_url, path)) return false;
  if (type_url.empty()) {
    // Only {} is an Any without a type.
    return ReadObject(path, [&](std::string_view) { return Fail(path, "expected \"@type\" in the object"); });
  }
  std::unique_ptr<Message> payload = NewAnyPayload(type_url, *any, options_.any_types);
  if (payload == nullptr) return Fail(path, "the type that \"@type\" names is unknown");
  ++any_depth_;
  if (!ReadAnyPayload(payload.get(), *payload->GetDescriptor(), path)) return false;
  --any_depth_;
  if (!payload->IsInitialized()) return Fail(path, "a required field is missing");
  SetAny(type_url, *payload, any);
  return true;
}

// Looks for "@type" among the next members, where it mostly comes first. `type_url` stays empty without it.
bool Reader::FindTypeUrl(std::string* type_url, const Path& path) {
  Lexer ahead = lexer_;
  ahead.Consume('{');
  if (ahead.Consume('}')) return true;
  do {
    std::string_view text;
    bool read = ahead.ReadName(&text);
    bool found = read && text == "@type";
    read = read && (found ? ahead.ReadString(&text) : ahead.SkipValue(DepthLeft()));
    if (!read) {
      lexer_ = std::move(ahead);
      return FailSyntax(path);
    }
    if (found) {
      *type_url = text;
      return true;
    }
  } while (ahead.Consume(','));
  return true;
}

// Skips the value of "@type", which FindTypeUrl has read.
bool Reader::ReadTypeUrl(bool* read_before, const Path& path) {
  if (std::exchange(*read_before, true)) return Fail(path, "\"@type\" is given twice");
  return lexer_.SkipValue(0) || FailSyntax(path);
}

bool Reader::ReadAnyPayload(Message* payload, const Descriptor& type, const Path& path) {
  if (FormOf(type) == Form::kObject && !IsEmpty(type)) return ReadFields(payload, type, path, /*in_any=*/true);
  bool has_type = false, has_value = false;
  bool read = ReadObject(path, [&](std::string_view name) {
    if (name == "@type") return ReadTypeUrl(&has_type, path);
    if (name != "value") return ReadUnknown(name, path);
    return std::exchange(has_value, true) ? Fail(path, "\"value\" is given twice") : ReadMessage(payload, type, path);
  });
  if (!read) return false;
  return has_value || IsEmpty(type) || Fail(path, "expected \"value\" beside \"@type\"");
}

}  // namespace tomada::json
