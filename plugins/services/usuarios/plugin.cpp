#include "tomada/plugin.h"

#include "component.h"
#include "config.h"

namespace {

absl::StatusOr<std::unique_ptr<tomada::Component>> Create(const tomada::Context& context) {
  return std::make_unique<tomada::usuarios::UsuariosComponent>(context);
}

tomada::Plugin Describe() {
  tomada::Plugin plugin;
  plugin.name = "usuarios";
  plugin.version = "0.1.0";
  plugin.kind = tomada::Kind::kService;
  plugin.summary = "The user service, usuarios.Usuarios.";
  plugin.ports.emplace_back("store", tomada::Kind::kStore, tomada::Port::Count::kOne, "Keeps the users.");
  plugin.config = tomada::ConfigSchema::Of<tomada::usuarios::Config>();
  plugin.create = Create;
  return plugin;
}

}  // namespace

TOMADA_PLUGIN(Describe)
