// Says why an address cannot be bound: gRPC only says that it could not.
#pragma once

#include <absl/status/status.h>

#include "tomada/config.h"

namespace tomada::grpc_server {

// Binds `address` for a moment. FAILED_PRECONDITION names the address and the cause. Looks the host name up, so it may
// take as long as that does.
absl::Status CheckBindable(const HostPort& address);

}  // namespace tomada::grpc_server
