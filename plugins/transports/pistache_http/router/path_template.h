// Path templates as google/api/http.proto defines them:
//
//   Template = "/" Segments [ ":" Verb ]        Segment  = "*" | "**" | LITERAL | Variable
//   Segments = Segment { "/" Segment }          Variable = "{" FieldPath [ "=" Segments ] "}"
//
// `*` is exactly one segment and not empty; `**` any number, also none. `{v}` means `{v=*}`. Here literals may follow a
// `**`, and nothing else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

namespace tomada::pistache_http {

struct PathTemplate {
  struct Segment {
    enum class Kind { kLiteral, kOne, kMany };
    Kind kind = Kind::kLiteral;
    std::string literal;  // decoded
  };

  struct Variable {
    std::string field_path;     // "usuario.id"
    size_t begin = 0, end = 0;  // the segments it spans
  };

  std::vector<Segment> segments;
  std::vector<Variable> variables;
  std::string verb;  // empty when there is none

  // INVALID_ARGUMENT says what is wrong and where.
  static absl::StatusOr<PathTemplate> Parse(std::string_view text);

  // The template without the names of its variables: "/usuarios/*:verb". Equal shapes match the same paths.
  std::string Shape() const;
};

}  // namespace tomada::pistache_http
