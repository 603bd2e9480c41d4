#include "admin.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <absl/strings/cord.h>
#include <absl/time/time.h>

#include "prometheus_text.h"
#include "readiness_text.h"

namespace tomada::admin {
namespace {

constexpr char kText[] = "text/plain; charset=utf-8";
// A detail of this type is the body that pistache_http answers an error with; over gRPC it is one of the status's
// details.
constexpr char kBodyDetail[] = "type.googleapis.com/google.api.HttpBody";

v1::Component::State StateOf(ComponentState state) {
  switch (state) {
    case ComponentState::kStarting: return v1::Component::STARTING;
    case ComponentState::kReady: return v1::Component::READY;
    case ComponentState::kDegraded: return v1::Component::DEGRADED;
    case ComponentState::kNotReady: return v1::Component::NOT_READY;
  }
  return v1::Component::STATE_UNSPECIFIED;
}

void Fill(const ComponentStatus& status, v1::Component& component) {
  component.set_id(status.id);
  component.set_plugin(status.plugin);
  component.set_version(status.version);
  component.set_kind(status.kind);
  for (const auto& [port, ids] : status.uses)
    (*component.mutable_uses())[port].mutable_ids()->Assign(ids.begin(), ids.end());
  component.set_state(StateOf(status.state));
  const absl::Duration since = status.since - absl::UnixEpoch();
  component.mutable_since()->set_seconds(absl::ToInt64Seconds(since));
  component.mutable_since()->set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(since % absl::Seconds(1))));
  component.mutable_through()->Assign(status.through.begin(), status.through.end());
  component.set_reason(status.reason);
}

std::optional<LogLevel> LevelOf(v1::SetLogLevelRequest::Level level) {
  switch (level) {
    case v1::SetLogLevelRequest::DEBUG: return LogLevel::kDebug;
    case v1::SetLogLevelRequest::INFO: return LogLevel::kInfo;
    case v1::SetLogLevelRequest::WARNING: return LogLevel::kWarning;
    case v1::SetLogLevelRequest::ERROR: return LogLevel::kError;
    default: return std::nullopt;
  }
}

// Of a folder that lies right in another: it leads nowhere else.
bool IsBackupName(std::string_view name) {
  const auto character = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !name.empty() && name.size() <= 128 && name.front() != '.' && std::ranges::all_of(name, character);
}

// Cannot be seen where it is off.
Task<bool> IsNoChange(Call&, const google::protobuf::MethodDescriptor& method) {
  co_return method.name() != "SetLogLevel" && method.name() != "BackUp";
}

absl::Status ChangesAreOff() {
  return absl::PermissionDeniedError("changes are off: say `allow_changes: true` in the config of the admin");
}

}  // namespace

Admin::Admin(const HostView& host, HostControl* control, std::string backups)
    : host_(host), control_(control), backups_(std::move(backups)), services_{Describe()} {}

Service Admin::Describe() {
  Service service = ServiceBuilder(*v1::AliveRequest::descriptor()->file()->FindServiceByName("Admin"))
                        .Unary("Alive", this, &Admin::Alive)
                        .Unary("Ready", this, &Admin::Ready)
                        .Unary("ListComponents", this, &Admin::ListComponents)
                        .Unary("GetConfig", this, &Admin::GetConfig)
                        .Unary("GetMetrics", this, &Admin::GetMetrics)
                        .Unary("SetLogLevel", this, &Admin::SetLogLevel)
                        .Unary("BackUp", this, &Admin::BackUp)
                        .Build();
  service.internal = true;
  if (control_ == nullptr) service.visible = IsNoChange;
  return service;
}

Task<absl::Status> Admin::Alive(Call&, const v1::AliveRequest&, HttpBody& response) {
  response.set_content_type(kText);
  response.set_data("alive\n");
  co_return absl::OkStatus();
}

Task<absl::Status> Admin::Ready(Call&, const v1::ReadyRequest& request, HttpBody& response) {
  const Readiness readiness = host_.readiness();
  response.set_content_type(kText);
  response.set_data(ReadinessLine(readiness));
  if (request.has_verbose() && request.verbose() != "false")
    response.mutable_data()->append(ComponentLines(host_.components(), std::chrono::steady_clock::now()));
  if (readiness.ready) co_return absl::OkStatus();
  absl::Status status = absl::UnavailableError("not ready: " + readiness.reason);
  status.SetPayload(kBodyDetail, absl::Cord(response.SerializeAsString()));
  co_return status;
}

Task<absl::Status> Admin::ListComponents(Call&, const v1::ListComponentsRequest&,
                                         v1::ListComponentsResponse& response) {
  for (const ComponentStatus& status : host_.components()) Fill(status, *response.add_components());
  const BuildInfo build = host_.build();
  response.set_version(build.version);
  response.set_stamp(build.stamp);
  co_return absl::OkStatus();
}

Task<absl::Status> Admin::GetConfig(Call&, const v1::GetConfigRequest&, v1::GetConfigResponse& response) {
  for (const ConfigSetting& in_force : host_.config()) {
    v1::Setting& setting = *response.add_settings();
    setting.set_component(in_force.component);
    setting.set_key(in_force.key);
    setting.set_value(in_force.value);
    setting.set_origin(in_force.origin);
  }
  co_return absl::OkStatus();
}

Task<absl::Status> Admin::GetMetrics(Call&, const v1::GetMetricsRequest&, HttpBody& response) {
  response.set_content_type(kPrometheusText);
  response.set_data(PrometheusText(host_.CollectMetrics()));
  co_return absl::OkStatus();
}

Task<absl::Status> Admin::SetLogLevel(Call&, const v1::SetLogLevelRequest& request, v1::SetLogLevelResponse&) {
  if (control_ == nullptr) co_return ChangesAreOff();
  const std::optional<LogLevel> level = LevelOf(request.level());
  if (!level) co_return absl::InvalidArgumentError("`level` is DEBUG, INFO, WARNING or ERROR");
  co_return control_->SetLogLevel(request.id(), *level);
}

Task<absl::Status> Admin::BackUp(Call& call, const v1::BackUpRequest& request, v1::BackUpResponse& response) {
  if (control_ == nullptr) co_return ChangesAreOff();
  if (backups_.empty()) {
    co_return absl::FailedPreconditionError("there is no folder for it: say `backups: DIR` in the config of the admin");
  }
  if (!IsBackupName(request.name())) {
    co_return absl::InvalidArgumentError("`name` is 1 to 128 letters, digits, `-`, `_` and `.`, not first");
  }
  const std::string directory = backups_ + "/" + request.name();
  absl::Status copied = co_await control_->BackUp(call, request.id(), directory);
  if (copied.ok()) response.set_directory(directory);
  co_return copied;
}

}  // namespace tomada::admin
