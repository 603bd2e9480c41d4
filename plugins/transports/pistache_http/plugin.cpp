#include "tomada/plugin.h"

#include "config.h"
#include "server.h"

namespace tomada::pistache_http {
namespace {

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
    return std::make_unique<Server>(context.config<Config>(), context.uses<ServiceProvider>("services"),
                                    context.logger(), context.metrics());
  };
  return plugin;
}

}  // namespace

TOMADA_PLUGIN(Describe)

}  // namespace tomada::pistache_http
