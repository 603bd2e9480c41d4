#include "cli/plugin_text.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <regex>

#include <gmock/gmock.h>

#include "cli/json.h"
#include "cli/json_schema.h"

namespace tomada {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Rule : ConfigKeys<Rule> {
  std::string name = Key("name", &Rule::name).Required().Help("Whose.");
  std::string token = Key("token", &Rule::token, "hunter2").Secret().Help("Sent.");
};

// One of everything.
struct Config {
  HostPort listen{"127.0.0.1", 8000};
  int workers = 4;
  double ratio = 0.5;
  bool fast = true;
  std::string mode = "a";
  std::string file;
  std::string password = "hunter2";
  absl::Duration timeout = absl::Milliseconds(1500);
  ByteSize limit{65536};
  std::vector<std::string> names{"x", "y"};
  std::string key;
  Rule first;
  std::vector<Rule> rules;
  std::map<std::string, Rule> named;

  static void Describe(ConfigDescription<Config>& d) {
    d.Field("listen", &Config::listen).Claims(Claim::kPort).Help("Address | port.");
    d.Field("workers", &Config::workers).Range(1, 64).Help("Threads.");
    d.Field("ratio", &Config::ratio).Help("Share.");
    d.Field("fast", &Config::fast).Help("Hurries.");
    d.Field("mode", &Config::mode).OneOf({"a", "b"}).Help("Way.");
    d.Field("file", &Config::file).Help("Path.");
    d.Field("password", &Config::password).Secret().Help("Sent.");
    d.Field("call.timeout", &Config::timeout).Range(absl::Milliseconds(100), absl::Hours(1)).Help("Longest.");
    d.Field("call.limit", &Config::limit).Help("Most.");
    d.Field("names", &Config::names).Help("Them.");
    d.Field("tls.key", &Config::key).Required().Help("Key.");
    d.Field("first", &Config::first).Help("Alone.");
    d.Field("rules", &Config::rules).Help("In turn.");
    d.Field("named", &Config::named).Help("By id.");
  }
};

Plugin Example() {
  Plugin plugin;
  plugin.name = "example";
  plugin.version = "1.2.3";
  plugin.kind = Kind::kTransport;
  plugin.summary = "Shows \"all\".";
  plugin.ports = {Port("store", Kind::kStore, Port::Count::kOne, "Keeps."),
                  Port("cache", Kind::kStore, Port::Count::kOptional, "Remembers."),
                  Port("services", Kind::kService, Port::Count::kOneOrMore, "Served.")};
  plugin.ports[1].degrades = true;
  plugin.config = ConfigSchema::Of<Config>();
  return plugin;
}

TEST(PluginTextTest, DescribesAPlugin) {
  EXPECT_EQ(DescribeAsText(Example()), R"(example 1.2.3 (transport)
Shows "all".

Uses:
  store: a store
      Keeps.
  cache: a store, optional, may be unready
      Remembers.
  services: one or more services
      Served.

Config:
  listen: host:port, exclusive, default 127.0.0.1:8000
      Address | port.
  workers: integer, 1 to 64, default 4
      Threads.
  ratio: number, default 0.5
      Share.
  fast: boolean, default true
      Hurries.
  mode: string, one of a, b, default a
      Way.
  file: string, default ""
      Path.
  password: string, secret
      Sent.
  call.timeout: duration, 100ms to 1h, default 1.5s
      Longest.
  call.limit: size, default 64KiB
      Most.
  names: list of strings, default [x, y]
      Them.
  tls.key: string, required
      Key.
  first: object
      Alone.
  first.name: string, required
      Whose.
  first.token: string, secret
      Sent.
  rules: list of objects, default []
      In turn.
  rules[].name: string, required
      Whose.
  rules[].token: string, secret
      Sent.
  named: map of objects, default {}
      By id.
  named.ID.name: string, required
      Whose.
  named.ID.token: string, secret
      Sent.
)");
}

TEST(PluginTextTest, MarkdownIsATableThatNothingBreaks) {
  const std::string table = DescribeAsMarkdown(Example().config);
  EXPECT_THAT(table, StartsWith("| key | type | default | range | meaning |\n| --- | --- | --- | --- | --- |\n"));
  EXPECT_THAT(table, HasSubstr("\n| `listen` | host:port, exclusive | `127.0.0.1:8000` | | Address \\| port. |\n"));
  EXPECT_THAT(table, HasSubstr("\n| `workers` | integer | `4` | 1 to 64 | Threads. |\n"));
  EXPECT_THAT(table, HasSubstr("\n| `mode` | string | `a` | one of a, b | Way. |\n"));
  EXPECT_THAT(table, HasSubstr("\n| `password` | string, secret | | | Sent. |\n"));
  EXPECT_THAT(table, HasSubstr("\n| `tls.key` | string | required | | Key. |\n"));
  EXPECT_THAT(table,
              HasSubstr("\n| `first` | object | | | Alone. |\n| `first.name` | string | required | | Whose. |\n"));
  EXPECT_THAT(table, HasSubstr("\n| `rules` | list of objects | `[]` | | In turn. |\n| `rules[].name` |"));
  EXPECT_EQ(DescribeAsMarkdown(ConfigSchema{}), "No config.\n");
}

TEST(PluginTextTest, NoSecretIsShown) {
  EXPECT_THAT(DescribeAsText(Example()), Not(HasSubstr("hunter2")));
  EXPECT_THAT(DescribeAsMarkdown(Example().config), Not(HasSubstr("hunter2")));
  EXPECT_THAT(JsonSchemaOf(Example()), Not(HasSubstr("hunter2")));
}

class JsonSchemaTest : public ::testing::Test {
 protected:
  JsonSchemaTest() { EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(JsonSchemaOf(Example()), &schema_).ok()); }
  static const Value& At(const Struct& object, const std::string& key) { return object.fields().at(key); }
  static const Struct& ObjectAt(const Struct& object, const std::string& key) { return At(object, key).struct_value(); }
  // What may be written for a field, variables aside.
  static const Struct& ValueOf(const Struct& field) { return At(field, "anyOf").list_value().values(0).struct_value(); }
  static bool Accepts(const Struct& field, const std::string& text) {
    return std::regex_search(text, std::regex(At(ValueOf(field), "pattern").string_value()));
  }

  Struct schema_;
};

TEST_F(JsonSchemaTest, DescribesAnObjectWithoutOtherKeys) {
  EXPECT_EQ(At(schema_, "$schema").string_value(), "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(At(schema_, "title").string_value(), "example");
  EXPECT_EQ(At(schema_, "description").string_value(), "Shows \"all\".");
  EXPECT_FALSE(At(schema_, "additionalProperties").bool_value());
  EXPECT_TRUE(At(schema_, "additionalProperties").has_bool_value());
}

TEST_F(JsonSchemaTest, HasTypesDefaultsAndRanges) {
  const Struct& properties = ObjectAt(schema_, "properties");
  const Struct& workers = ObjectAt(properties, "workers");
  EXPECT_EQ(At(workers, "default").number_value(), 4);
  EXPECT_EQ(At(workers, "description").string_value(), "Threads. (integer, 1 to 64)");
  EXPECT_EQ(At(ValueOf(workers), "type").string_value(), "integer");
  EXPECT_EQ(At(ValueOf(workers), "minimum").number_value(), 1);
  EXPECT_EQ(At(ValueOf(workers), "maximum").number_value(), 64);
  EXPECT_TRUE(At(ObjectAt(properties, "fast"), "default").bool_value());
  EXPECT_EQ(At(ObjectAt(properties, "names"), "default").list_value().values_size(), 2);
  EXPECT_EQ(At(ValueOf(ObjectAt(properties, "mode")), "enum").list_value().values_size(), 2);
  EXPECT_FALSE(ObjectAt(properties, "password").fields().contains("default"));
  EXPECT_EQ(At(ObjectAt(properties, "listen"), "x-tomada-claims").string_value(), "port");
  EXPECT_FALSE(workers.fields().contains("x-tomada-claims"));
}

TEST_F(JsonSchemaTest, ADottedKeyIsAPropertyOfAnObject) {
  const Struct& properties = ObjectAt(schema_, "properties");
  const Struct& call = ObjectAt(properties, "call");
  EXPECT_EQ(At(ObjectAt(ObjectAt(call, "properties"), "timeout"), "default").string_value(), "1.5s");
  EXPECT_EQ(At(ObjectAt(ObjectAt(call, "properties"), "limit"), "default").string_value(), "64KiB");
  EXPECT_EQ(At(ObjectAt(properties, "tls"), "required").list_value().values(0).string_value(), "key");
  EXPECT_EQ(At(schema_, "required").list_value().values(0).string_value(), "tls");
}

TEST_F(JsonSchemaTest, ObjectsHaveTheKeysOfTheirs) {
  const Struct& properties = ObjectAt(schema_, "properties");
  for (const Struct* object :
       {&ValueOf(ObjectAt(properties, "first")), &ObjectAt(ValueOf(ObjectAt(properties, "rules")), "items"),
        &ObjectAt(ValueOf(ObjectAt(properties, "named")), "additionalProperties")}) {
    EXPECT_EQ(At(*object, "type").string_value(), "object");
    EXPECT_EQ(At(*object, "required").list_value().values(0).string_value(), "name");
    EXPECT_TRUE(At(*object, "additionalProperties").has_bool_value());
    EXPECT_TRUE(ObjectAt(*object, "properties").fields().contains("token"));
  }
  EXPECT_EQ(At(ValueOf(ObjectAt(properties, "rules")), "type").string_value(), "array");
  EXPECT_EQ(At(ValueOf(ObjectAt(properties, "named")), "type").string_value(), "object");
  EXPECT_FALSE(ObjectAt(properties, "rules").fields().contains("default"));
}

TEST_F(JsonSchemaTest, PatternsAgreeWithTheDecoder) {
  const Struct& properties = ObjectAt(schema_, "properties");
  const Struct& call = ObjectAt(ObjectAt(properties, "call"), "properties");
  const ConfigSchema decoder = ConfigSchema::Of<Config>();
  auto agree = [&](const char* name, const Struct& field, const std::vector<std::string>& texts) {
    ConfigField any = *decoder.Find(name);
    any.min.reset();
    any.max.reset();
    for (const std::string& text : texts)
      EXPECT_EQ(Accepts(field, text), ParseConfigValue(any, text).ok()) << name << ": " << text;
  };
  agree("call.timeout", ObjectAt(call, "timeout"),
        {"10s", "1h30m", "250ms", "1.5s", "10", "", "s", "-1s", "1 s", "inf"});
  agree("call.limit", ObjectAt(call, "limit"),
        {"512B", "64KiB", "4MiB", "1GiB", "65536", "", "KiB", "1kb", "-1", "1.5MiB"});
  agree("listen", ObjectAt(properties, "listen"),
        {"127.0.0.1:8000", "[::1]:80", "localhost:0", "::1:80", ":80", "host", "host:", "a b:1", "[]:1", "http://x:1"});
}

TEST(JsonTest, EscapesAndIndents) {
  EXPECT_EQ(json::String("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\u000a\\u0001\"");
  EXPECT_EQ(json::Object({}), "{}");
  EXPECT_EQ(json::Object({{"a", json::Array({"1", "2"})}}), "{\n  \"a\": [\n    1,\n    2\n  ]\n}");
}

}  // namespace
}  // namespace tomada
