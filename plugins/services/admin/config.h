// What the profile may say about the admin service.
#pragma once

#include <string>

#include "tomada/config.h"

namespace tomada::admin {

struct Config : ConfigKeys<Config> {
  bool allow_changes = Key("allow_changes", &Config::allow_changes, false)
                           .Help("Whoever can reach it may change log levels and, with `backups`, copy stores.");
  std::string backups = Key("backups", &Config::backups)
                            .Claims(Claim::kDirectory)
                            .Help("The folder in which copies of stores are made, each in a folder of its own.");

  absl::Status Check() const {
    if (backups.empty() || allow_changes) return absl::OkStatus();
    return absl::InvalidArgumentError("`backups` is of no use without `allow_changes: true`");
  }
};

}  // namespace tomada::admin
