// How a call has ended is told as the handler says: code, text, details.
#include "tomada/status.h"
#include "conformance/transport/transport_case.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_P(EachKind, EveryCodeArrivesWithItsText) {
  const auto connection = Connect();
  for (int code = 1; code <= 16; ++code) {
    const absl::Status end(static_cast<absl::StatusCode>(code), "não há 100%\n\"" + std::to_string(code) + "\"");
    service.Do({.writes = 0, .end = end});
    const Outcome outcome = Ask(*connection, kind());
    EXPECT_THAT(outcome, EndsWith(end.code()));
    EXPECT_EQ(outcome.end.message, end.message());
    EXPECT_TRUE(outcome.messages.empty());
  }
  service.Do({});
  EXPECT_THAT(Ask(*connection, kind()), EndsWith(absl::StatusCode::kOk)) << "errors do not hurt the connection";
}

TEST_P(EachKind, DetailsForTheClientArriveAndNoOthers) {
  TOMADA_NEEDS(kDetails);
  const auto connection = Connect();
  FieldViolations violations;
  violations.Add("probe.text", "another one would be right");
  absl::Status end = violations.ToStatus();
  const std::string type = "type.googleapis.com/google.rpc.BadRequest";
  const std::string detail(*end.GetPayload(type));
  end.SetPayload("tomada.inside", absl::Cord("segredo"));
  service.Do({.writes = 0, .end = end});
  const Outcome outcome = Ask(*connection, kind());
  EXPECT_THAT(outcome, EndsWith(absl::StatusCode::kInvalidArgument));
  ASSERT_EQ(outcome.end.details.size(), 1u);
  EXPECT_EQ(outcome.end.details[0].type_url(), type);
  EXPECT_EQ(outcome.end.details[0].value(), detail);
}

TEST_P(EachKind, AnExceptionIsInternalAndTellsNothing) {
  const auto connection = Connect();
  service.Do({.throws = true});
  const Outcome outcome = Ask(*connection, kind());
  EXPECT_THAT(outcome, EndsWith(absl::StatusCode::kInternal));
  EXPECT_THAT(outcome.end.message, Not(HasSubstr("segredo")));
  service.Do({});
  EXPECT_THAT(Ask(*connection, kind()), EndsWith(absl::StatusCode::kOk)) << "nor does it hurt the next call";
}

TEST_P(EachThatGivesAStream, AnErrorAfterAnswersIsToldAfterThem) {
  const auto connection = Connect();
  service.Do({.writes = 3, .end = absl::AbortedError("no fim")});
  const Outcome outcome = Ask(*connection, kind());
  EXPECT_EQ(outcome.messages.size(), 3u);
  EXPECT_THAT(outcome, EndsWith(absl::StatusCode::kAborted));
  EXPECT_EQ(outcome.end.message, "no fim");
}

TEST_F(TransportCase, AMethodWithoutAHandlerIsUnimplemented) {
  const auto connection = Connect();
  const auto call = connection->Call(*Probe::descriptor()->file()->service(0)->FindMethodByName("Unimplemented"), {});
  call->Send(Probe(), Patience());
  call->HalfClose();
  EXPECT_THAT(Finish(*call), EndsWith(absl::StatusCode::kUnimplemented));
}

TEST_F(TransportCase, AMethodThatNobodyOffersIsRefused) {
  const auto connection = Connect();
  const auto call = connection->Call(*Probe::descriptor()->file()->FindServiceByName("Absent")->method(0), {});
  call->Send(Probe(), Patience());
  call->HalfClose();
  EXPECT_THAT(Finish(*call).end.code, ::testing::AnyOf(absl::StatusCode::kUnimplemented, absl::StatusCode::kNotFound));
  EXPECT_THAT(Ask(*connection, MethodKind::kUnary), EndsWith(absl::StatusCode::kOk));
}

}  // namespace
}  // namespace tomada::testing
