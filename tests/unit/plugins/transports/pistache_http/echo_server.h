// A server of methods that answer with their request.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <google/protobuf/descriptor.h>

#include "config.h"
#include "echo/echo_service.h"
#include "server.h"

namespace tomada::pistache_http {

// A server of one service with one worker, on a free port of this process.
class EchoServer {
 public:
  explicit EchoServer(
      const google::protobuf::ServiceDescriptor& descriptor,
      const std::function<void(Config&)>& change = [](Config&) {});

  const std::string& address() const { return server_->address(); }

 private:
  fixture::EchoService service_;
  std::unique_ptr<Server> server_;
};

}  // namespace tomada::pistache_http
