#include "tomada/status.h"

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>

#include <absl/strings/cord.h>
#include <absl/strings/match.h>

namespace tomada {
namespace {

constexpr char kClientDetails[] = "type.googleapis.com/";

}  // namespace

void FieldViolations::Add(std::string field, std::string description) {
  violations_.push_back(Violation{std::move(field), std::move(description)});
}

absl::Status FieldViolations::ToStatus() const {
  if (empty()) return absl::OkStatus();
  google::rpc::BadRequest details;
  std::string message = "invalid request: ";
  for (const Violation& violation : violations_) {
    auto* added = details.add_field_violations();
    added->set_field(violation.field);
    added->set_description(violation.description);
    if (&violation != &violations_.front()) message += "; ";
    if (!violation.field.empty()) message += violation.field + ": ";
    message += violation.description;
  }
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kClientDetails + details.GetTypeName(), absl::Cord(details.SerializeAsString()));
  return status;
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status rpc;
  rpc.set_code(static_cast<int>(status.code()));
  rpc.set_message(std::string(status.message()));
  status.ForEachPayload([&rpc](absl::string_view type_url, const absl::Cord& payload) {
    if (!absl::StartsWith(type_url, kClientDetails)) return;
    google::protobuf::Any* detail = rpc.add_details();
    detail->set_type_url(std::string(type_url));
    detail->set_value(std::string(payload));
  });
  return rpc;
}

absl::Status FromRpcStatus(const google::rpc::Status& rpc) {
  bool known = rpc.code() >= 0 && rpc.code() <= static_cast<int>(absl::StatusCode::kUnauthenticated);
  absl::Status status(known ? static_cast<absl::StatusCode>(rpc.code()) : absl::StatusCode::kUnknown, rpc.message());
  if (status.ok()) return status;
  for (const google::protobuf::Any& detail : rpc.details()) {
    if (absl::StartsWith(detail.type_url(), kClientDetails)) {
      status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
  return status;
}

}  // namespace tomada
