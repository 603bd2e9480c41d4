// --set. Its mistakes are golden files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/make_plan.h"
#include "sample_plugins.h"

namespace tomada {
namespace {

using ::testing::ElementsAre;

constexpr std::string_view kProfile = R"(
host: {log: {level: info}}
components:
  store: {plugin: memory_store}
  usuarios: {plugin: usuarios, uses: {store: store}}
  grpc:
    plugin: grpc_server
    uses: {services: usuarios}
    config: {listen: 127.0.0.1:1, workers: 1}
)";

class Overrides : public ::testing::Test {
 protected:
  // The plan of a profile with these overrides, which must be right.
  Plan Make(const std::vector<std::string>& overrides, std::string_view text = kProfile) {
    Diagnostics diagnostics;
    Profile profile = ParseProfile(text, "a.yaml", overrides, SampleEnvironment, diagnostics);
    std::optional<Plan> plan = MakePlan(profile, plugins_, SampleNames(), diagnostics);
    for (const Diagnostic& found : diagnostics.Sorted()) ADD_FAILURE() << found.ToString();
    return plan ? *std::move(plan) : Plan();
  }

  const TransportConfig& Transport(const Plan& plan) {
    return *static_cast<const TransportConfig*>(plan.components.back().config.get());
  }

  PluginSet plugins_ = SamplePlugins();
};

TEST_F(Overrides, ReplaceAndAddValues) {
  Plan plan = Make({"components.grpc.config.listen=0.0.0.0:6000", "components.grpc.config.origins=a, b",
                    "components.grpc.config.workers=8", "components.usuarios.config.hash.rounds=5",
                    "host.shutdown.grace=3s", "host.log.level=debug"});
  EXPECT_EQ(Transport(plan).listen.ToString(), "0.0.0.0:6000");
  EXPECT_THAT(Transport(plan).origins, ElementsAre("a", "b"));
  EXPECT_EQ(Transport(plan).workers, 8);
  EXPECT_EQ(static_cast<const ServiceConfig*>(plan.components[1].config.get())->hash_rounds, 5);
  EXPECT_EQ(plan.host.shutdown_grace, absl::Seconds(3));
  EXPECT_EQ(plan.host.log_level, LogLevel::kDebug);
}

TEST_F(Overrides, TheLaterOneWins) {
  EXPECT_EQ(Transport(Make({"components.grpc.config.workers=8", "components.grpc.config.workers=9"})).workers, 9);
}

TEST_F(Overrides, ReachPluginsAndUses) {
  Plan plan = Make({"components.store.plugin=redis_store", "components.store.config.server=a:2",
                    "components.store.config.password=x=y", "components.usuarios.uses.audit=store"});
  EXPECT_EQ(plan.components[0].plugin->name, "redis_store");
  EXPECT_EQ(static_cast<const RemoteStoreConfig*>(plan.components[0].config.get())->password, "x=y");
  EXPECT_THAT(plan.components[1].uses.at("audit"), ElementsAre("store"));
}

TEST_F(Overrides, OfListsAndMapsAreAsInYaml) {
  auto origins = [&](const std::string& value) {
    return Transport(Make({"components.grpc.config.origins=" + value})).origins;
  };
  EXPECT_THAT(origins("[x-api-key, x-request-id]"), ElementsAre("x-api-key", "x-request-id"));
  EXPECT_THAT(origins("[ 'a, b' , \"c\",5]"), ElementsAre("a, b", "c", "5"));
  EXPECT_THAT(origins("[]"), ElementsAre());
  EXPECT_THAT(origins(""), ElementsAre());
  EXPECT_THAT(origins("one"), ElementsAre("one"));
  EXPECT_THAT(origins("[::1]:1,[::2]:2"), ElementsAre("[::1]:1", "[::2]:2"));
  EXPECT_THAT(origins("['${IDS}', b]"), ElementsAre("one, two", "b"));
  Plan plan =
      Make({"components.usuarios.config.hash={rounds: 5, memory: 1MiB}", "components.usuarios.uses.store=[store]",
            "components.grpc.config.listen=[::1]:7", "host.log.levels=[store=debug, host=error]"});
  EXPECT_EQ(static_cast<const ServiceConfig*>(plan.components[1].config.get())->hash_rounds, 5);
  EXPECT_EQ(Transport(plan).listen, (HostPort{"::1", 7}));
  EXPECT_EQ(plan.host.LogLevels().size(), 2u);
}

TEST_F(Overrides, InQuotesAreTexts) {
  auto password = [&](const std::string& value) {
    Plan plan = Make({"components.store.plugin=redis_store", "components.store.config.server=a:2",
                      "components.store.config.password=" + value});
    return static_cast<const RemoteStoreConfig*>(plan.components[0].config.get())->password;
  };
  EXPECT_EQ(password("\"[a]\""), "[a]");
  EXPECT_EQ(password("'null'"), "null");
  EXPECT_EQ(password("''"), "");
  EXPECT_EQ(password(""), "");
  EXPECT_EQ(password("a, b"), "a, b");
  EXPECT_EQ(password("it's #1: {x}"), "it's #1: {x}");
}

TEST_F(Overrides, OfObjectsAreAsInYaml) {
  const Plan plan = Make({"components.gate.config.tls={certificate: a, key: b}",
                          "components.gate.config.policy=[{name: one}, {name: two, limit: {rate: 3}}]",
                          "components.gate.config.clients.ana.token=longer-than-that"},
                         "components: {gate: {plugin: gate}}");
  ASSERT_FALSE(plan.components.empty());
  const auto& config = *static_cast<const GateConfig*>(plan.components[0].config.get());
  EXPECT_EQ(config.tls.key, "b");
  ASSERT_EQ(config.policy.size(), 2u);
  EXPECT_EQ(config.policy[1].rate, 3);
  EXPECT_EQ(config.clients.at("ana").token, "longer-than-that");
}

TEST_F(Overrides, AreSubstituted) {
  EXPECT_EQ(Transport(Make({"components.grpc.config.listen=a:${PORT}"})).listen.port, 8000);
}

}  // namespace
}  // namespace tomada
