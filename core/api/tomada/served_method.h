// ServedMethod: what every transport tells of the requests it serves, in metrics and in the log.
//
//   tomada_requests_total{component, transport, service, method, code}     how many have ended, by gRPC code
//   tomada_request_duration_seconds{component, transport, service, method} how long they took
//   tomada_requests_in_flight{component, transport, service, method}       how many have begun and not ended
//
// and a line "request" with method, code, duration and Call::id: see Logger::TakesRequest.
#ifndef TOMADA_SERVED_METHOD_H_
#define TOMADA_SERVED_METHOD_H_

#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>

#include <absl/status/status.h>

#include "tomada/call.h"
#include "tomada/log.h"
#include "tomada/metrics.h"

namespace tomada {

// One method of one transport. Made before the first request and kept; thread-safe.
class ServedMethod {
 public:
  // `transport` is the protocol: "http", "grpc".
  ServedMethod(Metrics metrics, Logger log, std::string_view transport,
               const google::protobuf::MethodDescriptor& method);
  // For requests that name no method that there is: service and method are "unknown", whatever the client sent.
  ServedMethod(Metrics metrics, Logger log, std::string_view transport);
  ServedMethod(const ServedMethod&) = delete;
  ServedMethod& operator=(const ServedMethod&) = delete;

  // Each Began is followed by one Ended, on any thread. The times are the caller's, which often has them already.
  void Began() { in_flight_.Add(1); }
  void Ended(Call& call, absl::StatusCode code, std::chrono::nanoseconds took);
  // A request that was answered before a call was made of it. `id` is what its client was told to call it by.
  void Refused(absl::StatusCode code, std::string_view id);

 private:
  static constexpr size_t kCodes = 17;

  ServedMethod(Metrics metrics, Logger log, std::string_view transport, std::string service, std::string method);
  const Counter& Ends(absl::StatusCode code);

  const Metrics metrics_;
  const Logger log_;
  const std::string name_;  // "usuarios.Usuarios/ObterUsuario"
  const MetricLabels labels_;
  const Gauge in_flight_;
  const Histogram duration_;
  std::array<std::once_flag, kCodes> made_;
  std::array<Counter, kCodes> ended_;  // by code, made when it first happens
};

}  // namespace tomada

#endif  // TOMADA_SERVED_METHOD_H_
