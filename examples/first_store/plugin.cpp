#include "tomada/plugin.h"

#include "config.h"
#include "simple_store.h"

namespace simple_store {
namespace {

tomada::Plugin Describe() {
  tomada::Plugin plugin;
  plugin.name = "simple_store";
  plugin.version = "0.1.0";
  plugin.kind = tomada::Kind::kStore;
  plugin.summary = "Keeps tables in memory behind one lock: an example.";
  plugin.config = tomada::ConfigSchema::Of<Config>();
  plugin.create = [](const tomada::Context& context) -> absl::StatusOr<std::unique_ptr<tomada::Component>> {
    return std::make_unique<SimpleStore>(context.config<Config>());
  };
  return plugin;
}

}  // namespace
}  // namespace simple_store

TOMADA_PLUGIN(simple_store::Describe)
