// Plain TCP to one server.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "tomada/unique_fd.h"

namespace tomada::grpc_client {

struct Connected {
  UniqueFd socket;       // does not block; empty when there is no connection
  bool several = false;  // the name has several addresses, each a server of its own; none was tried
};

// Empty when it failed, took longer than `timeout` or `stop` became true, and when `target` is not "host:port". The
// addresses of localhost are one server, tried in turn. Looking up a name waits for the resolver.
Connected ConnectSocket(const std::string& target, std::chrono::nanoseconds timeout, const std::atomic<bool>& stop);

}  // namespace tomada::grpc_client
