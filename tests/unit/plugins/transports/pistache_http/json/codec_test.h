// Short forms for tables of texts: what goes in, and what comes out or is said.
#pragma once

#include <protojson_proto2_test.pb.h>
#include <protojson_test.pb.h>

#include <string>
#include <string_view>

#include "json/parse.h"
#include "json/print.h"

namespace tomada::json {

// The message of a status without its beginning, "invalid request: "; "OK" when it is.
inline std::string What(const absl::Status& status) {
  constexpr std::string_view kBeginning = "invalid request: ";
  if (status.ok()) return "OK";
  std::string what(status.message());
  return what.compare(0, kBeginning.size(), kBeginning) == 0 ? what.substr(kBeginning.size()) : what;
}

// The text, or what has none.
inline std::string Printed(const google::protobuf::Message& message, const PrintOptions& options = {}) {
  std::string text;
  absl::Status status = Print(message, &text, options);
  return status.ok() ? text : What(status);
}

// Parses and prints: the text in its canonical form, or what is wrong with it.
template <typename Message = protojson_test::AllKinds>
std::string Canonical(std::string_view text, const ParseOptions& options = {}) {
  Message message;
  absl::Status status = Parse(text, &message, options);
  return status.ok() ? Printed(message) : What(status);
}

template <typename Message = protojson_test::AllKinds>
bool Accepts(std::string_view text, const ParseOptions& options = {}) {
  Message message;
  return Parse(text, &message, options).ok();
}

struct Case {
  std::string text, result;
};

}  // namespace tomada::json
