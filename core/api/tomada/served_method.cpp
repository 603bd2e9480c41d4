#include "tomada/served_method.h"

#include <utility>

#include <fmt/format.h>

namespace tomada {
namespace {

std::string Seconds(std::chrono::nanoseconds took) {
  return fmt::format("{:.6f}s", std::chrono::duration<double>(took).count());
}

}  // namespace

ServedMethod::ServedMethod(Metrics metrics, Logger log, std::string_view transport,
                           const google::protobuf::MethodDescriptor& method)
    : ServedMethod(std::move(metrics), std::move(log), transport, method.service()->full_name(), method.name()) {}

ServedMethod::ServedMethod(Metrics metrics, Logger log, std::string_view transport)
    : ServedMethod(std::move(metrics), std::move(log), transport, "unknown", "unknown") {}

ServedMethod::ServedMethod(Metrics metrics, Logger log, std::string_view transport, std::string service,
                           std::string method)
    : metrics_(std::move(metrics)),
      log_(std::move(log)),
      name_(fmt::format("{}/{}", service, method)),
      labels_{{"transport", std::string(transport)}, {"service", std::move(service)}, {"method", std::move(method)}},
      in_flight_(metrics_.gauge("tomada_requests_in_flight", "Requests that have begun and not ended.", labels_)),
      duration_(metrics_.histogram("tomada_request_duration_seconds", "How long requests took.", Histogram::Durations(),
                                   labels_)) {}

void ServedMethod::Ended(Call& call, absl::StatusCode code, std::chrono::nanoseconds took) {
  in_flight_.Add(-1);
  Ends(code).Add();
  duration_.Observe(std::chrono::duration<double>(took).count());
  if (!log_.TakesRequest()) return;
  log_.Info(
      "request",
      {{"method", name_}, {"code", absl::StatusCodeToString(code)}, {"took", Seconds(took)}, {"call", call.id()}});
}

void ServedMethod::Refused(absl::StatusCode code, std::string_view id) {
  Ends(code).Add();
  if (!log_.TakesRequest()) return;
  log_.Info("request", {{"method", name_}, {"code", absl::StatusCodeToString(code)}, {"call", std::string(id)}});
}

const Counter& ServedMethod::Ends(absl::StatusCode code) {
  const auto index =
      static_cast<size_t>(code) < kCodes ? static_cast<size_t>(code) : static_cast<size_t>(absl::StatusCode::kUnknown);
  std::call_once(made_[index], [&] {
    MetricLabels labels = labels_;
    labels.emplace_back("code", absl::StatusCodeToString(static_cast<absl::StatusCode>(index)));
    ended_[index] = metrics_.counter("tomada_requests_total", "Requests that have ended, by code.", std::move(labels));
  });
  return ended_[index];
}

}  // namespace tomada
