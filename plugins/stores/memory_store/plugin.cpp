#include "tomada/plugin.h"

#include "config.h"
#include "memory_store.h"

namespace tomada::memory_store {
namespace {

Plugin Describe() {
  Plugin plugin;
  plugin.name = "memory_store";
  plugin.version = "0.1.0";
  plugin.kind = Kind::kStore;
  plugin.summary = "Keeps tables in memory; they are gone when the process ends.";
  plugin.config = ConfigSchema::Of<Config>();
  plugin.create = [](const Context& context) -> absl::StatusOr<std::unique_ptr<Component>> {
    return std::make_unique<MemoryStore>(context.config<Config>(), Clock(), context.metrics());
  };
  return plugin;
}

}  // namespace
}  // namespace tomada::memory_store

TOMADA_PLUGIN(tomada::memory_store::Describe)
