#include "json/path.h"

#include <fmt/format.h>

#include <algorithm>

namespace tomada::json {

std::string Path::ToString() const {
  if (parent_ == nullptr) return std::string(name_);
  std::string path = parent_->ToString();
  switch (kind_) {
    case Kind::kElement: return path + fmt::format("[{}]", index_);
    case Kind::kKey: return path + fmt::format("[\"{}\"]", Printable(name_));
    case Kind::kExtension: return path + fmt::format("{}[{}]", path.empty() ? "" : ".", name_);
    default: return path + fmt::format("{}{}", path.empty() ? "" : ".", name_);
  }
}

std::string Path::MaskPath(const Path& root) const {
  if (kind_ == Kind::kExtension) return "";
  if (parent_ == &root) return std::string(name_);
  std::string path = parent_->MaskPath(root);
  if (path.empty()) return "";
  path += '.';
  path += name_;
  return path;
}

bool Path::IsIdentifier(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string Printable(std::string_view name) {
  constexpr size_t kMaxLength = 64;
  std::string printable(name.substr(0, kMaxLength));
  for (char& c : printable) {
    if (c < 0x20 || c > 0x7E || c == '"' || c == '\\') c = '?';
  }
  if (name.size() > kMaxLength) printable += "...";
  return printable;
}

}  // namespace tomada::json
