// Where a running host can be asked how it is, as its profile says.
#pragma once

#include <vector>

#include <absl/status/statusor.h>

#include "config/profile.h"
#include "tomada/config.h"

namespace tomada {

// The address of every component with a `listen` key that offers a component which uses `host`: of an HTTP front end of
// the admin service, whatever the plugins are called. Needs no plugin, so that asking is cheap. A wildcard address is
// returned as loopback. NOT_FOUND says what the profile lacks; FAILED_PRECONDITION that the system picks the port.
absl::StatusOr<std::vector<HostPort>> AdminAddresses(const Profile& profile);

}  // namespace tomada
