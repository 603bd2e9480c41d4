// What it takes and refuses is tested by a validator: tests/integration/docs/schema_test.js.
#include "cli/profile_schema.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "cli/json_schema.h"
#include "support/json.h"

namespace tomada {
namespace {

using ::testing::HasSubstr;
using testing::Json;
using ::testing::Not;

struct SecretConfig : ConfigKeys<SecretConfig> {
  std::string password = Key("password", &SecretConfig::password, "hunter2").Secret().Help("Says \"who\".");
  int shards = Key("shards", &SecretConfig::shards, 73).Help("Parts.");
};

PluginSet OnePlugin() {
  Plugin plugin;
  plugin.name = "example";
  plugin.summary = "Shows all.";
  plugin.ports = {Port("next", Kind::kStore, Port::Count::kOne, "Asked.")};
  plugin.config = ConfigSchema::Of<SecretConfig>();
  PluginSet plugins;
  plugins.loaded["example"] = {"libexample.so", plugin};
  return plugins;
}

TEST(ProfileSchemaTest, IsDraft7WithTheHelpAndDefaultsOfKeys) {
  const std::string schema = ProfileSchema(OnePlugin());
  EXPECT_EQ(Json::Parse(schema)["$schema"], "http://json-schema.org/draft-07/schema#");
  for (const char* text : {"Parts. (integer", "\"default\": 73", "Asked. (a store)", "Shows all.", "Says \\\"who\\\".",
                           "How long calls in flight may take to finish"})
    EXPECT_THAT(schema, HasSubstr(text));
}

struct Named : ConfigKeys<Named> {
  std::string name = Key("name", &Named::name).Required().Help("Whose.");
};

struct NestedConfig : ConfigKeys<NestedConfig> {
  std::string key = Key("tls.key", &NestedConfig::key).Required().Help("Key.");
  Named first = Key("first", &NestedConfig::first).Help("Alone.");
  std::vector<Named> rules = Key("rules", &NestedConfig::rules).Help("In turn.");
  std::map<std::string, Named> named = Key("named", &NestedConfig::named).Help("By id.");
};

// Files are merged key by key, so that anything may be missing from one of them, but from a list.
TEST(ProfileSchemaTest, OnlyListsMustBeWholeInEachFile) {
  const ConfigSchema schema = ConfigSchema::Of<NestedConfig>();
  const std::string keys = json::Object(ConfigKeysSchema(schema));
  const size_t required = keys.find("\"required\"");
  EXPECT_GT(required, keys.find("\"rules\""));
  EXPECT_LT(required, keys.find("\"named\""));
  EXPECT_EQ(required, keys.rfind("\"required\""));

  const std::string name = json::Object({{"required", json::Strings({"name"})}, {"properties", "{}"}});
  const std::string key = json::Object({{"required", json::Strings({"key"})}, {"properties", "{}"}});
  const json::Members below = {
      {"tls", key}, {"first", name}, {"named", json::Object({{"additionalProperties", name}})}};
  EXPECT_EQ(json::Object(RequiredKeysSchema(schema)),
            json::Object({{"required", json::Strings({"tls", "first"})}, {"properties", json::Object(below)}}));
}

TEST(ProfileSchemaTest, NoSecretIsShown) { EXPECT_THAT(ProfileSchema(OnePlugin()), Not(HasSubstr("hunter2"))); }

}  // namespace
}  // namespace tomada
