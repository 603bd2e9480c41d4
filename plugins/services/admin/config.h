// What the profile may say about the admin service: nothing.
#pragma once

#include "tomada/config.h"

namespace tomada::admin {

struct Config {
  static void Describe(ConfigDescription<Config>&) {}
};

}  // namespace tomada::admin
