// Bodies of error responses.
#pragma once

#include <array>
#include <string>
#include <utility>

#include <absl/status/status.h>

#include "transcode/binding.h"

namespace tomada::pistache_http {

enum class ErrorShape {
  // google.rpc.Status in JSON: {"code":5,"message":"...","details":[...]}. A detail whose type is unknown here, or
  // that has no JSON form, is kept as {"@type": ..., "value": BASE64}.
  kStatus,
  // What FastAPI answers: {"detail":"..."}, and for violations of fields
  // {"detail":[{"loc":["body","nome"],"msg":"...","type":"value_error"}]} with 422.
  kFastApi,
};
constexpr auto EnumNames(ErrorShape) {
  return std::array{std::pair{ErrorShape::kStatus, "status"}, std::pair{ErrorShape::kFastApi, "fastapi"}};
}

// The HTTP status in this shape: FastAPI answers wrong fields with 422.
int HttpStatusOf(const absl::Status& status, ErrorShape shape);

// Appends the body. `binding` is that of the route and tells where a field was given; null when no route matched.
void AppendError(const absl::Status& status, ErrorShape shape, const Binding* binding, std::string* out);
// The shape kStatus.
void AppendStatusJson(const absl::Status& status, std::string* out);

}  // namespace tomada::pistache_http
