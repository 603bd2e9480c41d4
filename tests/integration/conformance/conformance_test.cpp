// The suite for stores, as it ships, proves itself: a store that is right passes, and each thing that can be wrong with
// one fails the case that is meant for it.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "run_conformance.h"
#include "support/redis_server.h"
#include "support/temp_dir.h"

namespace tomada {
namespace {

using ::testing::AllOf;
using testing::Conformance;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ReadFile;
using testing::RedisServer;
using testing::Result;
using testing::TempDir;

std::string MutantStore() { return TOMADA_FIXTURE_PLUGINS "/good/libmutant_store.so"; }

TEST(Conformance, AStoreThatIsRightPasses) {
  const Result result = Conformance({MutantStore()});
  EXPECT_EQ(result.code, 0) << result.out;
  EXPECT_EQ(result.err, "");
}

TEST(Conformance, AStoreThatWaitsAndSurvivesPasses) {
  const Result result = Conformance({MutantStore(), "--set", "wait=1ms", "--set", "durable=true"});
  EXPECT_EQ(result.code, 0) << result.out;
}

TEST(Conformance, AStoreThatIsNoStalerThanItClaimsPasses) {
  const Result result = Conformance({MutantStore(), "--set", "mutation=get_is_stale", "--set", "staleness=11ms"});
  EXPECT_EQ(result.code, 0) << result.out;
}

TEST(Conformance, AnInstalledPluginIsFoundByItsName) {
  const Result result = Conformance({"memory_store", "--filter", "records.*", "--set", "shards=2"});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("memory_store 0.1.0: "));
}

TEST(Conformance, AStoreThatDoesNotStartIsSaidOnceAndNotInEachCase) {
  const Result result = Conformance({"rocksdb_store", "--set", "path=/proc/nowhere"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("rocksdb_store 0.1.0 does not start: cannot make the directory /proc/nowhere"));
  EXPECT_EQ(result.out, "");
}

// It would look as if cases hung.
TEST(Conformance, AStoreWithReadsTooOldToWaitForIsRefused) {
  const Result result = Conformance({MutantStore(), "--set", "staleness=30s"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("claims that reads may be 30s old"));
  EXPECT_THAT(result.err, HasSubstr("at most 1s"));
  EXPECT_EQ(result.out, "");
}

TEST(Conformance, ACacheBeforeADiskPassesAsTheProfileShips) {
  const TempDir dir;
  RedisServer redis;
  const Result result = Conformance({"--profile", "cache", "--component", "store",                       //
                                     "--set", "components.store.config.ttl=20ms",                        //
                                     "--set", "components.store.config.negative_ttl=20ms",               //
                                     "--set", "components.redis.config.url=redis://" + redis.address(),  //
                                     "--set", "components.disk.config.path=" + (dir.path() / "data").string()});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

TEST(Conformance, ARedisStorePassesAsItShips) {
  RedisServer redis;
  const Result result = Conformance({"redis_store", "--set", "url=redis://" + redis.address()});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

TEST(Conformance, AStoreOnDiskPassesAsItShips) {
  const TempDir dir;
  const Result result = Conformance({"rocksdb_store", "--set", "path=" + (dir.path() / "data").string()});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

TEST(Conformance, AStoreOfAProfileIsTestedWithWhatItUses) {
  const TempDir dir;
  const std::string profile = dir.Write("stacked.yaml", fmt::format(R"(plugins: {}/good
components:
  front: {{plugin: mutant_store, uses: {{store: back}}}}
  back: {{plugin: mutant_store, config: {{mutation: get_many_sorts}}}}
)",
                                                                    TOMADA_FIXTURE_PLUGINS));
  Result result = Conformance({"--config", profile, "--component", "front", "--filter", "records.*"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("FAILED records.GetManyAnswersInTheOrderOfTheIds\n"));

  result = Conformance({"--config", profile, "--component", "front", "--set", "components.back.config.mutation=none"});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

TEST(Conformance, ThereAreMoreThanAHundredCasesInTenAreas) {
  const Result result = Conformance({"--list"});
  EXPECT_EQ(result.code, 0);
  EXPECT_GE(std::ranges::count(result.out, '\n'), 100);
  for (const char* area : {"records", "unique_keys", "operations", "expiry", "lists", "races", "limits", "calls",
                           "lifecycle", "restart"}) {
    EXPECT_THAT(result.out, HasSubstr(fmt::format("\n{}.", area)));
  }
}

TEST(Conformance, WhatCannotBeTestedIsExplained) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
      {{}, "expected a plugin"},
      {{"memory_store", "--component", "store"}, "expected a plugin, or"},
      {{"no_such_store"}, "libno_such_store.so was not found in: "},
      {{"/nowhere/libstore.so"}, "libstore.so was not found in: /nowhere"},
      {{"store.so"}, "a plugin is called lib<name>.so"},
      {{std::string(TOMADA_FIXTURE_PLUGINS) + "/broken/libwrong_stamp.so"}, "libwrong_stamp.so"},
      {{std::string(TOMADA_FIXTURE_PLUGINS) + "/good/libfixture_service.so"}, "is a service, not a store"},
      {{"memory_store", "--set", "shard=1"}, "unknown key `shard`"},
      {{"memory_store", "--set", "shards=0"}, "expected 1 to 1024"},
      {{"memory_store", "--filter", "nothing"}, "no case matches"},
      {{"memory_store", "--fliter", "x"}, "did you mean `--filter`"}};
  for (const auto& [arguments, message] : mistakes) {
    const Result result = Conformance(arguments);
    EXPECT_EQ(result.code, 2) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, "");
  }
}

TEST(Conformance, TheXmlHasEachCaseAndWhyItFailed) {
  const TempDir dir;
  const std::string file = dir.path() / "junit.xml";
  Conformance({MutantStore(), "--set", "mutation=get_many_sorts", "--filter", "r*.*InTheOrder*", "--filter",
               "*.AbsentIsAValue", "--filter", "*.RecordsSurvive*", "--junit", file});
  const std::string xml = ReadFile(file);
  EXPECT_THAT(xml, HasSubstr(R"(<testsuites name="mutant_store 1.0.0" tests="3" failures="1" skipped="1")"));
  EXPECT_THAT(xml, HasSubstr(R"(name="AbsentIsAValue" time="0.)"));
  EXPECT_THAT(xml, HasSubstr(R"(<failure message=")"));
  EXPECT_THAT(xml, HasSubstr(R"(<skipped message="survives_restart is not claimed"/>)"));
}

TEST(Conformance, ACaseThatHangsIsNamedAndEndsTheRun) {
  const TempDir dir;
  const std::string file = dir.path() / "junit.xml";
  const Result result = Conformance(
      {MutantStore(), "--set", "mutation=get_hangs", "--filter", "records.*", "--case-limit", "1", "--junit", file});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("hangs: no end after"), HasSubstr("FAILED records.AbsentIsAValue\n")));
  EXPECT_THAT(ReadFile(file), HasSubstr("hangs: no end after"));
}

TEST(Conformance, ACaseThatCrashesIsNamed) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizers report crashes themselves";
#endif
  const Result result = Conformance({MutantStore(), "--set", "mutation=get_crashes", "--filter", "records.*"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("crash in the case records.AbsentIsAValue: "));
}

struct Mutant {
  std::string mutation;
  std::string meant;  // the case that is meant to catch it
  std::vector<std::string> settings;
};

class MutantTest : public ::testing::TestWithParam<Mutant> {};

TEST_P(MutantTest, IsCaughtByTheCaseThatIsMeantForIt) {
  std::vector<std::string> arguments = {MutantStore(), "--set", "mutation=" + GetParam().mutation, "--filter",
                                        GetParam().meant};
  for (const std::string& setting : GetParam().settings) arguments.insert(arguments.end(), {"--set", setting});
  const Result result = Conformance(arguments);
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("FAILED " + GetParam().meant + '\n'));
  EXPECT_THAT(result.out, Not(HasSubstr("hangs: ")));
  EXPECT_THAT(result.err, Not(HasSubstr("crash")));
}

INSTANTIATE_TEST_SUITE_P(
    Conformance, MutantTest,
    ::testing::Values(
        Mutant{"get_many_sorts", "records.GetManyAnswersInTheOrderOfTheIds", {}},
        Mutant{"get_is_stale", "records.AStoreThatClaimsNoStalenessReadsItsOwnWrites", {}},
        Mutant{"update_ignores_version", "records.UpdateNeedsTheVersionThatIsThere", {}},
        Mutant{"insert_reuses_version", "records.NoVersionIsUsedTwiceOverAThousandRemoves", {}},
        Mutant{"outcome_is_not_told", "records.UpdateNeedsTheVersionThatIsThere", {}},
        Mutant{"durability_is_claimed", "records.EveryWriteIsAsDurableAsClaimed", {}},
        Mutant{"insert_claims_no_key", "unique_keys.InsertOfATakenKeyIsRefusedAndNamesTheIndex", {}},
        Mutant{"taken_names_nothing", "unique_keys.InsertOfATakenKeyIsRefusedAndNamesTheIndex", {}},
        Mutant{"remove_keeps_keys", "unique_keys.RemoveFreesTheKeys", {}},
        Mutant{"put_keeps_old_keys", "unique_keys.PutFreesTheKeysItDrops", {}},
        Mutant{"remove_forgets_operations", "operations.AnInsertIsRememberedAcrossARemove", {}},
        Mutant{"another_request_is_replayed", "operations.TheSameOperationForOtherContentsIsRefused", {}},
        Mutant{"put_is_applied_again", "operations.APutTriedAgainAnswersTheSameAndChangesNothing", {}},
        Mutant{"failure_is_remembered", "operations.AFailedRemoveIsNotRemembered", {}},
        Mutant{"expiry_is_late", "expiry.ARecordEndsAtItsMillisecondAndNotBefore", {}},
        Mutant{"expiry_keeps_keys", "expiry.TheKeysOfAnExpiredRecordAreFreeForAnInsert", {}},
        Mutant{"find_gives_expired", "expiry.ARecordIsAbsentForEveryReadAfterItsExpiry", {}},
        Mutant{"default_ttl_is_ignored", "expiry.EveryKindOfWriteGetsTheDefaultTtl", {}},
        Mutant{"token_skips", "lists.AListHasEachRecordOnceInPagesOfAnySize", {}},
        Mutant{"token_repeats", "lists.AListHasEachRecordOnceInPagesOfAnySize", {}},
        Mutant{"update_is_lost", "races.OfManyUpdatesOfOneVersionExactlyOneWins", {}},
        Mutant{"insert_is_lost", "races.OfManyInsertsOfOneIdExactlyOneWins", {}},
        Mutant{"ids_end_at_nul", "limits.IdsAreAnyBytesAndDoNotMeet", {}},
        Mutant{"value_limit_is_wrong", "limits.AValueOverTheLimitIsRefused", {}},
        Mutant{"refused_is_applied", "calls.WritesOfACancelledCallAreNotApplied", {}},
        Mutant{"ends_twice", "calls.EachKindOfCallEndsOnceAndWhereItMay", {"wait=5ms"}},
        Mutant{"ends_elsewhere", "calls.EachKindOfCallEndsOnceAndWhereItMay", {"wait=5ms"}},
        Mutant{"cancel_is_ignored", "calls.CallsCancelledWhileTheyWaitEndAtOnce", {"wait=900ms"}},
        Mutant{"cancel_is_forgotten", "calls.CallsCancelledWhileTheyWaitEndAtOnce", {"wait=900ms"}},
        Mutant{"tables_are_mixed", "lifecycle.TablesAreApart", {}},
        Mutant{"survival_is_claimed", "restart.RecordsSurviveARestartWhole", {}},
        Mutant{"survives_unclaimed", "restart.RecordsAreGoneAfterARestart", {}},
        Mutant{"restart_forgets_operations", "restart.OperationsAreRememberedAcrossARestart", {"durable=true"}}),
    [](const auto& test) { return test.param.mutation; });

}  // namespace
}  // namespace tomada
