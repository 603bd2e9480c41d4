// Profiles that are right, and the plans they make.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/make_plan.h"
#include "sample_plugins.h"

namespace tomada {
namespace {

using testing::ElementsAre;

class Plans : public testing::Test {
 protected:
  Profile Read(const std::string& path) { return ReadProfile(path, {}, SampleEnvironment, diagnostics_); }

  Plan Make(const Profile& profile) {
    std::optional<Plan> plan = MakePlan(profile, plugins_, SampleNames(), diagnostics_);
    for (const Diagnostic& found : diagnostics_.Sorted()) ADD_FAILURE() << found.ToString();
    return plan ? *std::move(plan) : Plan();
  }

  static std::string Fixture(const std::string& name) { return std::string(TOMADA_CONFIG_FIXTURES) + "/good/" + name; }

  Diagnostics diagnostics_;
  PluginSet plugins_ = SamplePlugins();
};

TEST_F(Plans, HoldEverythingTheProfileSays) {
  Plan plan = Make(Read(Fixture("everything.yaml")));
  std::vector<std::string> ids;
  for (const PlannedComponent& component : plan.components) ids.push_back(component.id);
  ASSERT_THAT(ids, ElementsAre("store", "redis", "usuarios", "relay", "grpc"));
  EXPECT_EQ(plan.host.log_level, "debug");
  EXPECT_EQ(plan.host.shutdown_grace, absl::Seconds(90));
  EXPECT_EQ(plan.host.blocking_threads, 2);

  const PlannedComponent& grpc = plan.components[4];
  EXPECT_EQ(grpc.plugin, &plugins_.loaded.at("grpc_server").plugin);
  EXPECT_THAT(grpc.uses.at("services"), ElementsAre("usuarios", "relay"));
  const auto& config = *static_cast<const TransportConfig*>(grpc.config.get());
  EXPECT_EQ(config.listen.ToString(), "[::1]:8000");
  EXPECT_EQ(config.workers, 8);
  EXPECT_FALSE(config.reflection);
  EXPECT_THAT(config.origins, ElementsAre("a.example", "b.example", "hunter2-of-the-environment"));
  EXPECT_EQ(static_cast<const RemoteStoreConfig*>(plan.components[1].config.get())->password, "0123");
}

TEST_F(Plans, PluginPathIsRelativeToTheProfile) {
  EXPECT_THAT(Read(Fixture("everything.yaml")).plugin_path, ElementsAre(Fixture("lib"), "/opt/plugins"));
  EXPECT_THAT(Read(Fixture("minimal.yaml")).plugin_path, ElementsAre());
}

TEST_F(Plans, AProfileNamesItsPlugins) {
  EXPECT_THAT(PluginNames(Read(Fixture("everything.yaml"))),
              ElementsAre("grpc_server", "memory_store", "redis_store", "relay", "usuarios"));
}

TEST_F(Plans, EachComponentHasAConfigOfItsOwn) {
  Plan plan = Make(Read(Fixture("aliases.yaml")));
  ASSERT_EQ(plan.components.size(), 3u);
  EXPECT_NE(plan.components[1].config, plan.components[2].config);
  EXPECT_EQ(plan.components[1].uses, plan.components[2].uses);
}

std::string Setting(const std::vector<ConfigSetting>& settings, std::string_view key) {
  for (const ConfigSetting& setting : settings) {
    if (setting.key == key) return setting.component + ": " + setting.value + " <- " + setting.origin;
  }
  return "none";
}

TEST_F(Plans, SayWhereEachSettingComesFrom) {
  constexpr std::string_view kText = R"(host: {log: {level: debug}}
components:
  redis:
    plugin: redis_store
    config:
      server: 10.0.0.${WORKERS}:6379
      password: ${PASSWORD}
  usuarios:
    plugin: usuarios
    uses: {store: redis}
    config: {mode: "${NOT_SET:-lenient}"}
  grpc:
    plugin: grpc_server
    uses: {services: usuarios}
    config:
      workers: ${WORKERS}
      origins: [a.example, "x-${PASSWORD}"]
)";
  const Profile profile = ParseProfile(kText, "a.yaml",
                                       {"host.shutdown.grace=3s", "components.grpc.config.listen=127.0.0.1:0",
                                        "components.usuarios.config.hash.rounds=4"},
                                       SampleEnvironment, diagnostics_);
  const Plan plan = Make(profile);
  ASSERT_EQ(plan.components.size(), 3u);
  EXPECT_EQ(Setting(plan.host_settings, "log.level"), "host: debug <- a.yaml:1:21");
  EXPECT_EQ(Setting(plan.host_settings, "shutdown.grace"), "host: 3s <- --set");
  EXPECT_EQ(Setting(plan.host_settings, "blocking.threads"), "host: 2 <- default");
  const auto& redis = plan.components[0].settings;
  EXPECT_EQ(Setting(redis, "server"), "redis: 10.0.0.8:6379 <- environment WORKERS (a.yaml:6:15)");
  EXPECT_EQ(Setting(redis, "password"), "redis: *** <- environment PASSWORD (a.yaml:7:17)");
  EXPECT_EQ(Setting(redis, "database"), "redis: *** <- default");
  EXPECT_EQ(Setting(plan.components[1].settings, "mode"), "usuarios: lenient <- a.yaml:11:20");
  EXPECT_EQ(Setting(plan.components[1].settings, "hash.rounds"), "usuarios: 4 <- --set");
  const auto& grpc = plan.components[2].settings;
  EXPECT_EQ(Setting(grpc, "workers"), "grpc: 8 <- environment WORKERS (a.yaml:16:16)");
  EXPECT_EQ(Setting(grpc, "origins"), "grpc: *** <- environment PASSWORD (a.yaml:17:16)");
  EXPECT_EQ(Setting(grpc, "listen"), "grpc: 127.0.0.1:0 <- --set");
  EXPECT_EQ(Setting(grpc, "backlog_ratio"), "grpc: 0.5 <- default");
}

TEST_F(Plans, MayWireTheHostWhereAPortTakesIt) {
  const Plan plan =
      Make(ParseProfile("components: {admin: {plugin: admin, uses: {host: host}}, "
                        "grpc: {plugin: grpc_server, uses: {services: admin}}}",
                        "a.yaml", {}, SampleEnvironment, diagnostics_));
  ASSERT_EQ(plan.components.size(), 2u);
  EXPECT_THAT(plan.components[0].uses.at("host"), ElementsAre("host"));
}

TEST_F(Plans, FailWhenReadingFailed) {
  Diagnostics diagnostics;
  Profile profile = ReadProfile("absent.yaml", {}, SampleEnvironment, diagnostics);
  EXPECT_FALSE(MakePlan(profile, plugins_, SampleNames(), diagnostics));
}

}  // namespace
}  // namespace tomada
