// An OpenAPI 3.1 document of services, from their descriptors (https://spec.openapis.org/oas/v3.1.0).
#pragma once

#include <string>
#include <vector>

#include "tomada/service.h"
#include "transcode/error_body.h"

namespace tomada::pistache_http {

struct DocumentOptions {
  bool proto_names = false;  // as in the answers
  ErrorShape errors = ErrorShape::kStatus;
  std::string descriptor_sets;  // the folder for Comments
};

// What google.api.http allows and OpenAPI cannot say is left out: methods that HTTP does not define, and routes for any
// method. A wildcard of a path is a parameter of its own. The rules are well-formed:
// routes have been made of them.
std::string MakeOpenApi(const std::vector<const Service*>& services, const DocumentOptions& options);

}  // namespace tomada::pistache_http
