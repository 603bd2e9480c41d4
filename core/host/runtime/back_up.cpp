#include "runtime/back_up.h"

#include <fmt/format.h>

#include "tomada/backup.h"

namespace tomada {

absl::Status BackUp(const Plugin& plugin, Component* component, const std::string& directory) {
  if (auto* data = dynamic_cast<HasBackup*>(component)) return data->BackUp(directory);
  return absl::UnimplementedError(
      fmt::format("{} keeps nothing that can be copied here; docs/backup.md says what to do", plugin.name));
}

}  // namespace tomada
