// The suite for services proves itself: those that are right pass, and each thing that can be wrong with one fails the
// case that is meant for it.
#include <string>

#include <gmock/gmock.h>

#include "run_conformance.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;

const std::string kService = TOMADA_FIXTURE_PLUGINS "/good/libmutant_service.so";

TEST(ServiceConformance, OneThatIsRightPasses) {
  const Result result = Conformance({"service", kService});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

TEST(ServiceConformance, UsuariosPassesOnItsStore) {
  const Result result = Conformance({"service", "--profile", "memory", "--component", "usuarios"});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

TEST(ServiceConformance, AdminPassesBesideItsHost) {
  const Result result = Conformance({"service", "--profile", "memory", "--component", "admin"});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

TEST(ServiceConformance, WhatCannotBeTestedIsExplained) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
      {{"service"}, "expected a plugin, or --profile NAME --component ID"},
      {{"service", "memory_store"}, "memory_store is a store, not a service"},
      {{"service", "usuarios"}, "a service that uses others is tested in a profile"},
      {{"service", "--profile", "memory"}, "--component says which service to test"},
      {{"service", "--profile", "memory", "--component", "store"}, "memory_store is a store, not a service"},
      {{"service", "--profile", "memory", "--component", "usuario"}, "no component `usuario` in the profile"},
      {{"service", kService, "--metadata", "x"}, "--metadata: expected NAME=VALUE, not `x`"},
      {{"service", kService, "--patience", "0"}, "--patience: `0` is no number of seconds"}};
  for (const auto& [arguments, message] : mistakes) {
    const Result result = Conformance(arguments);
    EXPECT_EQ(result.code, 2) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, "");
  }
}

struct ServiceMutant {
  std::string mutation;
  std::string meant;
};

class ServiceMutantTest : public ::testing::TestWithParam<ServiceMutant> {};

TEST_P(ServiceMutantTest, IsCaughtByTheCaseThatIsMeantForIt) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  if (GetParam().mutation == "leaves_a_call_behind")
    GTEST_SKIP() << "the sanitizers' allocator does not say how much is in use";
#endif
  const Result result = Conformance({"service", kService, "--set", "mutation=" + GetParam().mutation, "--filter",
                                     GetParam().meant, "--patience", "1"});
  EXPECT_EQ(result.code, 1) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("FAILED " + GetParam().meant + '\n'));
}

INSTANTIATE_TEST_SUITE_P(
    Conformance, ServiceMutantTest,
    ::testing::Values(ServiceMutant{"kind_is_wrong", "requests.MethodsAreThoseOfTheDescriptor"},
                      ServiceMutant{"throws_at_an_edge", "requests.EachFieldAtTheEdgesOfItsType"},
                      ServiceMutant{"a_break_is_an_end", "requests.AStreamThatBreaksOffIsNoEnd"},
                      ServiceMutant{"writes_on", "endings.ACancelledCallEndsAtEveryAwait"},
                      ServiceMutant{"throws_when_cancelled", "endings.ACancelledCallEndsAtEveryAwait"},
                      ServiceMutant{"cancel_is_ignored", "endings.ACancelledCallEndsAtEveryAwait"},
                      ServiceMutant{"goes_elsewhere", "requests.AnyFieldsWithAnyValues"},
                      ServiceMutant{"hangs_without_time", "endings.ACallWhoseDeadlineIsOverEnds"},
                      ServiceMutant{"hangs_while_it_drains", "endings.ACallWhileItDrainsIsAnswered"},
                      ServiceMutant{"hangs_after_a_stop", "endings.ACallAfterAStopEnds"},
                      ServiceMutant{"leaves_a_call_behind", "endings.NothingIsLeftOfACall"}),
    [](const auto& test) { return test.param.mutation; });

}  // namespace
}  // namespace tomada::testing
