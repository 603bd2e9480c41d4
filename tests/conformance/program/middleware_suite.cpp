// Middleware: service plugins that use the services they offer.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/middleware/middleware_case.h"
#include "load_plugin.h"
#include "suite.h"

namespace tomada::conformance {
namespace {

CommandLine MiddlewareLine() {
  return {"tomada-conformance middleware",
          "Holds a middleware to the contract: starts the plugin, given by its file or by the name of an installed\n"
          "one, with a service of the suite's behind it, and calls its handlers.\n"
          "Exit code: 0 all cases passed, 1 one failed, 2 the arguments are wrong or the plugin cannot be used.",
          "[PLUGIN]",
          {{"--set", "KEY=VALUE", "Set a key of the plugin's config; of a list, one element.", true},
           {"--patience", "SECONDS", "How long what is expected may take before a case fails; 20."},
           {"--metadata", "NAME=VALUE", "What each call has to carry so that it is let through.", true}},
          "tomada-conformance middleware ./libapi_key.so --set key=abc --metadata x-api-key=abc"};
}

absl::StatusOr<Suite::Ready> PrepareMiddleware(const Arguments& arguments, Shell& shell) {
  if (arguments.operand().empty()) return absl::InvalidArgumentError("expected a plugin");
  absl::StatusOr<LoadedPlugin> loaded = LoadPluginOf(Kind::kService, arguments.operand(), shell);
  if (!loaded.ok()) return loaded.status();
  const Plugin& plugin = loaded->plugin;
  const auto port = std::ranges::find(plugin.ports, Kind::kService, &Port::kind);
  if (port == plugin.ports.end()) {
    return absl::InvalidArgumentError(fmt::format("{} is no middleware: it has no port for services", plugin.name));
  }
  absl::StatusOr<std::chrono::seconds> patience = SecondsOf(arguments, "--patience", "20");
  if (!patience.ok()) return patience.status();
  testing::ProbeService::patience = *patience;
  auto settings = PairsOf(arguments, "--set");
  if (!settings.ok()) return settings.status();
  auto metadata = PairsOf(arguments, "--metadata");
  if (!metadata.ok()) return metadata.status();
  testing::MiddlewareSubject subject{loaded->file.string(), port->name, *std::move(settings), {}};
  for (auto& [name, value] : *metadata) subject.metadata.Add(std::move(name), std::move(value));
  testing::SelectMiddleware(std::move(subject));
  return Suite::Ready{TitleOf(plugin), ""};
}

}  // namespace

Suite MiddlewareSuite() { return {MiddlewareLine(), "Middleware/", PrepareMiddleware}; }

}  // namespace tomada::conformance
