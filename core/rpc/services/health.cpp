#include "rpc/services/health.h"

#include <optional>
#include <utility>

namespace tomada::rpc {

HealthService::HealthService(std::shared_ptr<ReadinessBoard> board, std::string transport) : board_(std::move(board)) {
  Add("", std::move(transport));
}

void HealthService::Add(std::string service, std::string provider) {
  providers_.emplace(std::move(service), std::move(provider));
}

void HealthService::Start() {
  subscription_ = board_->OnChange([this] { Changed(); });
}

void HealthService::Stop() {
  if (!stopped_.exchange(true)) Changed();
}

std::shared_ptr<Event> HealthService::NextChange() {
  std::lock_guard lock(mutex_);
  return next_change_;
}

void HealthService::Changed() {
  auto change = std::make_shared<Event>();
  {
    std::lock_guard lock(mutex_);
    change.swap(next_change_);
  }
  change->Set();
}

Service HealthService::Describe() {
  const auto* file = Request::descriptor()->file();
  return ServiceBuilder(*file->FindServiceByName("Health"))
      .Unary("Check", this, &HealthService::Check)
      .ServerStreaming("Watch", this, &HealthService::Watch)
      .Build();
}

HealthService::Response::ServingStatus HealthService::StatusOf(const std::string& service) const {
  auto found = providers_.find(service);
  if (found == providers_.end()) return Response::SERVICE_UNKNOWN;
  if (stopped_ || !board_->Of(found->second).ready) return Response::NOT_SERVING;
  return Response::SERVING;
}

Task<absl::Status> HealthService::Check(Call&, const Request& request, Response& response) {
  const Response::ServingStatus status = StatusOf(request.service());
  if (status == Response::SERVICE_UNKNOWN) co_return absl::NotFoundError("the server has no such service");
  response.set_status(status);
  co_return absl::OkStatus();
}

Task<absl::Status> HealthService::Watch(Call& call, const Request& request, Writer<Response> responses) {
  std::optional<Response::ServingStatus> told;
  for (;;) {
    const std::shared_ptr<Event> changed = NextChange();  // before anything is looked at
    const bool last = stopped_;
    const Response::ServingStatus status = StatusOf(request.service());
    if (status != told) {
      Response response;
      response.set_status(status);
      absl::Status written = co_await responses.Write(response);
      if (!written.ok()) co_return written;
      told = status;
    }
    if (last) co_return absl::UnavailableError("the server is shutting down");
    absl::Status waited = co_await changed->Wait(call);
    if (!waited.ok()) co_return waited;
  }
}

}  // namespace tomada::rpc
