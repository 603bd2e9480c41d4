// Profiles that are right, and the plans they make.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/make_plan.h"
#include "sample_plugins.h"

namespace tomada {
namespace {

using ::testing::ElementsAre;

class Plans : public ::testing::Test {
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
  EXPECT_EQ(plan.host.log_level, LogLevel::kDebug);
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
  EXPECT_THAT(Read(Fixture("plugin_path.yaml")).plugin_path,
              ElementsAre(Fixture("parts"), Fixture("lib"), "/opt/absent"));
  EXPECT_TRUE(Read(Fixture("plugin_path.yaml")).built_in_plugins);
  EXPECT_THAT(Read(Fixture("minimal.yaml")).plugin_path, ElementsAre());
  EXPECT_THAT(Read(Fixture("plugin_path_only.yaml")).plugin_path, ElementsAre(Fixture("parts")));
  EXPECT_FALSE(Read(Fixture("plugin_path_only.yaml")).built_in_plugins);
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

TEST_F(Plans, HoldObjects) {
  const Plan plan = Make(
      ReadProfile(Fixture("objects.yaml"),
                  {"components.gate.config.tls.key=c.pem", "components.gate.config.clients.bia.callback=127.0.0.1:7"},
                  SampleEnvironment, diagnostics_));
  ASSERT_EQ(plan.components.size(), 1u);
  const auto& config = *static_cast<const GateConfig*>(plan.components[0].config.get());
  EXPECT_EQ(config.tls.certificate, "a.pem");
  EXPECT_EQ(config.tls.key, "c.pem");
  ASSERT_EQ(config.policy.size(), 2u);
  EXPECT_EQ(config.policy[0].then, "allow");
  EXPECT_EQ(config.policy[0].rate, 10);
  EXPECT_EQ(config.policy[1].name, "two");
  EXPECT_EQ(config.policy[1].then, "deny");
  EXPECT_THAT(config.policy[1].methods, ElementsAre("a", "b"));
  ASSERT_EQ(config.clients.size(), 2u);
  EXPECT_EQ(config.clients.at("bia").callback.port, 7);
  EXPECT_EQ(config.clients.at("ana maria").token, "hunter2-of-the-environment");
  EXPECT_EQ(config.clients.at("ana maria").policy.at(0).name, "own");

  const auto& settings = plan.components[0].settings;
  const std::string file = Fixture("objects.yaml");
  EXPECT_EQ(Setting(settings, "tls.certificate"), "gate: a.pem <- " + file + ":6:22");
  EXPECT_EQ(Setting(settings, "tls.key"), "gate: *** <- --set");
  EXPECT_EQ(Setting(settings, "policy[0].limit.rate"), "gate: 10 <- " + file + ":11:25");
  EXPECT_EQ(Setting(settings, "policy[1].then"), "gate: deny <- default");
  EXPECT_EQ(Setting(settings, "clients.bia.token"), "gate: *** <- " + file + ":14:22");
  EXPECT_EQ(Setting(settings, "clients.bia.policy"), "gate: [] <- default");
  EXPECT_EQ(Setting(settings, "clients.ana maria.token"), "gate: *** <- environment PASSWORD (" + file + ":16:18)");
  EXPECT_EQ(Setting(settings, "clients.ana maria.policy[0].name"), "gate: own <- " + file + ":18:21");
  EXPECT_EQ(Setting(settings, "policy"), "none");
}

TEST_F(Plans, HoldTheDefaultsOfObjectsThatAreNotGiven) {
  const Plan plan = Make(ParseProfile("components: {gate: {plugin: gate, config: {clients: {}}}}", "a.yaml", {},
                                      SampleEnvironment, diagnostics_));
  ASSERT_EQ(plan.components.size(), 1u);
  const auto& settings = plan.components[0].settings;
  EXPECT_EQ(Setting(settings, "tls.certificate"), "gate:  <- default");
  EXPECT_EQ(Setting(settings, "policy"), "gate: [] <- default");
  EXPECT_EQ(Setting(settings, "clients"), "gate: {} <- a.yaml:1:53");
}

TEST_F(Plans, OfSeveralFilesTakeEachValueFromTheLast) {
  const Profile profile = Read(Fixture("include.yaml"));
  EXPECT_THAT(profile.files, ElementsAre(Fixture("include.yaml"), Fixture("parts/first.yaml"),
                                         Fixture("parts/second.yaml"), Fixture("parts/deeper/third.yaml")));
  const Plan plan = Make(profile);
  ASSERT_EQ(plan.components.size(), 3u);
  const std::string folder = Fixture("");
  EXPECT_EQ(Setting(plan.host_settings, "log.level"), "host: debug <- " + folder + "include.yaml:3:21");
  EXPECT_EQ(Setting(plan.host_settings, "log.format"), "host: json <- " + folder + "parts/first.yaml:1:36");
  EXPECT_EQ(Setting(plan.host_settings, "blocking.threads"), "host: 6 <- " + folder + "parts/second.yaml:2:28");
  EXPECT_EQ(Setting(plan.host_settings, "blocking.queue"), "host: 5 <- " + folder + "parts/first.yaml:1:73");
  EXPECT_EQ(Setting(plan.host_settings, "stop.deadline"), "host: 7s <- " + folder + "parts/deeper/third.yaml:1:49");
  const auto& store = plan.components[0].settings;
  EXPECT_EQ(Setting(store, "shards"), "store: 3 <- " + folder + "include.yaml:6:28");
  EXPECT_EQ(Setting(store, "value_limit"), "store: 2KiB <- " + folder + "parts/second.yaml:4:44");
  EXPECT_EQ(Setting(store, "expiry"), "store: 10s <- " + folder + "parts/first.yaml:3:80");
  EXPECT_EQ(Setting(plan.components[1].settings, "mode"),
            "usuarios: lenient <- " + folder + "parts/deeper/third.yaml:6:20");
}

TEST_F(Plans, OfSeveralFilesTakeOverridesLast) {
  const Plan plan = Make(ReadProfile(Fixture("include.yaml"),
                                     {"components.store.config.shards=9", "components.usuarios.config.mode=strict"},
                                     SampleEnvironment, diagnostics_));
  ASSERT_EQ(plan.components.size(), 3u);
  EXPECT_EQ(Setting(plan.components[0].settings, "shards"), "store: 9 <- --set");
  EXPECT_EQ(Setting(plan.components[1].settings, "mode"), "usuarios: strict <- --set");
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
