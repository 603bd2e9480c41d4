// The routes of services as OpenAPI groups them.
#pragma once

#include <string>
#include <vector>

#include "router/path_template.h"
#include "tomada/service.h"
#include "transcode/http_rule.h"
#include "transcode/success_rule.h"

namespace tomada::pistache_http {

// One method at one path.
struct Operation {
  std::string http_method;  // in lower case
  const Method* method;
  HttpRule rule;
  SuccessRule success;
  PathTemplate path;
  int number;  // among the bindings of its method
};

// One path of OpenAPI: the operations whose templates differ only in the names of their variables and in the kinds of
// their wildcards.
struct Path {
  struct Parameter {
    std::string name;
    size_t segment;
  };

  std::string text;
  std::vector<Parameter> parameters;
  std::vector<Operation> operations;
};

// In the order of the .proto files. Leaves out what OpenAPI cannot express (MakeOpenApi).
std::vector<Path> PathsOf(const std::vector<const Service*>& services);

}  // namespace tomada::pistache_http
