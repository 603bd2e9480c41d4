#include "echo_server.h"

#include <gtest/gtest.h>

#include "test_service.h"

namespace tomada::pistache_http {

EchoServer::EchoServer(const google::protobuf::ServiceDescriptor& descriptor,
                       const std::function<void(Config&)>& change)
    : service_(descriptor) {
  Config config;
  config.listen.port = 0;
  config.workers = 1;
  config.emit_empty_lists = false;  // bodies of tests are short
  change(config);
  server_ = std::make_unique<Server>(config, Server::Providers{{"echo", &service_}}, QuietLogger());
  absl::Status started = server_->Start();
  EXPECT_TRUE(started.ok()) << started;
}

}  // namespace tomada::pistache_http
