#include "tomada/status.h"

#include <string>
#include <utility>
#include <vector>

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>

#include <absl/strings/cord.h>
#include <gtest/gtest.h>

#include "tomada/store.h"

namespace tomada {
namespace {

constexpr char kBadRequest[] = "type.googleapis.com/google.rpc.BadRequest";

TEST(FieldViolations, NoneIsOk) {
  FieldViolations violations;
  EXPECT_TRUE(violations.empty());
  EXPECT_EQ(violations.ToStatus(), absl::OkStatus());
}

TEST(FieldViolations, AllAreTold) {
  FieldViolations violations;
  violations.Add("usuario.nome", "must have 1 to 200 characters");
  violations.Add("usuario.email", "must be an address");
  EXPECT_FALSE(violations.empty());
  const absl::Status status = violations.ToStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "invalid request: usuario.nome: must have 1 to 200 characters; usuario.email: must be an address");
  google::rpc::BadRequest details;
  ASSERT_TRUE(details.ParseFromString(std::string(status.GetPayload(kBadRequest).value())));
  ASSERT_EQ(details.field_violations_size(), 2);
  EXPECT_EQ(details.field_violations(1).field(), "usuario.email");
  EXPECT_EQ(details.field_violations(1).description(), "must be an address");
}

TEST(RpcStatus, RoundTripKeepsCodeMessageAndDetails) {
  FieldViolations violations;
  violations.Add("id", "must not be empty");
  const absl::Status status = violations.ToStatus();
  const google::rpc::Status rpc = ToRpcStatus(status);
  EXPECT_EQ(rpc.code(), 3);
  ASSERT_EQ(rpc.details_size(), 1);
  EXPECT_TRUE(rpc.details(0).Is<google::rpc::BadRequest>());
  EXPECT_EQ(FromRpcStatus(rpc), status);
}

// A gateway passes on what it does not know: two of one type, types of others, in the server's order.
TEST(RpcStatus, DetailsOfAnotherServerComeBackAsTheyWere) {
  google::rpc::Status rpc;
  rpc.set_code(5);
  for (const auto& [type_url, value] :
       std::vector<std::pair<std::string, std::string>>{{"type.googleapis.com/x.Unknown", "2"},
                                                        {"example.com/x.Other", "1"},
                                                        {"type.googleapis.com/google.rpc.RetryInfo", ""},
                                                        {"type.googleapis.com/x.Unknown", "1"}}) {
    google::protobuf::Any* detail = rpc.add_details();
    detail->set_type_url(type_url);
    detail->set_value(value);
  }
  absl::Status status = FromRpcStatus(rpc);
  EXPECT_EQ(ToRpcStatus(status).SerializeAsString(), rpc.SerializeAsString());
  EXPECT_EQ(status.GetPayload("type.googleapis.com/x.Unknown"), absl::Cord("2"));

  status.SetPayload("type.googleapis.com/x.Added", absl::Cord("here"));
  const google::rpc::Status with_ours = ToRpcStatus(status);
  ASSERT_EQ(with_ours.details_size(), 5);
  EXPECT_EQ(with_ours.details(4).value(), "here");
}

TEST(RpcStatus, EveryCodeKeepsItsNumber) {
  for (int code = 1; code <= 16; ++code) {
    google::rpc::Status rpc;
    rpc.set_code(code);
    rpc.set_message("m");
    EXPECT_EQ(static_cast<int>(FromRpcStatus(rpc).code()), code);
    EXPECT_EQ(ToRpcStatus(FromRpcStatus(rpc)).code(), code);
  }
}

TEST(RpcStatus, UnknownCodesBecomeUnknownAndZeroIsOk) {
  google::rpc::Status rpc;
  rpc.set_message("strange");
  for (int code : {-1, 17, 1000}) {
    rpc.set_code(code);
    EXPECT_EQ(FromRpcStatus(rpc), absl::UnknownError("strange"));
  }
  rpc.set_code(0);
  rpc.add_details()->set_type_url(kBadRequest);
  EXPECT_EQ(FromRpcStatus(rpc), absl::OkStatus());
  EXPECT_EQ(ToRpcStatus(absl::OkStatus()).SerializeAsString(), "");
}

TEST(RpcStatus, WhatIsInternalStaysInTheProcess) {
  absl::Status status = TakenError("email");
  ASSERT_EQ(TakenIndex(status), "email");
  EXPECT_EQ(ToRpcStatus(status).details_size(), 0);

  // Nor does a peer's word count as ours.
  google::rpc::Status rpc = ToRpcStatus(status);
  rpc.add_details()->set_type_url("tomada/write-outcome");
  rpc.mutable_details(0)->set_value("not applied");
  EXPECT_EQ(OutcomeOf(FromRpcStatus(rpc)), WriteOutcome::kUnknown);
}

TEST(RpcStatus, ANameThatOnlyContainsTheClientsPrefixIsInternal) {
  absl::Status status = absl::InternalError("m");
  status.SetPayload("x/type.googleapis.com/google.rpc.BadRequest", absl::Cord("secret"));
  EXPECT_EQ(ToRpcStatus(status).details_size(), 0);
}

}  // namespace
}  // namespace tomada
