// The suite for middleware proves itself: one that lets everything through passes, and each thing that can be wrong
// with one fails the case that is meant for it.
#include <string>

#include <gmock/gmock.h>

#include "run_conformance.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;

const std::string kMiddleware = TOMADA_FIXTURE_PLUGINS "/good/libmutant_middleware.so";

TEST(MiddlewareConformance, OneThatIsRightPasses) {
  const Result result = Conformance({"middleware", kMiddleware});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

TEST(MiddlewareConformance, WhatIsNoMiddlewareIsRefused) {
  EXPECT_THAT(Conformance({"middleware", TOMADA_FIXTURE_PLUGINS "/good/libecho_service.so"}).err,
              HasSubstr("is no middleware: it has no port for services"));
  EXPECT_THAT(Conformance({"middleware", "memory_store"}).err, HasSubstr("memory_store is a store, not a service"));
}

struct MiddlewareMutant {
  std::string mutation;
  std::string meant;
};

class MiddlewareMutantTest : public ::testing::TestWithParam<MiddlewareMutant> {};

TEST_P(MiddlewareMutantTest, IsCaughtByTheCaseThatIsMeantForIt) {
  const Result result = Conformance({"middleware", kMiddleware, "--set", "mutation=" + GetParam().mutation, "--filter",
                                     GetParam().meant, "--patience", "2"});
  EXPECT_NE(result.code, 0) << result.out;
  // One that never ends takes the program with it, which names the case.
  EXPECT_THAT(result.out + result.err,
              ::testing::AnyOf(HasSubstr("FAILED " + GetParam().meant + '\n'), HasSubstr("the task hangs")));
}

INSTANTIATE_TEST_SUITE_P(
    Conformance, MiddlewareMutantTest,
    ::testing::Values(MiddlewareMutant{"requests_are_gathered", "passing.StreamsPassOneMessageAtATime/bidi"},
                      MiddlewareMutant{"details_are_lost", "passing.ErrorsKeepCodeTextAndDetails/unary"},
                      MiddlewareMutant{"codes_are_one", "passing.ErrorsKeepCodeTextAndDetails/bidi"},
                      MiddlewareMutant{"headers_are_lost", "passing.MetadataDeadlineAndPeerPass/client_stream"},
                      MiddlewareMutant{"throws_at_an_await", "endings.ACancelledCallEndsAtEveryAwait/unary"},
                      MiddlewareMutant{"goes_elsewhere", "passing.MessagesPassUnchangedAndInOrder/unary"},
                      MiddlewareMutant{"hangs_after_stop", "endings.ACallAfterAStopEnds/unary"}),
    [](const auto& test) { return test.param.mutation; });

}  // namespace
}  // namespace tomada::testing
