// What happens to clients against their will and must be seen: connections and requests that are refused or cut.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "tomada/call.h"
#include "tomada/log.h"
#include "tomada/metrics.h"

namespace tomada::net {

// One kind of it: counted each time, logged the first time and then once in kInterval at most. Thread-safe.
class Incident {
 public:
  static constexpr std::chrono::seconds kInterval{10};

  Incident(Counter counter, Logger log, LogLevel level, std::string_view message)
      : counter_(std::move(counter)), log_(std::move(log)), level_(level), message_(message) {}

  // `client` gives the client's address, and is called for a line only. The line has how many there were since the
  // last.
  void Count(Deadline now, std::string_view reason, const std::function<std::string()>& client);
  // For what is told as another.
  void CountSilently() { counter_.Add(); }

 private:
  const Counter counter_;
  const Logger log_;
  const LogLevel level_;
  const std::string_view message_;
  std::atomic<uint64_t> untold_{0};
  std::atomic<Deadline> next_line_{Deadline::min()};
};

// Those of a server, for all its workers.
//
//   tomada_connections_refused_total{component, reason}  connections that were not taken
//   tomada_connections_cut_total{component, reason}      connections whose clients did not read
//   tomada_http_refusals_total{component, status}        requests that the protocol itself refuses
class Incidents {
 public:
  Incidents(const Metrics& metrics, const Logger& log);

  Incident& OfStatus(int http_status);

  Incident too_many, too_many_of_peer, no_descriptors;  // connections refused
  Incident too_much_unsent, too_slow;                   // connections cut

 private:
  std::map<int, Incident> by_status_;
};

// How TLS handshakes end, for all workers of a server.
//
//   tomada_tls_handshakes_total{component, result}
class TlsIncidents {
 public:
  TlsIncidents(const Metrics& metrics, const Logger& log);

  const Counter full, resumed;  // well
  const Counter closed;         // the client has gone
  Incident failed, late, clear_text, crowded;
};

}  // namespace tomada::net
