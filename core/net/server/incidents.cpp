#include "net/server/incidents.h"

namespace tomada::net {
namespace {

// Those that a session gives by itself, and 500 for any other.
constexpr int kStatuses[] = {400, 408, 411, 413, 414, 417, 429, 431, 500, 501, 503, 505};

Counter Refused(const Metrics& metrics, std::string reason) {
  return metrics.counter("tomada_connections_refused_total", "Connections that were not taken.",
                         {{"reason", std::move(reason)}});
}

Counter Cut(const Metrics& metrics, std::string reason) {
  return metrics.counter("tomada_connections_cut_total",
                         "Connections that were closed because their clients did not read.",
                         {{"reason", std::move(reason)}});
}

Counter HandshakesThat(const Metrics& metrics, std::string result) {
  return metrics.counter("tomada_tls_handshakes_total", "TLS handshakes, by how they ended.",
                         {{"result", std::move(result)}});
}

constexpr std::string_view kHandshakesFail = "TLS handshakes fail";
constexpr std::string_view kRefused = "connections are refused";
constexpr std::string_view kCut = "connections are cut";

}  // namespace

void Incident::Count(Deadline now, std::string_view reason, const std::function<std::string()>& client) {
  counter_.Add();
  untold_.fetch_add(1, std::memory_order_relaxed);
  Deadline next = next_line_.load(std::memory_order_relaxed);
  if (now < next || !next_line_.compare_exchange_strong(next, now + kInterval)) return;
  const std::string count = std::to_string(untold_.exchange(0));
  if (level_ == LogLevel::kWarning) {
    log_.Warning(message_, {{"reason", std::string(reason)}, {"client", client()}, {"count", count}});
  } else {
    log_.Info(message_, {{"reason", std::string(reason)}, {"client", client()}, {"count", count}});
  }
}

Incidents::Incidents(const Metrics& metrics, const Logger& log)
    : too_many(Refused(metrics, "max_connections"), log, LogLevel::kWarning, kRefused),
      too_many_of_peer(Refused(metrics, "max_connections_per_peer"), log, LogLevel::kWarning, kRefused),
      no_descriptors(Refused(metrics, "descriptors"), log, LogLevel::kWarning, kRefused),
      too_much_unsent(Cut(metrics, "max_unsent"), log, LogLevel::kWarning, kCut),
      too_slow(Cut(metrics, "write_timeout"), log, LogLevel::kInfo, kCut) {
  for (const int status : kStatuses) {
    Counter counter = metrics.counter("tomada_http_refusals_total", "Requests that the protocol itself refuses.",
                                      {{"status", std::to_string(status)}});
    by_status_.try_emplace(status, std::move(counter), log, LogLevel::kInfo, "requests are refused");
  }
}

TlsIncidents::TlsIncidents(const Metrics& metrics, const Logger& log)
    : full(HandshakesThat(metrics, "full")),
      resumed(HandshakesThat(metrics, "resumed")),
      closed(HandshakesThat(metrics, "closed")),
      failed(HandshakesThat(metrics, "failed"), log, LogLevel::kInfo, kHandshakesFail),
      late(HandshakesThat(metrics, "timeout"), log, LogLevel::kInfo, kHandshakesFail),
      clear_text(HandshakesThat(metrics, "clear_text"), log, LogLevel::kInfo, kHandshakesFail),
      crowded(HandshakesThat(metrics, "crowded"), log, LogLevel::kWarning, kHandshakesFail) {}

Incident& Incidents::OfStatus(int http_status) {
  const auto found = by_status_.find(http_status);
  return found == by_status_.end() ? by_status_.at(500) : found->second;
}

}  // namespace tomada::net
