#include "config.h"

namespace tomada::pistache_http {

// Not inline: gcc 12 takes the members for uninitialized where it is.
Config::Config() = default;

}  // namespace tomada::pistache_http
