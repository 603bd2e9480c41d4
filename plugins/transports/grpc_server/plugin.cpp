#include "tomada/plugin.h"

#include "config.h"
#include "grpc_server.h"

namespace tomada::grpc_server {
namespace {

Plugin Describe() {
  Plugin plugin;
  plugin.name = "grpc_server";
  plugin.version = "0.1.0";
  plugin.kind = Kind::kTransport;
  plugin.summary = "Serves services over gRPC, with health and reflection.";
  plugin.ports.emplace_back("services", Kind::kService, Port::Count::kOneOrMore, "What it serves.");
  plugin.config = ConfigSchema::Of<Config>();
  plugin.create = [](const Context& context) -> absl::StatusOr<std::unique_ptr<Component>> {
    return std::make_unique<GrpcServer>(context);
  };
  return plugin;
}

}  // namespace
}  // namespace tomada::grpc_server

TOMADA_PLUGIN(tomada::grpc_server::Describe)
