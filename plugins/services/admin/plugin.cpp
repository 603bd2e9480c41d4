#include "tomada/plugin.h"

#include "admin.h"
#include "config.h"

namespace tomada::admin {
namespace {

Plugin Describe() {
  Plugin plugin;
  plugin.name = "admin";
  plugin.version = "0.1.0";
  plugin.kind = Kind::kService;
  plugin.summary = "Health, metrics, components and config of the host, for those who run it.";
  plugin.ports = {Port("host", Kind::kHost, Port::Count::kOne, "The host itself, which the profile calls `host`.")};
  plugin.config = ConfigSchema::Of<Config>();
  plugin.create = [](const Context& context) -> absl::StatusOr<std::unique_ptr<Component>> {
    const auto& config = context.config<Config>();
    HostControl* control = config.allow_changes ? &context.use<HostControl>("host") : nullptr;
    return std::make_unique<Admin>(context.use<HostView>("host"), control, config.backups);
  };
  return plugin;
}

}  // namespace
}  // namespace tomada::admin

TOMADA_PLUGIN(tomada::admin::Describe)
