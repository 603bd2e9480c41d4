#include "channel_watch.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tomada::grpc_client {
namespace {

constexpr std::chrono::milliseconds kLook{200};
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr double kGrowth = 1.6;
constexpr double kJitter = 0.2;

}  // namespace

ChannelWatch::ChannelWatch(Remote& remote, std::chrono::nanoseconds max_backoff, StatusReporter status, Logger log,
                           OnConnected on_connected)
    : max_backoff_(max_backoff),
      status_(std::move(status)),
      log_(std::move(log)),
      on_connected_(std::move(on_connected)) {
  for (const auto& backend : remote.backends()) Look(watched_.emplace_back(backend.get()));
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
    watched.next_try.reset();
    log_.Info("connected", {{"target", watched.backend->target()}});
    return true;
  }
  if (state != GRPC_CHANNEL_TRANSIENT_FAILURE) return false;
  TryAgain(watched);
  const absl::Status probed = watched.backend->Probe();
  if (probed.ok() || probed.message() == watched.cause) return false;
  watched.cause = std::string(probed.message());
  log_.Warning("cannot reach the server", {{"cause", watched.backend->target() + ": " + watched.cause}});
  return false;
}

void ChannelWatch::TryAgain(Watched& watched) {
  const Clock::time_point now = Clock::now();
  if (watched.next_try && now < *watched.next_try) return;
  if (watched.next_try) watched.backend->ConnectNow();
  const auto longer = std::chrono::duration_cast<Clock::duration>(watched.pause * kGrowth);
  watched.pause = watched.next_try ? std::min<Clock::duration>(longer, max_backoff_) : kFirstPause;
  std::uniform_real_distribution<double> jitter(1 - kJitter, 1 + kJitter);
  watched.next_try = now + std::chrono::duration_cast<Clock::duration>(watched.pause * jitter(random_));
}

void ChannelWatch::Report() {
  Reported report;
  for (const Watched& watched : watched_) {
    if (watched.cause.empty()) {
      report = Reported();
      break;
    }
    report.causes +=
        fmt::format("{}{}: {}", report.causes.empty() ? "" : "; ", watched.backend->target(), watched.cause);
    if (watched.next_try) report.next_try = std::min(report.next_try.value_or(*watched.next_try), *watched.next_try);
  }
  if (report == reported_) return;
  reported_ = report;
  if (report.causes.empty()) return status_.Ready();
  status_.NotReady(std::move(report.causes), report.next_try);
}

void ChannelWatch::Await(Watched& watched) {
  Clock::duration wait = kLook;
  const Clock::time_point now = Clock::now();
  if (watched.next_try && *watched.next_try > now) wait = std::min<Clock::duration>(wait, *watched.next_try - now);
  grpc::Channel& channel = watched.backend->channel();
  channel.NotifyOnStateChange(channel.GetState(/*try_to_connect=*/true), std::chrono::system_clock::now() + wait,
                              &changes_, &watched);
}

}  // namespace tomada::grpc_client
