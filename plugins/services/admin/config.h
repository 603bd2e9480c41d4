// What the profile may say about the admin service: nothing.
#pragma once

#include "tomada/config.h"

namespace tomada::admin {

struct Config : ConfigKeys<Config> {};

}  // namespace tomada::admin
