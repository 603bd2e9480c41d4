// A template in the first line, a path in the second. Whatever is accepted as a template matches a path that is made
// from it, and gives back what stands in that path for its variables.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fuzz/require.h"
#include "router/router.h"

namespace {

using namespace tomada::pistache_http;

std::string Encode(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (unsigned char c : text) {
    encoded += '%';
    encoded += kDigits[c >> 4];
    encoded += kDigits[c & 15];
  }
  return encoded;
}

// What stands for one segment of the template, and what a variable that spans it holds.
std::string Stand(const PathTemplate::Segment& segment, bool in_value) {
  switch (segment.kind) {
    case PathTemplate::Segment::Kind::kLiteral: return in_value ? segment.literal : Encode(segment.literal);
    case PathTemplate::Segment::Kind::kOne: return "one";
    case PathTemplate::Segment::Kind::kMany: return "some/more";
  }
  return "";
}

std::string Join(const PathTemplate& path, size_t begin, size_t end, bool in_value) {
  std::string joined;
  for (size_t i = begin; i < end; ++i) {
    if (i > begin) joined += '/';
    joined += Stand(path.segments[i], in_value);
  }
  return joined;
}

// A slash in a literal stays encoded in the value of several segments.
bool HasSlash(const PathTemplate& path) {
  for (const PathTemplate::Segment& segment : path.segments) {
    if (segment.literal.find('/') != std::string::npos) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  size_t line = std::min(text.find('\n'), text.size());
  auto path = PathTemplate::Parse(text.substr(0, line));
  if (!path.ok()) return 0;
  Router router;
  Require(router.Add("GET", *path, "owner", 7).ok(), "not added");
  Require(!router.Add("GET", *path, "owner", 8).ok(), "added twice");
  std::string made = "/" + Join(*path, 0, path->segments.size(), false);
  if (!path->verb.empty()) made += ":" + path->verb;
  Router::Match match = router.Find("GET", made);
  Require(match.result == Router::Match::Result::kFound && match.route == 7, "a path of the template is not found");
  Require(match.values.size() == path->variables.size(), "a variable has no value");
  for (size_t i = 0; i < match.values.size() && !HasSlash(*path); ++i) {
    const PathTemplate::Variable& variable = path->variables[i];
    Require(match.values[i] == Join(*path, variable.begin, variable.end, true), "a variable has another value");
  }
  if (line < text.size()) router.Find("GET", text.substr(line + 1));
  return 0;
}
