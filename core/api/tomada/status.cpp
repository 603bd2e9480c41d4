#include "tomada/status.h"

#include <algorithm>
#include <functional>
#include <map>

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>

#include <absl/strings/cord.h>
#include <absl/strings/match.h>

namespace tomada {
namespace {

constexpr char kClientDetails[] = "type.googleapis.com/";
// A google.rpc.Status with all details that a server has sent. Payloads are one for each type and in no order.
constexpr char kReceivedDetails[] = "tomada.received_details";

bool IsClientDetail(const google::protobuf::Any& detail) { return absl::StartsWith(detail.type_url(), kClientDetails); }

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
  if (auto received = status.GetPayload(kReceivedDetails)) {
    google::rpc::Status all;
    if (all.ParseFromString(std::string(*received))) rpc.mutable_details()->Swap(all.mutable_details());
  }
  std::map<std::string, std::string> set_here;  // in a fixed order
  status.ForEachPayload([&](absl::string_view type_url, const absl::Cord& payload) {
    if (absl::StartsWith(type_url, kClientDetails)) set_here.emplace(type_url, payload);
  });
  for (const auto& own : set_here) {
    const bool received = std::ranges::any_of(rpc.details(), [&own](const google::protobuf::Any& detail) {
      return detail.type_url() == own.first && detail.value() == own.second;
    });
    if (received) continue;
    google::protobuf::Any* detail = rpc.add_details();
    detail->set_type_url(own.first);
    detail->set_value(own.second);
  }
  return rpc;
}

absl::Status FromRpcStatus(const google::rpc::Status& rpc) {
  bool known = rpc.code() >= 0 && rpc.code() <= static_cast<int>(absl::StatusCode::kUnauthenticated);
  absl::Status status(known ? static_cast<absl::StatusCode>(rpc.code()) : absl::StatusCode::kUnknown, rpc.message());
  if (status.ok()) return status;
  for (const google::protobuf::Any& detail : rpc.details()) {
    if (IsClientDetail(detail) && !status.GetPayload(detail.type_url())) {
      status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
  if (rpc.details_size() > 1 || std::ranges::any_of(rpc.details(), std::not_fn(IsClientDetail))) {
    google::rpc::Status all;
    *all.mutable_details() = rpc.details();
    status.SetPayload(kReceivedDetails, absl::Cord(all.SerializeAsString()));
  }
  return status;
}

}  // namespace tomada
