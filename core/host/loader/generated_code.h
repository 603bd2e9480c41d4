// Libraries of generated protobuf code, as tomada_add_proto names them: libtomada_proto_NAME-HASH.so.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tomada {

struct GeneratedCode {
  std::string name;     // NAME
  std::string library;  // the file's name

  // Of a path; nothing when it is not that of one.
  static std::optional<GeneratedCode> Of(std::string_view path) {
    constexpr std::string_view kPrefix = "libtomada_proto_";
    const std::string_view library = path.substr(path.rfind('/') + 1);
    const size_t dash = library.rfind('-');
    if (!library.starts_with(kPrefix) || dash == library.npos) return std::nullopt;
    return GeneratedCode{std::string(library.substr(kPrefix.size(), dash - kPrefix.size())), std::string(library)};
  }
};

}  // namespace tomada
