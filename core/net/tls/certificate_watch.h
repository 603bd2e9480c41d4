// Sees to it that a server's certificates are those of its files, and that somebody learns in time when they end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include <absl/time/time.h>

#include "net/tls/server_context.h"
#include "tomada/log.h"
#include "tomada/metrics.h"

namespace tomada::net {

//   tomada_tls_certificate_expiry_timestamp_seconds{component, certificate}  when it ends, as a Unix time
//   tomada_tls_reloads_total{component, result}                              ok, failed
class CertificateWatch {
 public:
  // So long before a certificate ends it is told.
  static constexpr absl::Duration kNotice = absl::Hours(14 * 24);

  // `warn` is called on the thread of Start and then on its own, each time there is something else to say: what will
  // need somebody ("the certificate in /x.pem ends in 13 days"); empty when all is well. Each `interval` the content of
  // the files is compared: where a link is turned to others, as Kubernetes does, nothing else tells. The context
  // outlives this.
  CertificateWatch(TlsServerContext& context, Logger log, const Metrics& metrics,
                   std::function<void(const std::string& warning)> warn, std::chrono::milliseconds interval);
  // Returns when its thread has ended.
  ~CertificateWatch();

  void Start();

 private:
  void Run();
  void Look();
  void Report();
  void WarnOfReadableKeys();
  void RenewTickets();

  TlsServerContext& context_;
  const Logger log_;
  const Metrics metrics_;
  const std::function<void(const std::string&)> warn_;
  const std::chrono::milliseconds interval_;
  const Counter reloaded_, failed_;
  std::map<std::string, std::pair<Gauge, int64_t>> expiries_;  // with what each shows
  std::string mistake_;                                        // of the files as they were last; told when it stays
  std::string told_;
  std::string expiring_, warning_;  // as they were last told
  absl::Time warned_ = absl::InfinitePast();
  std::chrono::steady_clock::time_point new_tickets_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tomada::net
