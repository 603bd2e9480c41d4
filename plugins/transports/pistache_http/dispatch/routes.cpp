#include "dispatch/routes.h"

#include <fmt/format.h>

namespace tomada::pistache_http {

absl::StatusOr<Routes> Routes::Make(const std::vector<std::pair<std::string, const Service*>>& services,
                                    Binding::Options options) {
  Routes routes;
  for (const auto& [component, service] : services) {
    for (const Method& method : service->methods) {
      std::string owner = fmt::format("{} of component {}", method.descriptor->full_name(), component);
      for (const HttpRule& rule : HttpRulesOf(*method.descriptor)) {
        if (auto status = routes.Add(owner, method, rule, options); !status.ok()) return status;
      }
    }
  }
  return routes;
}

absl::Status Routes::Add(const std::string& owner, const Method& method, const HttpRule& rule,
                         Binding::Options options) {
  auto wrong = [&owner](const absl::Status& status) {
    return absl::InvalidArgumentError(fmt::format("google.api.http of {}: {}", owner, std::string(status.message())));
  };
  auto path = PathTemplate::Parse(rule.path);
  if (!path.ok()) return wrong(path.status());
  auto binding = Binding::Make(*method.descriptor->input_type(), rule, *path, options);
  if (!binding.ok()) return wrong(binding.status());
  auto response_body = ResponseBody::Make(*method.descriptor->output_type(), rule);
  if (!response_body.ok()) return wrong(response_body.status());
  if (auto status = router_.Add(rule.method, *path, owner, endpoints_.size()); !status.ok()) return status;
  endpoints_.push_back(Endpoint{&method, std::move(*binding), *response_body});
  return absl::OkStatus();
}

}  // namespace tomada::pistache_http
