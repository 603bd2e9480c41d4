#include "tomada/plugin.h"

#include "config.h"
#include "grpc_client.h"

namespace tomada::grpc_client {
namespace {

Plugin Describe() {
  Plugin plugin;
  plugin.name = "grpc_client";
  plugin.version = "0.1.0";
  plugin.kind = Kind::kService;
  plugin.summary = "Services of another process, reached over gRPC.";
  plugin.config = ConfigSchema::Of<Config>();
  plugin.create = [](const Context& context) -> absl::StatusOr<std::unique_ptr<Component>> {
    return std::make_unique<GrpcClient>(context);
  };
  return plugin;
}

}  // namespace
}  // namespace tomada::grpc_client

TOMADA_PLUGIN(tomada::grpc_client::Describe)
