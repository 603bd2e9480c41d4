// Routes: every way by which the services can be reached.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>

#include "router/router.h"
#include "tomada/service.h"
#include "transcode/binding.h"
#include "transcode/response_body.h"
#include "transcode/success_rule.h"

namespace tomada::pistache_http {

// What serves a route.
struct Endpoint {
  const Method* method;
  Binding binding;
  ResponseBody response_body;
  SuccessRule success;
};

class Routes {
 public:
  // Services with the id of the component that offers them; both outlive the routes. INVALID_ARGUMENT names the method
  // whose option is wrong, ALREADY_EXISTS the two that clash.
  static absl::StatusOr<Routes> Make(const std::vector<std::pair<std::string, const Service*>>& services,
                                     Binding::Options options);

  const Router& router() const { return router_; }
  const Endpoint& endpoint(size_t route) const { return endpoints_[route]; }
  size_t size() const { return endpoints_.size(); }

 private:
  absl::Status Add(const std::string& owner, const Method& method, const HttpRule& rule, Binding::Options options);

  Router router_;
  std::vector<Endpoint> endpoints_;
};

}  // namespace tomada::pistache_http
