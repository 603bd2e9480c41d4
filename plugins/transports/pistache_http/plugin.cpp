#include <dlfcn.h>

#include <filesystem>
#include <string>

#include "tomada/plugin.h"

#include "config.h"
#include "server.h"

namespace tomada::pistache_http {
namespace {

// Of the build or the installation that this library is part of: PREFIX/lib/tomada/plugins and PREFIX/share/tomada.
std::string ShareFolder() {
  static const char here = 0;
  Dl_info info{};
  if (dladdr(&here, &info) == 0 || info.dli_fname == nullptr) return "";
  return std::filesystem::path(info.dli_fname).parent_path() / "../../../share/tomada";
}

Plugin Describe() {
  Plugin plugin;
  plugin.name = "pistache_http";
  plugin.version = "0.1.0";
  plugin.kind = Kind::kTransport;
  plugin.summary = "Offers services over HTTP/1.1 and JSON.";
  plugin.ports = {Port("services", Kind::kService, Port::Count::kOneOrMore,
                       "What is offered, at the paths of its google.api.http options.")};
  plugin.config = ConfigSchema::Of<Config>();
  plugin.create = [](const Context& context) -> absl::StatusOr<std::unique_ptr<Component>> {
    auto ready = [board = context.readiness(), id = context.id()] { return board->Of(id).ready; };
    auto warn = [board = context.readiness(), id = context.id()](const std::string& warning) {
      board->Report(id, {true, warning, {}});
    };
    return std::make_unique<Server>(context.config<Config>(), context.uses<ServiceProvider>("services"),
                                    context.logger(), context.metrics(), ShareFolder(), std::move(ready),
                                    context.budget("calls"), std::move(warn));
  };
  return plugin;
}

}  // namespace

TOMADA_PLUGIN(Describe)

}  // namespace tomada::pistache_http
