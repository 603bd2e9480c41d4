#include "dispatch/routes.h"

#include <fmt/format.h>

namespace tomada::pistache_http {
namespace {

absl::Status WrongOption(std::string_view option, const std::string& owner, const Method& method,
                         const absl::Status& status) {
  return absl::InvalidArgumentError(fmt::format("{} of {}, in {}: {}", option, owner, method.descriptor->file()->name(),
                                                std::string(status.message())));
}

absl::Status WrongRule(const std::string& owner, const Method& method, const absl::Status& status) {
  return WrongOption("google.api.http", owner, method, status);
}

}  // namespace

absl::StatusOr<Routes> Routes::Make(const std::vector<std::pair<std::string, const Service*>>& services,
                                    Binding::Options options) {
  Routes routes;
  for (const auto& [component, service] : services) {
    for (const Method& method : service->methods) {
      std::string owner = fmt::format("{} of component {}", method.descriptor->full_name(), component);
      auto rules = HttpRulesOf(*method.descriptor);
      if (!rules.ok()) return WrongRule(owner, method, rules.status());
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
  if (!path.ok()) return WrongRule(owner, method, path.status());
  auto binding = Binding::Make(*method.descriptor->input_type(), rule, *path, options);
  if (!binding.ok()) return WrongRule(owner, method, binding.status());
  auto response_body = ResponseBody::Make(*method.descriptor->output_type(), rule);
  if (!response_body.ok()) return WrongRule(owner, method, response_body.status());
  auto success = SuccessRule::Make(*method.descriptor, rule);
  if (!success.ok()) return WrongOption("tomada.http_success", owner, method, success.status());
  if (auto status = router_.Add(rule.method, *path, owner, endpoints_.size()); !status.ok()) return status;
  endpoints_.push_back(Endpoint{&method, std::move(*binding), *response_body, *std::move(success)});
  return absl::OkStatus();
}

}  // namespace tomada::pistache_http
