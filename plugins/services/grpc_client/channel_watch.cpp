#include "channel_watch.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace tomada::grpc_client {

ChannelWatch::ChannelWatch(Remote& remote, StatusReporter status, Logger log, OnConnected on_connected)
    : status_(std::move(status)), log_(std::move(log)), on_connected_(std::move(on_connected)) {
  for (const auto& backend : remote.backends()) Look(watched_.emplace_back(Watched{backend.get(), "connecting"}));
  Report();
  thread_ = std::thread([this] { Run(); });
}

ChannelWatch::~ChannelWatch() {
  stop_.request_stop();
  thread_.join();
}

void ChannelWatch::Run() {
  for (Watched& watched : watched_) Await(watched);
  void* tag;
  bool changed;
  for (size_t awaited = watched_.size(); awaited > 0 && changes_.Next(&tag, &changed);) {
    if (stop_.stop_requested()) {
      --awaited;
      continue;
    }
    Watched& watched = *static_cast<Watched*>(tag);
    const bool connected = Look(watched);
    Report();
    if (connected) on_connected_(*watched.backend, stop_.get_token());
    Await(watched);
  }
}

bool ChannelWatch::Look(Watched& watched) {
  const grpc_connectivity_state state = watched.backend->channel().GetState(false);
  if (state == GRPC_CHANNEL_READY && !watched.cause.empty()) {
    watched.cause.clear();
    log_.Info("connected", {{"target", watched.backend->target()}});
    return true;
  }
  if (state != GRPC_CHANNEL_TRANSIENT_FAILURE) return false;
  const absl::Status probed = watched.backend->Probe();
  if (probed.ok() || probed.message() == watched.cause) return false;
  watched.cause = std::string(probed.message());
  log_.Warning("cannot reach the server", {{"cause", watched.backend->target() + ": " + watched.cause}});
  return false;
}

void ChannelWatch::Report() {
  std::string causes;
  for (const Watched& watched : watched_) {
    if (watched.cause.empty()) {
      causes.clear();
      break;
    }
    causes += fmt::format("{}{}: {}", causes.empty() ? "" : "; ", watched.backend->target(), watched.cause);
  }
  if (causes == reported_) return;
  reported_ = causes;
  if (causes.empty()) return status_.Ready();
  status_.NotReady(std::move(causes));
}

void ChannelWatch::Await(Watched& watched) {
  grpc::Channel& channel = watched.backend->channel();
  channel.NotifyOnStateChange(channel.GetState(/*try_to_connect=*/true),
                              std::chrono::system_clock::now() + std::chrono::milliseconds(200), &changes_, &watched);
}

}  // namespace tomada::grpc_client
