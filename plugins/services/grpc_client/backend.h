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
// A name with several addresses is several servers behind one channel: calls go to those that are connected in turn,
// and the channel looks the name up again when one is lost. What never left this process is sent again by the channel,
// to whoever is there; nothing else is.
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
  // Whether the status is gRPC's own of a call whose connection was lost on the way. Only the text tells.
  static bool IsLost(const grpc::Status& status);
  // OK, or why a call that does nothing fails. For a channel that has failed to connect that comes at once; waits at
  // most a second.
  absl::Status Probe();

 private:
  const std::string target_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  std::unique_ptr<Http2Connection> http2_;
};

}  // namespace tomada::grpc_client
