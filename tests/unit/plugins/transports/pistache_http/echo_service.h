// A service whose methods answer with their request, for any descriptor where both are of one type.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "config.h"
#include "server.h"
#include "tomada/service.h"

namespace tomada::pistache_http {

class EchoService final : public ServiceProvider {
 public:
  // A method that streams answers three times, and then fails with ABORTED when it is called Failing.
  explicit EchoService(const google::protobuf::ServiceDescriptor& descriptor);

  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  const std::vector<Service>& services() const override { return services_; }

 private:
  std::vector<Service> services_;
};

// A server of one service with one worker, on a free port of this process.
class EchoServer {
 public:
  explicit EchoServer(
      const google::protobuf::ServiceDescriptor& descriptor,
      const std::function<void(Config&)>& change = [](Config&) {});

  const std::string& address() const { return server_->address(); }

 private:
  EchoService service_;
  std::unique_ptr<Server> server_;
};

}  // namespace tomada::pistache_http
