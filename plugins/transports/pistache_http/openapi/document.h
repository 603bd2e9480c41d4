// An OpenAPI 3.1 document of services, from their descriptors (https://spec.openapis.org/oas/v3.1.0).
#pragma once

#include <string>
#include <vector>

#include "tomada/service.h"
#include "transcode/error_body.h"

namespace tomada::pistache_http {

struct DocumentOptions {
  bool proto_names = false;  // as in the answers
  bool emit_empty_lists = true;
  ErrorShape errors = ErrorShape::kStatus;
  // The URL of the services, without a slash at the end. Empty: relative to the document, so that a proxy may add a
  // path.
  std::string public_url;
};

// What google.api.http allows and OpenAPI cannot express is left out: methods that HTTP does not define, and routes for
// any method. Each wildcard of a path is a parameter. The rules must be well-formed, as Routes::Make checks them.
std::string MakeOpenApi(const std::vector<const Service*>& services, const DocumentOptions& options);

}  // namespace tomada::pistache_http
