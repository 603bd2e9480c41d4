// The plugin's shell: wires the service to the store, the blocking pool and the config.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "config.h"
#include "password_hasher.h"
#include "service.h"
#include "tomada/context.h"
#include "tomada/service.h"
#include "tomada/store.h"

namespace tomada::usuarios {

class UsuariosComponent final : public ServiceProvider {
 public:
  // Throws std::runtime_error as PasswordHasher does.
  explicit UsuariosComponent(const Context& context);

  // Opens the table. Errors as Store::OpenTable.
  absl::Status Start() override;
  // Nothing of the component runs on its own: calls end with the transports that made them.
  absl::Status Stop(Deadline grace) override;

  const std::vector<Service>& services() const override { return services_; }

 private:
  const Config& config_;
  Store& store_;
  PasswordHasher hasher_;
  std::unique_ptr<Table> table_;
  std::optional<UsuariosService> usuarios_;
  std::vector<Service> services_;
};

}  // namespace tomada::usuarios
