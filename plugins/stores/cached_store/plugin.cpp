#include "tomada/plugin.h"

#include "cached_store.h"
#include "config.h"

namespace tomada::cached_store {
namespace {

Plugin Describe() {
  Plugin plugin;
  plugin.name = "cached_store";
  plugin.version = "0.1.0";
  plugin.kind = Kind::kStore;
  plugin.summary = "Puts a cache before a store: reads come from it, writes go through and drop what it holds.";
  plugin.ports.emplace_back("store", Kind::kStore, Port::Count::kOne, "Keeps the tables; its promises hold.");
  plugin.ports
      .emplace_back("cache", Kind::kStore, Port::Count::kOne,
                    "Keeps copies of what was read; may lose them, and may be away.")
      .degrades = true;
  plugin.config = ConfigSchema::Of<Config>();
  plugin.create = [](const Context& context) -> absl::StatusOr<std::unique_ptr<Component>> {
    return std::make_unique<CachedStore>(context.config<Config>(), context.use<Store>("store"),
                                         context.use<Store>("cache"), context.logger(), context.metrics());
  };
  return plugin;
}

}  // namespace
}  // namespace tomada::cached_store

TOMADA_PLUGIN(tomada::cached_store::Describe)
