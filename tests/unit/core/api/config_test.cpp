#include "tomada/config.h"

#include <gmock/gmock.h>

namespace tomada {
namespace {

enum class Mode { kFast, kSafe, kExact };
constexpr auto EnumNames(Mode) {
  return std::array{std::pair{Mode::kFast, "fast"}, std::pair{Mode::kSafe, "safe"}, std::pair{Mode::kExact, "exact"}};
}

struct Everything : ConfigKeys<Everything> {
  bool enabled = Key("enabled", &Everything::enabled, true).Help("On or off.");
  int workers = Key("workers", &Everything::workers, 4).Range(0, 64);
  uint16_t small = Key("small", &Everything::small, 7);
  double ratio = Key("ratio", &Everything::ratio, 0.5).Range(0, 1);
  std::string word = Key("word", &Everything::word, "one").OneOf({"one", "two"});
  Mode mode = Key("mode", &Everything::mode, Mode::kSafe);
  Mode quick_mode = Key("quick_mode", &Everything::quick_mode).OneOf({Mode::kSafe, Mode::kFast});
  absl::Duration timeout =
      Key("timeout", &Everything::timeout, absl::Seconds(10)).Range(absl::Milliseconds(1), absl::Minutes(1));
  ByteSize limit = Key("limit", &Everything::limit, {64 << 10}).Range(ByteSize{1 << 10}, ByteSize{1 << 20});
  HostPort listen = Key("listen", &Everything::listen, {"127.0.0.1", 8000});
  std::vector<std::string> names = Key("names", &Everything::names);
  std::string password = Key("password", &Everything::password).Secret().Required();
  Secret token = Key("token", &Everything::token);

  absl::Status Check() const {
    return enabled || workers == 0 ? absl::OkStatus() : absl::InvalidArgumentError("workers, but off");
  }
};

// Without ConfigKeys.
struct DescribedApart {
  int workers = 4;
  Mode mode = Mode::kExact;

  static void Describe(ConfigDescription<DescribedApart>& d) {
    d.Field("workers", &DescribedApart::workers).Range(0, 64).Help("Threads.");
    d.Field("mode", &DescribedApart::mode);
    d.Check([](const DescribedApart& config) {
      return config.workers == 0 ? absl::OutOfRangeError("no workers") : absl::OkStatus();
    });
  }
};

class ConfigTest : public ::testing::Test {
 protected:
  const ConfigField& Field(std::string_view name) { return *schema_.Find(name); }

  // The value as it would be formatted, or the message of the error.
  std::string Read(std::string_view name, std::string_view text) {
    absl::StatusOr<ConfigValue> value = ParseConfigValue(Field(name), text);
    return value.ok() ? FormatConfigValue(*value) : "! " + std::string(value.status().message());
  }

  const ConfigSchema schema_ = ConfigSchema::Of<Everything>();
};

TEST_F(ConfigTest, ADescriptionGivesTypesDefaultsAndMarks) {
  const std::pair<std::string_view, ConfigType> types[] = {
      {"enabled", ConfigType::kBool},      {"workers", ConfigType::kInteger},  {"small", ConfigType::kInteger},
      {"ratio", ConfigType::kNumber},      {"word", ConfigType::kString},      {"mode", ConfigType::kString},
      {"quick_mode", ConfigType::kString}, {"timeout", ConfigType::kDuration}, {"limit", ConfigType::kSize},
      {"listen", ConfigType::kAddress},    {"names", ConfigType::kStringList}, {"password", ConfigType::kString},
      {"token", ConfigType::kString},
  };
  ASSERT_EQ(schema_.fields.size(), std::size(types));
  for (size_t i = 0; i < std::size(types); ++i) {
    EXPECT_EQ(schema_.fields[i].name, types[i].first);
    EXPECT_EQ(schema_.fields[i].type, types[i].second) << types[i].first;
  }
  EXPECT_EQ(Field("enabled").help, "On or off.");
  EXPECT_EQ(FormatConfigValue(Field("timeout").default_value), "10s");
  EXPECT_EQ(FormatConfigValue(Field("limit").default_value), "64KiB");
  EXPECT_EQ(FormatConfigValue(Field("names").default_value), "[]");
  EXPECT_EQ(FormatConfigValue(ConfigValue(std::vector<std::string>{"a", "b"})), "[a, b]");
  EXPECT_TRUE(Field("password").secret);
  EXPECT_TRUE(Field("password").required);
  EXPECT_TRUE(Field("token").secret);
  EXPECT_FALSE(Field("word").secret || Field("word").required);
  EXPECT_EQ(schema_.Find("nothing"), nullptr);
}

TEST_F(ConfigTest, AnEnumIsItsNames) {
  EXPECT_EQ(FormatConfigValue(Field("mode").default_value), "safe");
  EXPECT_EQ(FormatConfigValue(Field("quick_mode").default_value), "fast");
  EXPECT_THAT(Field("mode").choices, ::testing::ElementsAre("fast", "safe", "exact"));
  EXPECT_THAT(Field("quick_mode").choices, ::testing::ElementsAre("safe", "fast"));
  EXPECT_EQ(Read("mode", "exact"), "exact");
  EXPECT_EQ(Read("mode", "Exact"), "! expected one of fast, safe, exact");
  EXPECT_EQ(Read("quick_mode", "exact"), "! expected one of safe, fast");
}

TEST_F(ConfigTest, AStructMadeElsewhereHasItsDefaultsAndDescribesNothing) {
  const size_t fields = schema_.fields.size();
  const Everything one, copy = one;
  EXPECT_EQ(copy.workers, 4);
  EXPECT_EQ(copy.mode, Mode::kSafe);
  EXPECT_EQ(copy.quick_mode, Mode::kFast);
  EXPECT_EQ(copy.timeout, absl::Seconds(10));
  EXPECT_EQ(copy.listen, (HostPort{"127.0.0.1", 8000}));
  EXPECT_EQ(schema_.fields.size(), fields);
  EXPECT_EQ(ConfigSchema::Of<Everything>().fields.size(), fields);
}

TEST(ConfigDescription, DescribesAStructFromApart) {
  const ConfigSchema schema = ConfigSchema::Of<DescribedApart>();
  ASSERT_EQ(schema.fields.size(), 2u);
  EXPECT_EQ(schema.fields[0].help, "Threads.");
  EXPECT_EQ(FormatConfigValue(schema.fields[0].default_value), "4");
  EXPECT_EQ(FormatConfigValue(schema.fields[1].default_value), "exact");
  DescribedApart config;
  EXPECT_EQ(schema.check(&config), absl::OkStatus());
  config.workers = 0;
  EXPECT_EQ(schema.check(&config), absl::OutOfRangeError("no workers"));
}

TEST(EnumNames, GoBothWays) {
  EXPECT_EQ(NameOf(Mode::kSafe), "safe");
  EXPECT_EQ(NameOf(static_cast<Mode>(7)), "");
  EXPECT_EQ(ValueNamed<Mode>("exact"), Mode::kExact);
  EXPECT_EQ(ValueNamed<Mode>("Exact"), std::nullopt);
}

TEST_F(ConfigTest, ValuesReachTheStruct) {
  std::shared_ptr<void> made = schema_.make();
  auto& config = *static_cast<Everything*>(made.get());
  EXPECT_EQ(config.workers, 4);
  for (const auto& [name, text] : {std::pair("enabled", "false"),
                                   {"workers", "0"},
                                   {"small", "65535"},
                                   {"ratio", "0.25"},
                                   {"word", "two"},
                                   {"mode", "exact"},
                                   {"timeout", "250ms"},
                                   {"limit", "4KiB"},
                                   {"listen", "[::1]:0"},
                                   {"password", "segredo"},
                                   {"token", "segredo"}}) {
    absl::StatusOr<ConfigValue> value = ParseConfigValue(Field(name), text);
    ASSERT_TRUE(value.ok()) << name;
    Field(name).assign(made.get(), *value);
  }
  Field("names").assign(made.get(), ConfigValue(std::vector<std::string>{"c"}));
  EXPECT_FALSE(config.enabled);
  EXPECT_EQ(config.workers, 0);
  EXPECT_EQ(config.small, 65535);
  EXPECT_EQ(config.ratio, 0.25);
  EXPECT_EQ(config.word, "two");
  EXPECT_EQ(config.mode, Mode::kExact);
  EXPECT_EQ(config.timeout, absl::Milliseconds(250));
  EXPECT_EQ(config.limit, ByteSize{4096});
  EXPECT_EQ(config.listen, (HostPort{"::1", 0}));
  EXPECT_EQ(config.names, std::vector<std::string>{"c"});
  EXPECT_EQ(config.password, "segredo");
  EXPECT_EQ(config.token.Reveal(), "segredo");
}

TEST_F(ConfigTest, ARuleOverSeveralFieldsIsChecked) {
  Everything config;
  EXPECT_EQ(schema_.check(&config), absl::OkStatus());
  config.enabled = false;
  EXPECT_EQ(schema_.check(&config), absl::InvalidArgumentError("workers, but off"));
}

TEST_F(ConfigTest, Booleans) {
  EXPECT_EQ(Read("enabled", "true"), "true");
  EXPECT_EQ(Read("enabled", "false"), "false");
  for (auto text : {"", "yes", "1", "True", " true"}) EXPECT_EQ(Read("enabled", text), "! expected true or false");
}

TEST_F(ConfigTest, Integers) {
  EXPECT_EQ(Read("workers", "0"), "0");
  EXPECT_EQ(Read("workers", "64"), "64");
  for (auto text : {"-1", "65"}) EXPECT_EQ(Read("workers", text), "! out of range: expected 0 to 64");
  EXPECT_EQ(Read("small", "65536"), "! out of range: expected 0 to 65535");
  for (auto text : {"", "1.5", "0x10", "1e3", " 1", "1 ", "+1", "9223372036854775808"}) {
    EXPECT_EQ(Read("workers", text), "! expected a whole number") << text;
  }
}

TEST_F(ConfigTest, Numbers) {
  EXPECT_EQ(Read("ratio", "0.25"), "0.25");
  EXPECT_EQ(Read("ratio", "1"), "1");
  EXPECT_EQ(Read("ratio", "1e-3"), "0.001");
  EXPECT_EQ(Read("ratio", "1.01"), "! out of range: expected 0 to 1");
  for (auto text : {"", "nan", "inf", "-inf", "half"}) EXPECT_EQ(Read("ratio", text), "! expected a number") << text;
}

TEST_F(ConfigTest, StringsAndChoices) {
  EXPECT_EQ(Read("word", "two"), "two");
  EXPECT_EQ(Read("word", "Two"), "! expected one of one, two");
  EXPECT_EQ(Read("password", ""), "");
}

TEST_F(ConfigTest, Durations) {
  EXPECT_EQ(Read("timeout", "250ms"), "250ms");
  EXPECT_EQ(Read("timeout", "0.5s"), "500ms");
  EXPECT_EQ(Read("timeout", "1m"), "1m");
  for (auto text : {"0s", "61s", "1h30m"}) {
    EXPECT_EQ(Read("timeout", text), "! out of range: expected 1ms to 1m") << text;
  }
  for (auto text : {"", "10", "0", "-1s", "+1s", "inf", "1 s", "s", "ten seconds", "1d", "99999999999999999999h"}) {
    EXPECT_EQ(Read("timeout", text), "! expected a duration such as 250ms, 10s or 1h30m") << text;
  }
}

TEST_F(ConfigTest, Sizes) {
  EXPECT_EQ(Read("limit", "65536"), "64KiB");
  EXPECT_EQ(Read("limit", "1025B"), "1025B");
  EXPECT_EQ(Read("limit", "1MiB"), "1MiB");
  EXPECT_EQ(Read("limit", "1GiB"), "! out of range: expected 1KiB to 1MiB");
  for (auto text : {"", "KiB", "1.5MiB", "1MB", "1k", "-1", "99999999999999999999", "18014398509481985KiB"}) {
    EXPECT_EQ(Read("limit", text), "! expected a size such as 512B, 64KiB or 4MiB") << text;
  }
  EXPECT_EQ(FormatConfigValue(ConfigValue(ByteSize{0})), "0B");
}

TEST_F(ConfigTest, Addresses) {
  EXPECT_EQ(Read("listen", "0.0.0.0:0"), "0.0.0.0:0");
  EXPECT_EQ(Read("listen", "localhost:65535"), "localhost:65535");
  EXPECT_EQ(Read("listen", "[2001:db8::1]:8000"), "[2001:db8::1]:8000");
  for (auto text : {"localhost:", "localhost:65536", "localhost:-1", "localhost:http"}) {
    EXPECT_EQ(Read("listen", text), "! expected host:port with a port from 0 to 65535") << text;
  }
  for (auto text : {"", "8000", ":8000", "::1:8000", "[::1]", "[]:1", "[::1:1", "a b:1", "http://a:1", "[localhost]:1",
                    "a\nb:1", "[[::1]]:1"}) {
    EXPECT_EQ(Read("listen", text), "! expected host:port, such as 127.0.0.1:8000 or [::1]:8000") << text;
  }
}

TEST_F(ConfigTest, ErrorsNeverQuoteTheValue) {
  for (const ConfigField& field : schema_.fields) {
    absl::StatusOr<ConfigValue> value = ParseConfigValue(field, "segredo:x");
    if (!value.ok()) {
      EXPECT_EQ(value.status().message().find("segredo"), absl::string_view::npos) << field.name;
    }
  }
}

TEST_F(ConfigTest, ABoundOnOneSideOnly) {
  ConfigField field = Field("workers");
  field.max.reset();
  EXPECT_EQ(ParseConfigValue(field, "-1").status().message(), "out of range: expected at least 0");
  field = Field("workers");
  field.min.reset();
  EXPECT_EQ(ParseConfigValue(field, "65").status().message(), "out of range: expected at most 64");
}

struct Part : ConfigKeys<Part> {
  int size = Key("size", &Part::size, 3).Range(0, 9).Help("How much.");
  std::vector<std::string> names = Key("names", &Part::names);
};

struct Whole : ConfigKeys<Whole> {
  Part one = Key("one", &Whole::one).Help("Just one.");
  std::vector<Part> list = Key("list", &Whole::list).Required();
  std::map<std::string, Part, std::less<>> map = Key("map", &Whole::map);
};

TEST(ConfigObjects, HaveKeysOfTheirOwn) {
  const ConfigSchema schema = ConfigSchema::Of<Whole>();
  ASSERT_EQ(schema.fields.size(), 3u);
  const ConfigField &one = schema.fields[0], &list = schema.fields[1], &map = schema.fields[2];
  EXPECT_EQ(ConfigTypeName(one.type), "object");
  EXPECT_EQ(ConfigTypeName(list.type), "list of objects");
  EXPECT_EQ(ConfigTypeName(map.type), "map of objects");
  EXPECT_EQ(one.help, "Just one.");
  EXPECT_TRUE(list.required);
  EXPECT_EQ(FormatConfigDefault(list), "[]");
  EXPECT_EQ(FormatConfigDefault(map), "{}");
  for (const ConfigField* field : {&one, &list, &map}) {
    ASSERT_NE(field->object, nullptr);
    ASSERT_EQ(field->object->fields.size(), 2u);
    EXPECT_EQ(field->object->Find("size")->max, 9);
    EXPECT_FALSE(ParseConfigValue(*field, "x").ok());
  }
}

TEST(ConfigObjects, ArePutInTheirPlaces) {
  const ConfigSchema schema = ConfigSchema::Of<Whole>();
  Whole whole;
  auto put = [&whole](const ConfigField& field, const std::string& id, int64_t size) {
    field.object->Find("size")->assign(field.place(&whole, id), size);
  };
  put(schema.fields[0], "", 4);
  put(schema.fields[1], "", 5);
  put(schema.fields[1], "", 6);
  put(schema.fields[2], "a", 7);
  EXPECT_EQ(whole.one.size, 4);
  ASSERT_EQ(whole.list.size(), 2u);
  EXPECT_EQ(whole.list[1].size, 6);
  EXPECT_EQ(whole.map.at("a").size, 7);
}

struct Endless : ConfigKeys<Endless> {
  std::vector<Endless> more = Key("more", &Endless::more);
};

TEST(ConfigObjects, HoldNoneOfTheirOwnType) {
  EXPECT_THROW(ConfigSchema::Of<Endless>(), std::logic_error);
  EXPECT_THROW(ConfigSchema::Of<Endless>(), std::logic_error);  // and again
}

struct Exclusive : ConfigKeys<Exclusive> {
  HostPort listen = Key("listen", &Exclusive::listen).Claims(Claim::kPort);
  std::string socket = Key("socket", &Exclusive::socket).Claims(Claim::kUnixSocket, "listen");
  std::string path = Key("path", &Exclusive::path).Claims(Claim::kDirectory);
};

struct ClaimsNoPort : ConfigKeys<ClaimsNoPort> {
  std::string listen = Key("listen", &ClaimsNoPort::listen).Claims(Claim::kPort);
};

TEST(ConfigClaims, AreOfAddressesAndPaths) {
  const ConfigSchema schema = ConfigSchema::Of<Exclusive>();
  EXPECT_EQ(schema.Find("listen")->claims, Claim::kPort);
  EXPECT_EQ(schema.Find("socket")->claims, Claim::kUnixSocket);
  EXPECT_EQ(schema.Find("socket")->claims_instead_of, "listen");
  EXPECT_EQ(schema.Find("path")->claims, Claim::kDirectory);
  EXPECT_THROW(ConfigSchema::Of<ClaimsNoPort>(), std::logic_error);
  EXPECT_EQ(ClaimName(Claim::kUnixSocket), "unix_socket");
}

TEST(ConfigTypeName, NamesEachType) {
  EXPECT_EQ(ConfigTypeName(ConfigType::kBool), "boolean");
  EXPECT_EQ(ConfigTypeName(ConfigType::kAddress), "host:port");
  EXPECT_EQ(ConfigTypeName(ConfigType::kStringList), "list of strings");
}

}  // namespace
}  // namespace tomada
