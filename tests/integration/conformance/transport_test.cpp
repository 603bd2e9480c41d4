// The suite for transports, as it ships, proves itself: those of this tree pass, one of somebody else's passes by a
// driver of his own, and each thing that can be wrong with it fails the case that is meant for it.
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "run_conformance.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kLine = TOMADA_FIXTURE_PLUGINS "/good/libline_transport.so";
const std::string kLineDriver = TOMADA_FIXTURE_PLUGINS "/drivers/libline_driver.so";

TEST(TransportConformance, GrpcServerPassesAsItShips) {
  const Result result = Conformance({"transport", "grpc_server", "--driver", "grpc"});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

TEST(TransportConformance, PistacheHttpPassesAsItShips) {
  const Result result = Conformance({"transport", "pistache_http", "--driver", "http"});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("skipped")) << "what a wire cannot carry is said";
}

TEST(TransportConformance, ATransportOfSomebodyElsesPasses) {
  const Result result = Conformance({"transport", kLine, "--driver", kLineDriver});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

TEST(TransportConformance, ThereAreMoreThanAHundredCasesInNineAreas) {
  const Result result = Conformance({"transport", "--list"});
  EXPECT_EQ(result.code, 0);
  EXPECT_GE(std::ranges::count(result.out, '\n'), 100);
  for (const char* area : {"back_pressure.", "cancellation.", "deadline.", "drain.", "executor.", "limits.",
                           "messages.", "metadata.", "status."}) {
    EXPECT_THAT('\n' + result.out, HasSubstr(std::string("\n") + area));
  }
}

TEST(TransportConformance, WhatCannotBeTestedIsExplained) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
      {{}, "expected a plugin"},
      {{kLine}, "--driver says who speaks to it"},
      {{kLine, "--driver", "smtp"}, "libsmtp_driver.so"},
      {{kLine, "--driver", kLine}, "is no driver"},
      {{"memory_store", "--driver", "http"}, "memory_store is a store, not a transport"},
      {{kLine, "--driver", kLineDriver, "--set", "limit=1"}, "no config key `limit`"},
      {{kLine, "--driver", kLineDriver, "--set", "limit"}, "expected NAME=VALUE"},
      {{kLine, "--driver", kLineDriver, "--patience", "0"}, "--patience: `0` is no number of seconds"}};
  for (const auto& [more, message] : mistakes) {
    std::vector<std::string> arguments = {"transport"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Result result = Conformance(arguments);
    EXPECT_EQ(result.code, 2) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, "");
  }
}

struct Mutant {
  std::string fault;
  std::string meant;  // the case that is meant to catch it
};

class TransportMutant : public ::testing::TestWithParam<Mutant> {};

TEST_P(TransportMutant, IsCaughtByTheCaseThatIsMeantForIt) {
  const Result result = Conformance({"transport", kLine, "--driver", kLineDriver, "--set", "fault=" + GetParam().fault,
                                     "--filter", GetParam().meant, "--patience", "2"});
  EXPECT_EQ(result.code, 1) << result.out;
  EXPECT_THAT(result.out, HasSubstr("FAILED " + GetParam().meant + '\n'));
  EXPECT_THAT(result.out, Not(HasSubstr("hangs: ")));
  EXPECT_THAT(result.err, Not(HasSubstr("crash")));
}

INSTANTIATE_TEST_SUITE_P(
    Conformance, TransportMutant,
    ::testing::Values(
        Mutant{"empty_messages_are_lost", "messages.AnEmptyMessageIsAMessage/unary"},
        Mutant{"every_tenth_is_lost", "messages.ManyRequestsKeepTheirOrder/client_stream"},
        Mutant{"unknown_fields_are_lost", "messages.UnknownFieldsArePassedOn/bidi"},
        Mutant{"garbage_is_an_end", "messages.WhatIsNoMessageIsInvalid/client_stream"},
        Mutant{"late_codes_are_unknown", "status.EveryCodeArrivesWithItsText/unary"},
        Mutant{"details_are_lost", "status.DetailsForTheClientArriveAndNoOthers/server_stream"},
        Mutant{"exceptions_are_told", "status.AnExceptionIsInternalAndTellsNothing/unary"},
        Mutant{"unknown_methods_are_internal", "status.AMethodThatNobodyOffersIsRefused"},
        Mutant{"metadata_is_lost", "metadata.TheClientsReachesTheHandlerInItsOrder/unary"},
        Mutant{"values_end_at_nul", "metadata.BinaryValuesOfTheClientHoldAnyBytes"},
        Mutant{"answers_have_no_head", "metadata.TheHandlersReachesTheClient/bidi"},
        Mutant{"errors_have_no_head", "metadata.TheHandlersComesWithAnErrorToo/unary"},
        Mutant{"peers_are_believed", "metadata.ThePeerIsTheClientWhateverItSays"},
        Mutant{"timeouts_are_ignored", "deadline.TheClientsReachesTheHandler/unary"},
        Mutant{"timeouts_have_no_limit", "deadline.TheTransportsOwnHoldsForClientsThatAskForMore"},
        Mutant{"calls_have_no_deadline", "deadline.ThereIsOneWithoutTheClients/unary"},
        Mutant{"deadline_ends_nothing", "deadline.TheTransportsOwnEndsTheCallAndTheClientIsTold/unary"},
        Mutant{"cuts_are_not_seen", "cancellation.ACutReachesTheHandler/unary"},
        Mutant{"cuts_are_ends", "cancellation.ACutOrACancelIsNotAnEndOfTheRequests/client_stream"},
        Mutant{"cuts_end_all", "cancellation.ACutLeavesTheCallsOfOthers"},
        Mutant{"writes_do_not_wait", "back_pressure.AClientThatDoesNotReadBoundsWhatIsSent/server_stream"},
        Mutant{"requests_are_fetched_ahead", "back_pressure.AHandlerThatDoesNotReadHoldsItsClientBack/client_stream"},
        Mutant{"limit_is_one_off", "limits.AMessageAtItsLimitPassesAndOneBeyondDoesNot/unary"},
        Mutant{"too_large_is_an_end", "limits.AMessageBeyondTheLimitIsNotAnEnd/client_stream"},
        Mutant{"connections_have_no_limit", "limits.ConnectionsBeyondTheLimitAreRefusedUntilOneGoes"},
        Mutant{"calls_have_no_limit", "limits.CallsBeyondTheLimitAreRefusedAtOnceUntilOneEnds/unary"},
        Mutant{"slots_are_freed_early", "limits.ASlotIsHeldUntilTheHandlerEnds/unary"},
        Mutant{"stop_has_no_grace", "drain.CallsThatAreOpenGoOnToTheirEnd/unary"},
        Mutant{"stop_says_ok", "drain.WhatOutlastsTheGraceIsCancelledAndToldUnavailable/unary"},
        Mutant{"stop_does_not_wait", "drain.StopWaitsForAHandlerThatDoesNotListen"},
        Mutant{"drain_does_nothing", "drain.NewCallsAreRefusedOnceItDrains"},
        Mutant{"handlers_leave_their_thread", "executor.EachCallKeepsToIt"}),
    [](const auto& test) { return test.param.fault; });

}  // namespace
}  // namespace tomada::testing
