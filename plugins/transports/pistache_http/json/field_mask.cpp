#include "json/field_mask.h"

#include <absl/strings/ascii.h>
#include <google/protobuf/descriptor.h>

#include <vector>

namespace tomada::json {
namespace {

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

// Whether `c` may follow `previous` and is the same in snake_case and camelCase.
bool IsKept(char c, char previous) {
  if (c == '.') return previous != '.';
  if (c == '*') return previous == '.';
  return previous != '*' && (IsLower(c) || absl::ascii_isdigit(c));
}

// One path; false when it has empty names or characters that no name has.
bool ToSnakeCase(std::string_view path, MaskNames names, std::string* out) {
  char previous = '.';
  for (char c : path) {
    if (IsUpper(c) && previous != '*') {
      *out += '_';
      *out += static_cast<char>(c - 'A' + 'a');
    } else if (IsKept(c, previous) || (c == '_' && names == MaskNames::kEither && previous != '*')) {
      *out += c;
    } else {
      return false;
    }
    previous = c;
  }
  return previous != '.';
}

// One path; false when ToSnakeCase would not give it back.
bool AppendCamelCase(std::string_view path, std::string* out) {
  char previous = '.';
  for (char c : path) {
    if (previous == '_') {
      if (!IsLower(c)) return false;
      *out += static_cast<char>(c - 'a' + 'A');
    } else if (IsKept(c, previous)) {
      *out += c;
    } else if (c != '_' || previous == '*') {
      return false;
    }
    previous = c;
  }
  return previous != '.' && previous != '_';
}

}  // namespace

bool SetFieldMask(std::string_view text, MaskNames names, google::protobuf::Message* mask) {
  std::vector<std::string> paths;
  while (!text.empty()) {
    size_t comma = text.find(',');
    if (!ToSnakeCase(text.substr(0, comma), names, &paths.emplace_back())) return false;
    if (comma == text.npos) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) return false;
  }
  const auto* field = mask->GetDescriptor()->FindFieldByNumber(1);
  for (std::string& path : paths) mask->GetReflection()->AddString(mask, field, std::move(path));
  return true;
}

bool AppendFieldMask(const google::protobuf::Message& mask, std::string* out) {
  const auto* field = mask.GetDescriptor()->FindFieldByNumber(1);
  const auto* reflection = mask.GetReflection();
  std::string text, scratch;
  for (int i = 0; i < reflection->FieldSize(mask, field); ++i) {
    if (i > 0) text += ',';
    if (!AppendCamelCase(reflection->GetRepeatedStringReference(mask, field, i, &scratch), &text)) return false;
  }
  *out += text;
  return true;
}

}  // namespace tomada::json
