#include "dispatch/routes.h"

#include <fmt/format.h>

namespace tomada::pistache_http {
namespace {

absl::Status WrongRule(const std::string& owner, const absl::Status& status) {
  return absl::InvalidArgumentError(fmt::format("google.api.http of {}: {}", owner, std::string(status.message())));
}

}  // namespace

absl::StatusOr<Routes> Routes::Make(const std::vector<std::pair<std::string, const Service*>>& services,
                                    Binding::Options options) {
  Routes routes;
  for (const auto& [component, service] : services) {
    for (const Method& method : service->methods) {
      std::string owner = fmt::format("{} of component {}", method.descriptor->full_name(), component);
      auto rules = HttpRulesOf(*method.descriptor);
      if (!rules.ok()) return WrongRule(owner, rules.status());
      for (const HttpRule& rule : *rules) {
        if (auto status = routes.Add(owner, method, rule, options); !status.ok()) return status;
      }
    }
  }
  return routes;
}

absl::Status Routes::Add(const std::string& owner, const Method& method, const HttpRule& rule,
                         Binding::Options options) {
  auto path = PathTemplate::Parse(rule.path);
  if (!path.ok()) return WrongRule(owner, path.status());
  auto binding = Binding::Make(*method.descriptor->input_type(), rule, *path, options);
  if (!binding.ok()) return WrongRule(owner, binding.status());
  auto response_body = ResponseBody::Make(*method.descriptor->output_type(), rule);
  if (!response_body.ok()) return WrongRule(owner, response_body.status());
  if (auto status = router_.Add(rule.method, *path, owner, endpoints_.size()); !status.ok()) return status;
  endpoints_.push_back(Endpoint{&method, std::move(*binding), *response_body});
  return absl::OkStatus();
}

}  // namespace tomada::pistache_http
