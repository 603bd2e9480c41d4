// Errors in the OpenAPI document.
#pragma once

#include "openapi/json_writer.h"
#include "openapi/schemas.h"
#include "transcode/error_body.h"

namespace tomada::pistache_http {

class ErrorModel {
 public:
  ErrorModel(JsonWriter& writer, Schemas& schemas, ErrorShape shape)
      : writer_(writer), schemas_(schemas), shape_(shape) {}

  // Members of the `responses` of an operation.
  void WriteReferences();
  // The members of components/responses. To be called before Schemas::WriteReferred, as it refers to schemas.
  void WriteResponses();
  // Members of components/schemas that are not messages.
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
