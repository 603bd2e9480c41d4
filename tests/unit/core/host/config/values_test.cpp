// What the values of a profile become in a plugin's Config.
#include <fcntl.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/decode.h"
#include "config/substitute.h"
#include "sample_plugins.h"
#include "support/own_memory.h"
#include "support/temp_dir.h"

namespace tomada {
namespace {

using ::testing::ElementsAre;

// The Config that `yaml` makes, or nullptr with the messages in `why`.
template <class Config>
std::shared_ptr<Config> Decode(const std::string& yaml, std::string* why = nullptr) {
  Diagnostics diagnostics;
  std::shared_ptr<void> config;
  if (std::optional<Node> keys = ParseYaml(yaml, "a.yaml", diagnostics)) {
    std::vector<std::filesystem::path> files;
    Substitute(*keys, SampleEnvironment, "", diagnostics, files);
    config = DecodeConfig(ConfigSchema::Of<Config>(), *keys, {"a.yaml", 1, 1}, diagnostics).config;
  }
  for (const Diagnostic& found : diagnostics.Sorted()) {
    if (why != nullptr) *why += found.ToString() + "\n";
  }
  return std::static_pointer_cast<Config>(config);
}

TEST(Values, DefaultsAreThoseOfTheStruct) {
  auto config = Decode<TransportConfig>("{}");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->listen.ToString(), "127.0.0.1:8000");
  EXPECT_EQ(config->workers, 0);
  EXPECT_TRUE(config->reflection);
  EXPECT_THAT(config->origins, ElementsAre());
  EXPECT_TRUE(Decode<TransportConfig>(""));  // no config at all
}

TEST(Values, OfEveryType) {
  auto transport = Decode<TransportConfig>(
      "{listen: '[::1]:0', workers: 8, reflection: false, backlog_ratio: 0.25, origins: [a, \"b\", 5]}");
  ASSERT_TRUE(transport);
  EXPECT_EQ(transport->listen, (HostPort{"::1", 0}));
  EXPECT_EQ(transport->workers, 8);
  EXPECT_FALSE(transport->reflection);
  EXPECT_EQ(transport->backlog_ratio, 0.25);
  EXPECT_THAT(transport->origins, ElementsAre("a", "b", "5"));
  auto store = Decode<StoreConfig>("{shards: 1024, expiry: 1h30m, value_limit: 64KiB}");
  ASSERT_TRUE(store);
  EXPECT_EQ(store->expiry, absl::Minutes(90));
  EXPECT_EQ(store->value_limit.bytes, 65536u);
}

TEST(Values, DottedFieldsAreNestedKeys) {
  auto config = Decode<ServiceConfig>("hash:\n  memory: 1MiB\n  rounds: 4\nmode: lenient\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->hash_memory.bytes, 1u << 20);
  EXPECT_EQ(config->hash_rounds, 4);
  EXPECT_EQ(config->mode, "lenient");
}

TEST(Values, TextIsTakenAsItIsWritten) {
  EXPECT_EQ(Decode<RemoteStoreConfig>("{server: 'a:2', password: 0123}")->password, "0123");
  EXPECT_EQ(Decode<RemoteStoreConfig>("{server: 'a:2', password: true}")->password, "true");
  EXPECT_EQ(Decode<RemoteStoreConfig>("{server: 'a:2', password: ''}")->password, "");
}

TEST(Values, QuotesMakeText) {
  std::string why;
  EXPECT_FALSE(Decode<TransportConfig>("workers: \"8\"", &why));
  EXPECT_EQ(why, "a.yaml:1:10: expected a whole number, got text in quotes\n");
  EXPECT_TRUE(Decode<StoreConfig>("expiry: \"10s\""));
}

TEST(Values, SubstitutedTextIsWhatItsKeyExpects) {
  EXPECT_EQ(Decode<TransportConfig>("workers: ${WORKERS}")->workers, 8);
  EXPECT_EQ(Decode<TransportConfig>("workers: \"${WORKERS}\"")->workers, 8);
  EXPECT_EQ(Decode<TransportConfig>("listen: 0.0.0.0:${PORT}")->listen.port, 8000);
  EXPECT_THAT(Decode<TransportConfig>("origins: ${IDS}")->origins, ElementsAre("one", "two"));
  EXPECT_THAT(Decode<TransportConfig>("origins: ${EMPTY}")->origins, ElementsAre());
  EXPECT_THAT(Decode<TransportConfig>("origins: ['${IDS}']")->origins, ElementsAre("one, two"));
  EXPECT_THAT(Decode<TransportConfig>("origins: ${LIST}")->origins, ElementsAre("one, two", "three"));
  EXPECT_THAT(Decode<TransportConfig>("origins: ${ADDRESSES}")->origins, ElementsAre("[::1]:1", "[::2]:2"));
  std::string why;
  EXPECT_FALSE(Decode<TransportConfig>("origins: ${HALF_LIST}", &why));
  EXPECT_THAT(why, ::testing::StartsWith("a.yaml:1:10: not a list, a map or a text in quotes as YAML writes them"));
}

TEST(Values, SubstitutionForms) {
  auto origins = [](const std::string& value) {
    return Decode<TransportConfig>("origins: ['" + value + "']")->origins[0];
  };
  EXPECT_EQ(origins("a${PORT}b${WORKERS}"), "a8000b8");
  EXPECT_EQ(origins("${NOT_SET:-d}"), "d");
  EXPECT_EQ(origins("${EMPTY:-d}"), "d");
  EXPECT_EQ(origins("${PORT:-d}"), "8000");
  EXPECT_EQ(origins("${NOT_SET:-}"), "");
  EXPECT_EQ(origins("${EMPTY}"), "");
  EXPECT_EQ(origins("${NOT_SET:-a:-b}"), "a:-b");
  EXPECT_EQ(origins("$${PORT}"), "${PORT}");
  EXPECT_EQ(origins("${NOT_SET:-${PORT}/data}"), "8000/data");
  EXPECT_EQ(origins("${NOT_SET:-${EMPTY:-${ALSO_NOT:-deep}}}/${PORT}"), "deep/8000");
  EXPECT_EQ(origins("${PORT:-${NOT_SET}}"), "8000");  // a default that is not needed may lack its variable
  EXPECT_EQ(origins("{${PORT}}"), "{8000}");
  EXPECT_EQ(origins("${NOT_SET:-{a}}"), "{a}");
  EXPECT_EQ(origins("} without {"), "} without {");
  EXPECT_EQ(origins("${NOT_SET:-$${PORT}}"), "${PORT}");
  EXPECT_EQ(origins("$$$$ $ $a 5$"), "$$ $ $a 5$");
  EXPECT_EQ(origins("${DOLLAR}"), "${PORT}");  // what comes in is not looked at again
}

TEST(Values, WhatComesInIsLimited) {
  Diagnostics diagnostics;
  std::string text = "origins: [";
  for (int i = 0; i < 200; ++i) text += "'${BIG}', ";
  Node keys = *ParseYaml(text + "]", "a.yaml", diagnostics);
  auto big = [](const std::string&) { return std::optional(std::string(10000, 'x')); };
  std::vector<std::filesystem::path> files;
  Substitute(keys, big, "", diagnostics, files);
  ASSERT_TRUE(diagnostics.has_errors());
  EXPECT_EQ(diagnostics.Sorted()[0].message, "more than 1MiB comes in by `${...}` so far");
}

TEST(Values, ACheckThatFailsShowsNoSecret) {
  std::string why;
  EXPECT_FALSE(Decode<RemoteStoreConfig>("{server: 'local:1', password: hunter2}", &why));
  EXPECT_EQ(why, "a.yaml:1:31: `user` and `password` *** do not go with port 1 of local\n");
  why.clear();
  EXPECT_FALSE(Decode<RemoteStoreConfig>("{server: '${SERVER}', password: '${PASSWORD}'}", &why));
  EXPECT_EQ(why, "a.yaml:1:33: `user` and `password` *** do not go with port 1 of ***\n");
}

struct LockConfig : ConfigKeys<LockConfig> {
  Secret key = Key("key", &LockConfig::key).Help("Opens it.");
  std::string word = Key("word", &LockConfig::word).Secret().Help("Is said to it.");
  int number = Key("number", &LockConfig::number, 0).Secret().Range(0, 99).Help("Is dialled.");
  std::vector<std::string> spares = Key("spares", &LockConfig::spares).Secret().Help("Open it too.");
  std::string name = Key("name", &LockConfig::name).Help("Of the lock.");
};

// Mistakes that need no file are golden ones.
class SecretFilesTest : public ::testing::Test {
 protected:
  DecodedConfig Decode(const std::string& yaml, const std::string& folder = "") {
    diagnostics_ = Diagnostics();
    std::optional<Node> keys = ParseYaml(yaml, dir_.path() / "a.yaml", diagnostics_);
    std::vector<std::filesystem::path> files;
    Substitute(
        *keys, [this](const std::string&) { return dir_.path().string(); }, "", diagnostics_, files);
    for (Entry& entry : keys->entries) {
      if (!folder.empty() && entry.value.kind == Node::Kind::kMap) entry.value.entries[0].value.where.line = 0;
    }
    return DecodeConfig(ConfigSchema::Of<LockConfig>(), *keys, {"a.yaml", 1, 1}, diagnostics_, folder);
  }

  std::string Messages() const {
    std::string text;
    for (const Diagnostic& found : diagnostics_.Sorted()) text += found.ToString().substr(dir_.path().string().size());
    return text;
  }

  std::filesystem::path Write(const std::string& name, const std::string& text, int mode = 0600) {
    const std::filesystem::path file = dir_.Write(name, text);
    std::filesystem::permissions(file, std::filesystem::perms(mode));
    return file;
  }

  testing::TempDir dir_;
  Diagnostics diagnostics_;
};

TEST_F(SecretFilesTest, HoldSecretsOfEveryType) {
  Write("key", "s\n\n");
  Write("below/word", "hunter2");
  Write("number", "42\n");
  Write("spare", "${HOME}");
  DecodedConfig decoded = Decode(
      "{key: {file: key}, word: {file: '${FOLDER}/below/word'}, number: {file: number}, spares: [a, {file: spare}]}");
  ASSERT_TRUE(decoded.config) << Messages();
  EXPECT_EQ(Messages(), "");
  const auto& lock = *std::static_pointer_cast<LockConfig>(decoded.config);
  EXPECT_EQ(lock.key.Reveal(), "s\n") << "one line break less";
  EXPECT_EQ(lock.word, "hunter2");
  EXPECT_EQ(lock.number, 42);
  EXPECT_THAT(lock.spares, ElementsAre("a", "${HOME}"));
  const std::string folder = dir_.path();
  EXPECT_THAT(decoded.files,
              ElementsAre(folder + "/key", folder + "/below/word", folder + "/number", folder + "/spare"));
  EXPECT_EQ(decoded.settings[0].value, "***");
  EXPECT_EQ(decoded.settings[0].origin, "file key (" + folder + "/a.yaml:1:7)");
  EXPECT_EQ(decoded.settings[1].value, "***");
  EXPECT_THAT(decoded.settings[1].origin, ::testing::StartsWith("environment FOLDER, a file ("));
}

TEST_F(SecretFilesTest, OfTheCommandLineAreBesideTheProfile) {
  Write("key", "hunter2");
  const DecodedConfig decoded = Decode("{key: {file: key}}", dir_.path());
  ASSERT_TRUE(decoded.config) << Messages();
  EXPECT_THAT(decoded.files, ElementsAre(dir_.path() / "key"));
}

TEST_F(SecretFilesTest, AreBounded) {
  Write("large", std::string((64 << 10) + 1, 'x'));
  Write("largest", std::string(64 << 10, 'x'));
  EXPECT_FALSE(Decode("{key: {file: large}}").config);
  EXPECT_EQ(Messages(), "/a.yaml:1:14: file `large` is larger than 64KiB");
  EXPECT_TRUE(Decode("{key: {file: largest}}").config) << Messages();
  std::string sixteen = "{spares: [";
  for (int i = 0; i < 16; ++i) sixteen += "{file: largest}, ";
  EXPECT_TRUE(Decode(sixteen + "]}").config) << Messages();
  EXPECT_FALSE(Decode(sixteen + "{file: largest}]}").config);
  EXPECT_THAT(Messages(), ::testing::EndsWith("more than 1MiB comes in by files of secrets so far"));
}

TEST_F(SecretFilesTest, AMistakeInOneShowsNothingOfIt) {
  Write("word", "hunter2\n");
  Write("nothing", "\n");
  EXPECT_FALSE(Decode("{number: {file: word}}").config);
  EXPECT_EQ(Messages(), "/a.yaml:1:17: file `word`: expected a whole number");
  EXPECT_FALSE(Decode("{number: {file: '${FOLDER}/word'}, key: {file: nothing}, name: {file: word}}").config);
  EXPECT_EQ(Messages(),
            "/a.yaml:1:17: the file: expected a whole number"
            "/a.yaml:1:48: file `nothing` is empty"
            "/a.yaml:1:64: expected a string, got a map: only secrets take one; write `${file:PATH}`");
}

TEST_F(SecretFilesTest, ThatOthersMayReadAreToldOf) {
  Write("key", "hunter2", 0640);
  EXPECT_TRUE(Decode("{key: {file: key}}").config);
  EXPECT_EQ(Messages(), "") << "of our own group";
  const std::string file = Write("key", "hunter2", 0604);
  EXPECT_TRUE(Decode("{key: {file: key}}").config);
  EXPECT_EQ(Messages(), "/a.yaml:1:14: warning: others may read file `key` (mode 0604); run: chmod go-r " + file);
  EXPECT_TRUE(Decode("{key: {file: '${FOLDER}/key'}}").config);
  EXPECT_EQ(Messages(), "/a.yaml:1:14: warning: others may read the file (mode 0604)");
}

TEST_F(SecretFilesTest, LeaveOneCopyInMemoryAndThatGoesWithTheConfig) {
  // What libraries call for the first time ld.so looks up, with all registers saved on the stack.
  Write("other", std::string(64, 'x'));
  EXPECT_TRUE(Decode("{key: {file: other}}").config);
  const testing::Canary canary(2);
  const std::filesystem::path file = Write("key", "");
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  canary.Write([fd](char c) { ASSERT_EQ(::write(fd, &c, 1), 1); });
  ::close(fd);
  EXPECT_EQ(canary.CopiesInMemory(), 0u);
  DecodedConfig decoded = Decode("{key: {file: key}}");
  ASSERT_TRUE(decoded.config) << Messages();
  EXPECT_EQ(canary.CopiesInMemory(), 1u);
  decoded.config.reset();
  EXPECT_EQ(canary.CopiesInMemory(), 0u);
}

TEST(Values, APluginWithoutADescriptionIsAMistake) {
  Diagnostics diagnostics;
  EXPECT_EQ(DecodeConfig(ConfigSchema(), Node(), {"a.yaml", 1, 1}, diagnostics).config, nullptr);
  EXPECT_TRUE(diagnostics.has_errors());
}

}  // namespace
}  // namespace tomada
