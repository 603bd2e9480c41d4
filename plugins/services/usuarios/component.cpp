#include "component.h"

#include <utility>

#include "stored_user.h"

namespace tomada::usuarios {
namespace {

PasswordCost CostOf(const Config& config) {
  PasswordCost cost;
  cost.memory_bytes = config.senha_memory.bytes;
  cost.passes = static_cast<unsigned>(config.senha_passes);
  return cost;
}

}  // namespace

UsuariosComponent::UsuariosComponent(const Context& context)
    : config_(context.config<Config>()),
      store_(context.use<Store>("store")),
      hasher_(context.blocking_pool(), CostOf(config_)) {}

absl::Status UsuariosComponent::Start() {
  absl::StatusOr<std::unique_ptr<Table>> table = store_.OpenTable(UsersTable());
  if (!table.ok()) return table.status();
  table_ = *std::move(table);
  ServiceOptions options;
  options.max_list_bytes = config_.max_list_bytes.bytes;
  usuarios_.emplace(*table_, hasher_, std::move(options));
  services_.push_back(usuarios_->Describe());
  return absl::OkStatus();
}

absl::Status UsuariosComponent::Stop(Deadline) { return absl::OkStatus(); }

}  // namespace tomada::usuarios
