#include "channel_watch.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace tomada::grpc_client {

ChannelWatch::ChannelWatch(Remote& remote, StatusReporter status, Logger log)
    : remote_(remote),
      status_(std::move(status)),
      log_(std::move(log)),
      reported_(fmt::format("{}: connecting", remote.target())) {
  status_.NotReady(reported_);
  thread_ = std::thread([this] { Run(); });
}

ChannelWatch::~ChannelWatch() {
  stopped_ = true;
  thread_.join();
}

void ChannelWatch::Run() {
  while (!stopped_) {
    const grpc_connectivity_state state = remote_.channel().GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) Connected();
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE) Failed();
    remote_.channel().WaitForStateChange(state, std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  }
}

void ChannelWatch::Connected() {
  if (reported_.empty()) return;
  reported_.clear();
  log_.Info("connected", {{"target", remote_.target()}});
  status_.Ready();
}

void ChannelWatch::Failed() {
  const absl::Status probed = remote_.Probe();
  if (probed.ok()) return;
  std::string why =
      fmt::format("{}: {}", remote_.target(), std::string_view(probed.message().data(), probed.message().size()));
  if (why == reported_) return;
  reported_ = std::move(why);
  log_.Warning("cannot reach the server", {{"cause", reported_}});
  status_.NotReady(reported_);
}

}  // namespace tomada::grpc_client
