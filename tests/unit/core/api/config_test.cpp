#include "tomada/config.h"

#include <gtest/gtest.h>

namespace tomada {
namespace {

struct Everything {
  bool enabled = true;
  int workers = 4;
  uint16_t small = 7;
  double ratio = 0.5;
  std::string mode = "fast";
  absl::Duration timeout = absl::Seconds(10);
  ByteSize limit{64 << 10};
  HostPort listen{"127.0.0.1", 8000};
  std::vector<std::string> names;
  std::string password;

  static void Describe(ConfigDescription<Everything>& d) {
    d.Field("enabled", &Everything::enabled).Help("On or off.");
    d.Field("workers", &Everything::workers).Range(0, 64);
    d.Field("small", &Everything::small);
    d.Field("ratio", &Everything::ratio).Range(0, 1);
    d.Field("mode", &Everything::mode).OneOf({"fast", "safe"});
    d.Field("timeout", &Everything::timeout).Range(absl::Milliseconds(1), absl::Minutes(1));
    d.Field("limit", &Everything::limit).Range(ByteSize{1 << 10}, ByteSize{1 << 20});
    d.Field("listen", &Everything::listen);
    d.Field("names", &Everything::names);
    d.Field("password", &Everything::password).Secret().Required();
    d.Check([](const Everything& config) {
      return config.enabled || config.workers == 0 ? absl::OkStatus() : absl::InvalidArgumentError("workers, but off");
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
      {"enabled", ConfigType::kBool},    {"workers", ConfigType::kInteger}, {"small", ConfigType::kInteger},
      {"ratio", ConfigType::kNumber},    {"mode", ConfigType::kString},     {"timeout", ConfigType::kDuration},
      {"limit", ConfigType::kSize},      {"listen", ConfigType::kAddress},  {"names", ConfigType::kStringList},
      {"password", ConfigType::kString},
  };
  ASSERT_EQ(schema_.fields.size(), std::size(types));
  for (const auto& [name, type] : types) EXPECT_EQ(Field(name).type, type) << name;
  EXPECT_EQ(Field("enabled").help, "On or off.");
  EXPECT_EQ(FormatConfigValue(Field("timeout").default_value), "10s");
  EXPECT_EQ(FormatConfigValue(Field("limit").default_value), "64KiB");
  EXPECT_EQ(FormatConfigValue(Field("names").default_value), "[]");
  EXPECT_EQ(FormatConfigValue(ConfigValue(std::vector<std::string>{"a", "b"})), "[a, b]");
  EXPECT_TRUE(Field("password").secret);
  EXPECT_TRUE(Field("password").required);
  EXPECT_FALSE(Field("mode").secret || Field("mode").required);
  EXPECT_EQ(schema_.Find("nothing"), nullptr);
}

TEST_F(ConfigTest, ValuesReachTheStruct) {
  std::shared_ptr<void> made = schema_.make();
  auto& config = *static_cast<Everything*>(made.get());
  EXPECT_EQ(config.workers, 4);
  for (const auto& [name, text] : {std::pair("enabled", "false"),
                                   {"workers", "0"},
                                   {"small", "65535"},
                                   {"ratio", "0.25"},
                                   {"mode", "safe"},
                                   {"timeout", "250ms"},
                                   {"limit", "4KiB"},
                                   {"listen", "[::1]:0"},
                                   {"password", "segredo"}}) {
    absl::StatusOr<ConfigValue> value = ParseConfigValue(Field(name), text);
    ASSERT_TRUE(value.ok()) << name;
    Field(name).assign(made.get(), *value);
  }
  Field("names").assign(made.get(), ConfigValue(std::vector<std::string>{"c"}));
  EXPECT_FALSE(config.enabled);
  EXPECT_EQ(config.workers, 0);
  EXPECT_EQ(config.small, 65535);
  EXPECT_EQ(config.ratio, 0.25);
  EXPECT_EQ(config.mode, "safe");
  EXPECT_EQ(config.timeout, absl::Milliseconds(250));
  EXPECT_EQ(config.limit, ByteSize{4096});
  EXPECT_EQ(config.listen, (HostPort{"::1", 0}));
  EXPECT_EQ(config.names, std::vector<std::string>{"c"});
  EXPECT_EQ(config.password, "segredo");
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
  EXPECT_EQ(Read("mode", "safe"), "safe");
  EXPECT_EQ(Read("mode", "Safe"), "! expected one of fast, safe");
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

TEST(ConfigTypeName, NamesEachType) {
  EXPECT_EQ(ConfigTypeName(ConfigType::kBool), "boolean");
  EXPECT_EQ(ConfigTypeName(ConfigType::kAddress), "host:port");
  EXPECT_EQ(ConfigTypeName(ConfigType::kStringList), "list of strings");
}

}  // namespace
}  // namespace tomada
