#include "watch.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tomada::grpc_client {

Watch::Watch(Wire& wire, StatusReporter status, Logger log, OnConnected on_connected)
    : wire_(wire), status_(std::move(status)), log_(std::move(log)), on_connected_(std::move(on_connected)) {
  Backend::Standing connecting;
  connecting.cause = "connecting";
  told_.resize(wire.backends().size(), connecting);
  Report();
  thread_ = std::jthread([this](std::stop_token stop) { Run(std::move(stop)); });
}

void Watch::Run(std::stop_token stop) {
  std::vector<Backend::Standing> standings(told_.size());  // as they are before anything was tried
  for (;;) {
    standings = wire_.AwaitChange(standings, stop);
    if (stop.stop_requested()) return;
    std::vector<const Backend*> connected;
    for (size_t i = 0; i < told_.size(); ++i) {
      const Backend& backend = *wire_.backends()[i];
      if (Take(backend, standings[i], told_[i])) connected.push_back(&backend);
    }
    Report();
    for (const Backend* backend : connected) on_connected_(*backend, stop);
  }
}

bool Watch::Take(const Backend& backend, const Backend::Standing& now, Backend::Standing& told) {
  const Backend::Standing before = told;
  if (now.connected || !now.cause.empty()) told = now;
  if (told.connected && !before.connected) log_.Info("connected", {{"target", backend.target()}});
  if (!told.connected && told.cause != before.cause) {
    log_.Warning("cannot reach the server", {{"cause", backend.target() + ": " + told.cause}});
  }
  return told.connected && !before.connected;
}

void Watch::Report() {
  Reported report;
  for (size_t i = 0; i < told_.size(); ++i) {
    const auto& [connected, cause, next_try] = told_[i];
    if (connected) {
      report = Reported();
      break;
    }
    report.causes += fmt::format("{}{}: {}", report.causes.empty() ? "" : "; ", wire_.backends()[i]->target(), cause);
    if (next_try) report.next_try = std::min(report.next_try.value_or(*next_try), *next_try);
  }
  if (report == reported_) return;
  reported_ = report;
  if (report.causes.empty()) return status_.Ready();
  status_.NotReady(std::move(report.causes), report.next_try);
}

}  // namespace tomada::grpc_client
