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

TEST_F(Plans, FailWhenReadingFailed) {
  Diagnostics diagnostics;
  Profile profile = ReadProfile("absent.yaml", {}, SampleEnvironment, diagnostics);
  EXPECT_FALSE(MakePlan(profile, plugins_, SampleNames(), diagnostics));
}

}  // namespace
}  // namespace tomada
