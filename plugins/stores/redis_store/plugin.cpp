#include "tomada/plugin.h"

#include "config.h"
#include "redis_store.h"

namespace tomada::redis_store {
namespace {

Plugin Describe() {
  Plugin plugin;
  plugin.name = "redis_store";
  plugin.version = "0.1.0";
  plugin.kind = Kind::kStore;
  plugin.summary = "Keeps tables in Redis: one server, or a primary that Sentinels name.";
  plugin.config = ConfigSchema::Of<Config>();
  plugin.create = [](const Context& context) -> absl::StatusOr<std::unique_ptr<Component>> {
    return std::make_unique<RedisStore>(context.config<Config>(), context.logger(), context.status(),
                                        context.metrics());
  };
  return plugin;
}

}  // namespace
}  // namespace tomada::redis_store

TOMADA_PLUGIN(tomada::redis_store::Describe)
