// Templates of the header Location over the fields of a response: "/links/{apelido}", "{+destino}". What they may be is
// in proto/tomada/http.proto.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "transcode/field_path.h"

namespace tomada::pistache_http {

// Immutable and thread-safe.
class LocationTemplate {
 public:
  // INVALID_ARGUMENT says what is wrong with the text, or which field is not there or has no text.
  static absl::StatusOr<LocationTemplate> Parse(std::string_view text, const google::protobuf::Descriptor& response);

  const std::string& text() const { return text_; }

  // A path ("/links/a%2Fb") or an http or https URL of `response`, which is of that type: fit for a header. INTERNAL,
  // without a value, when its fields make none.
  absl::StatusOr<std::string> Expand(const google::protobuf::Message& response) const;

 private:
  struct Variable {
    FieldPath field;
    bool whole;           // {+field}
    std::string literal;  // that follows it
  };

  absl::Status Add(std::string_view expression, std::string_view literal, const google::protobuf::Descriptor& response);

  std::string text_;
  std::string beginning_;  // literal
  std::vector<Variable> variables_;
};

}  // namespace tomada::pistache_http
