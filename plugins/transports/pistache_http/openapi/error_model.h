// What the document says of errors.
#pragma once

#include "openapi/json_writer.h"
#include "openapi/schemas.h"
#include "transcode/error_body.h"

namespace tomada::pistache_http {

class ErrorModel {
 public:
  ErrorModel(JsonWriter& writer, Schemas& schemas, ErrorShape shape)
      : writer_(writer), schemas_(schemas), shape_(shape) {}

  // Members of an operation's responses.
  void WriteReferences();
  // The members of components/responses. Schemas have been referred to only after that.
  void WriteResponses();
  // Members of components/schemas that are no messages.
  void WriteSchemas();

 private:
  template <class WriteSchema>
  void WriteResponse(std::string_view name, std::string_view description, const absl::Status& example,
                     WriteSchema write_schema);
  void WriteValidationError();

  JsonWriter& writer_;
  Schemas& schemas_;
  const ErrorShape shape_;
};

}  // namespace tomada::pistache_http
