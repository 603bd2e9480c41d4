// Offers the services that it uses to those who bring a key, and says whose key it is.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tomada/plugin.h"
#include "tomada/service.h"

namespace first_middleware {
namespace {

using tomada::Call;
using tomada::ServiceProvider;
using Task = tomada::Task<absl::Status>;

struct Config : tomada::ConfigKeys<Config> {
  std::vector<std::string> keys =
      Key("keys", &Config::keys)
          .Required()
          .Secret()
          .Help("NAME:KEY of each client. It sends KEY, of at least 16 characters, as x-api-key.");

  absl::Status Check() const {
    const auto good = [](const std::string& entry) {
      const size_t colon = entry.find(':');
      return colon != 0 && colon != std::string::npos && entry.size() - colon > 16;
    };
    if (!keys.empty() && std::ranges::all_of(keys, good)) return absl::OkStatus();
    return absl::InvalidArgumentError("`keys` must be one or more of NAME:KEY, with at least 16 characters of KEY");
  }
};

// Looks at every character, so that the time it takes tells nobody how many of them were right.
bool Same(std::string_view known, std::string_view given) {
  int difference = known.size() == given.size() ? 0 : -1;
  for (size_t i = 0; i < std::min(known.size(), given.size()); ++i) difference |= known[i] ^ given[i];
  return difference == 0;
}

class FirstMiddleware final : public ServiceProvider {
 public:
  // The providers outlive it.
  FirstMiddleware(const Config& config, std::vector<std::pair<std::string, ServiceProvider*>> providers)
      : config_(config), providers_(std::move(providers)) {}

  // What is used has started by now. Its services are offered as they are, with other handlers.
  absl::Status Start() override {
    for (const auto& [id, provider] : providers_) {
      for (tomada::Service service : provider->services()) {
        for (tomada::Method& method : service.methods) {
          const auto guard = [&](auto handler) {
            if constexpr (!std::is_same_v<decltype(handler), std::monostate>) method.handler = Guarded(handler);
          };
          std::visit(guard, method.handler);
        }
        services_.push_back(std::move(service));
      }
    }
    return absl::OkStatus();
  }
  absl::Status Stop(tomada::Deadline) override { return absl::OkStatus(); }
  const std::vector<tomada::Service>& services() const override { return services_; }

 private:
  // Of any of the four kinds. What `next` answers and streams goes past untouched.
  template <class... Rest>
  std::function<Task(Call&, Rest...)> Guarded(std::function<Task(Call&, Rest...)> next) const {
    return [this, next](Call& call, Rest... rest) {
      absl::Status refusal = Admit(call);
      return refusal.ok() ? next(call, rest...) : Ended(refusal);
    };
  }
  static Task Ended(absl::Status status) { co_return status; }

  // OK when the call brings a key; it knows then whose.
  absl::Status Admit(Call& call) const {
    const auto given = call.metadata().Find("x-api-key");
    if (!given) return absl::UnauthenticatedError("x-api-key is missing");
    for (const std::string& entry : config_.keys) {
      const size_t colon = entry.find(':');
      if (!Same(std::string_view(entry).substr(colon + 1), *given)) continue;
      const tomada::Principal principal{"api_key", entry.substr(0, colon), {}};
      call.set_principal(std::make_shared<tomada::Principal>(principal));
      return absl::OkStatus();
    }
    return absl::UnauthenticatedError("x-api-key is not known here");
  }

  const Config& config_;
  const std::vector<std::pair<std::string, ServiceProvider*>> providers_;
  std::vector<tomada::Service> services_;
};

tomada::Plugin Describe() {
  tomada::Plugin plugin;
  plugin.name = "first_middleware";
  plugin.version = "0.1.0";
  plugin.kind = tomada::Kind::kService;
  plugin.summary = "Lets calls through that bring a key.";
  plugin.ports = {{"services", tomada::Kind::kService, tomada::Port::Count::kOneOrMore, "What is offered."}};
  plugin.config = tomada::ConfigSchema::Of<Config>();
  plugin.create = [](const tomada::Context& context) -> absl::StatusOr<std::unique_ptr<tomada::Component>> {
    return std::make_unique<FirstMiddleware>(context.config<Config>(), context.uses<ServiceProvider>("services"));
  };
  return plugin;
}

}  // namespace
}  // namespace first_middleware

TOMADA_PLUGIN(first_middleware::Describe)
