// Admin: the host's view of itself as a service. See proto/admin.proto.
#pragma once

#include <string>
#include <vector>

#include "admin.pb.h"
#include "tomada/host_control.h"
#include "tomada/host_view.h"
#include "tomada/service.h"

namespace tomada::admin {

class Admin final : public ServiceProvider {
 public:
  // Both outlive it. A null `control`: nothing can be changed, and what would is not shown. An empty `backups`: no
  // backups are made.
  explicit Admin(const HostView& host, HostControl* control = nullptr, std::string backups = "");

  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  const std::vector<Service>& services() const override { return services_; }

 private:
  using HttpBody = google::api::HttpBody;

  Service Describe();
  Task<absl::Status> Alive(Call& call, const v1::AliveRequest& request, HttpBody& response);
  Task<absl::Status> Ready(Call& call, const v1::ReadyRequest& request, HttpBody& response);
  Task<absl::Status> ListComponents(Call& call, const v1::ListComponentsRequest& request,
                                    v1::ListComponentsResponse& response);
  Task<absl::Status> GetConfig(Call& call, const v1::GetConfigRequest& request, v1::GetConfigResponse& response);
  Task<absl::Status> GetMetrics(Call& call, const v1::GetMetricsRequest& request, HttpBody& response);
  Task<absl::Status> SetLogLevel(Call& call, const v1::SetLogLevelRequest& request, v1::SetLogLevelResponse& response);
  Task<absl::Status> BackUp(Call& call, const v1::BackUpRequest& request, v1::BackUpResponse& response);

  const HostView& host_;
  HostControl* const control_;
  const std::string backups_;
  const std::vector<Service> services_;
};

}  // namespace tomada::admin
