// One server at the other end: a channel to it, and why it cannot be reached.
#pragma once

#include <memory>
#include <string>

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/status.h>

#include <absl/status/status.h>

#include "config.h"
#include "http2_connection.h"

namespace tomada::grpc_client {

// Thread-safe.
//
// Of a name with several addresses each is a server of its own, all behind one channel. The channel sends calls to the
// connected ones, round robin, and looks the name up again when it loses one. It repeats a call by itself only if
// nothing of it has been sent.
class Backend {
 public:
  Backend(std::string target, const Config& config, const std::shared_ptr<grpc::ChannelCredentials>& credentials);

  const std::string& target() const { return target_; }
  grpc::Channel& channel() { return *channel_; }
  grpc::GenericStub& stub() { return stub_; }
  // Beside the channel, for unary calls; null with TLS.
  Http2Connection* http2() { return http2_.get(); }
  // Ends the channel's pause between two attempts to connect.
  void ConnectNow() { grpc::experimental::ChannelResetConnectionBackoff(channel_.get()); }
  bool connected() const { return channel_->GetState(false) == GRPC_CHANNEL_READY; }

  // The cause in the status of a call that did not get as far as the server: "Connection refused".
  static std::string Cause(const grpc::Status& status);
  // Whether the call failed because its connection was lost. gRPC has no code for that, so the message is compared.
  static bool IsLost(const grpc::Status& status);
  // Makes a call without effect. OK when it reaches the server, else why it does not. Answers at once where the channel
  // has failed to connect; waits at most a second.
  absl::Status Probe();

 private:
  const std::string target_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  std::unique_ptr<Http2Connection> http2_;
};

}  // namespace tomada::grpc_client
