// Plain TCP to a server that has one address.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "tomada/unique_fd.h"

namespace tomada::grpc_client {

// A connected socket that does not block; empty when that failed, when it took longer than `timeout`, when `stop`
// became true, and when the name has several addresses or is not "host:port". Looking up a name waits for the
// resolver.
UniqueFd ConnectSocket(const std::string& target, std::chrono::nanoseconds timeout, const std::atomic<bool>& stop);

}  // namespace tomada::grpc_client
