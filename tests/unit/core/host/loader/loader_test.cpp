#include "loader/loader.h"

#include <link.h>

#include <fstream>
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "support/temp_dir.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::MatchesRegex;

const fs::path kGood = fs::canonical(fs::path(TOMADA_FIXTURE_PLUGINS) / "good");
const fs::path kBroken = fs::canonical(fs::path(TOMADA_FIXTURE_PLUGINS) / "broken");

// Generous: a machine that builds and tests at the same time is slow. Only plugins that hang take it.
LoaderOptions Options(absl::Duration time_limit = absl::Seconds(60)) {
  LoaderOptions options;
  options.probe_program = TOMADA_FIXTURE_PROBE;
  options.time_limit = time_limit;
  return options;
}

PluginSet LoadAll(const std::vector<std::string>& names, const LoaderOptions& options = Options()) {
  return Loader({kGood, kBroken}, options).Load(names);
}

std::string BrokenFile(const std::string& name) { return (kBroken / ("lib" + name + ".so")).string(); }

// The one failure of a set in which nothing else can be wrong.
std::string FailureOf(const std::string& name, const LoaderOptions& options = Options()) {
  PluginSet set = LoadAll({name}, options);
  EXPECT_THAT(set.loaded, IsEmpty());
  if (set.failures.size() != 1) return fmt::format("{} failures", set.failures.size());
  EXPECT_EQ(set.failures[0].name, name);
  return set.failures[0].message;
}

TEST(Loader, FindsPluginsWithoutOpeningThem) {
  testing::TempDir folder;
  for (const char* file : {"libb.so", "liba.so", "libc.so.1", "readme.md"}) std::ofstream(folder.path() / file) << "x";
  Loader loader({folder.path(), kGood, folder.path() / "missing"}, Options());
  EXPECT_THAT(loader.Available(),
              ElementsAre("a", "b", "echo_service", "fixture_service", "fixture_store", "fixture_transport",
                          "line_transport", "mutant_middleware", "mutant_service", "mutant_store", "throwing_service"));
}

TEST(Loader, LoadsDescriptors) {
  PluginSet set = LoadAll({"fixture_store", "throwing_service", "fixture_store"});
  EXPECT_THAT(set.failures, IsEmpty());
  ASSERT_THAT(set.loaded, ElementsAre(Key("fixture_store"), Key("throwing_service")));
  const LoadedPlugin& store = set.loaded.at("fixture_store");
  EXPECT_EQ(store.file, kGood / "libfixture_store.so");
  EXPECT_EQ(store.plugin.name, "fixture_store");
  EXPECT_EQ(store.plugin.version, "1.0.0");
  EXPECT_EQ(store.plugin.kind, Kind::kStore);
  EXPECT_NE(store.plugin.config.Find("fail_start"), nullptr);
  EXPECT_NE(store.plugin.config.make(), nullptr);
}

TEST(Loader, LoadsAgain) {
  EXPECT_THAT(LoadAll({"fixture_store"}).failures, IsEmpty());
  EXPECT_THAT(LoadAll({"fixture_store"}).failures, IsEmpty());
}

TEST(Loader, LoadsNothing) {
  LoaderOptions options = Options();
  options.probe_program = "/nonexistent";  // no child is needed
  PluginSet set = LoadAll({}, options);
  EXPECT_THAT(set.failures, IsEmpty());
  EXPECT_THAT(set.loaded, IsEmpty());
}

TEST(Loader, ReportsMissingPlugin) {
  EXPECT_EQ(FailureOf("nowhere"),
            fmt::format("libnowhere.so was not found in: {}, {}; build it there, or add its folder to the profile's "
                        "`plugins`",
                        kGood.string(), kBroken.string()));
}

TEST(Loader, TellsAnAbsentPluginFromABadOne) {
  const PluginSet set = LoadAll({"nowhere", "no plugin's name", std::string(300, 'n'), "wrong_stamp"});
  ASSERT_EQ(set.failures.size(), 4);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(set.failures[i].found) << set.failures[i].name;
  EXPECT_TRUE(set.failures[3].found);
}

TEST(Loader, FindsAPluginThatItMayNotTrust) {
  testing::TempDir folder;
  std::ofstream(folder.path() / "libstore.so") << "no library";
  const PluginSet set = Loader({folder.path()}, Options()).Load({"store"});
  ASSERT_EQ(set.failures.size(), 1);
  EXPECT_TRUE(set.failures[0].found);
}

const std::string kWhatToDo = "; build it again against this host's headers, or run the host that it was built for";

// By plugin: what is said after the file's name.
const std::map<std::string, std::string> kReasons = {
    {"aborting_descriptor", "its descriptor ends the process (SIGABRT); correct the plugin's source"},
    {"exiting_constructor",
     "opening it ends the process (exit code 7); the file is damaged or a static constructor in it fails: build it "
     "again, or correct its source"},
    {"missing_dependency",
     "cannot be opened: libfixture_elsewhere.so: cannot open shared object file: No such file or directory; "
     "ldd " +
         BrokenFile("missing_dependency") + " lists what it needs"},
    {"missing_symbol", "exports no tomada_plugin symbol; end the plugin's source with TOMADA_PLUGIN(...)"},
    {"no_config",
     "its descriptor has no config; set plugin.config = ConfigSchema::Of<Config>() in the plugin's source"},
    {"no_create", "its descriptor has no create; set plugin.create in the plugin's source"},
    {"noisy_constructor",
     "opening it ends the process (SIGABRT: " +
         [] {
           std::string words;
           for (int i = 0; i < 100; ++i) words += "?!";
           return words;
         }() +
         "); the file is damaged or a static constructor in it fails: build it again, or correct its source"},
    {"strange_descriptor", "its descriptor threw something that is not a std::exception; correct the plugin's source"},
    {"throwing_constructor",
     "opening it ends the process (SIGABRT: thrown while it is opened); the file is damaged or a static constructor in "
     "it fails: build it again, or correct its source"},
    {"throwing_descriptor", "its descriptor threw \"thrown by the descriptor\"; correct the plugin's source"},
    {"undefined_symbol",
     "needs fixture::DefinedNowhere(int), which no library it links has; was it built against another version? Build "
     "it again"},
    {"wrong_magic",
     "its tomada_plugin is not the entry of a plugin (it begins with 0x0000000000000042); end the plugin's source with "
     "TOMADA_PLUGIN(...)"},
    {"wrong_name",
     "its descriptor is called \"another_name\", so the file must be called libanother_name.so; change one of the two"},
    {"wrong_stamp", "was built for contract 0, gcc 1, this host for " TOMADA_ABI_STAMP + kWhatToDo},
    {"false_note", "was built for contract 0, gcc 1, this host for " TOMADA_ABI_STAMP + kWhatToDo},
    // The constructors of these two would end the process that opens them.
    {"older_contract",
     "was built for contract 1, this host for contract " TOMADA_ABI_TEXT(TOMADA_CONTRACT_VERSION) + kWhatToDo},
    {"newer_contract",
     "was built for contract 1000, this host for contract " TOMADA_ABI_TEXT(TOMADA_CONTRACT_VERSION) + kWhatToDo},
};

class BrokenPlugin : public ::testing::TestWithParam<std::pair<const std::string, std::string>> {};

TEST_P(BrokenPlugin, IsRefusedWithItsReason) {
  const auto& [name, reason] = GetParam();
  ::testing::internal::CaptureStderr();
  std::string message = FailureOf(name);
  // Nothing of what the plugin wrote reaches the host's own output.
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(message, BrokenFile(name) + ": " + reason);
}

INSTANTIATE_TEST_SUITE_P(Loader, BrokenPlugin, ::testing::ValuesIn(kReasons),
                         [](const auto& broken) { return broken.param.first; });

TEST(Loader, NamesAConstructorThatHangs) {
  EXPECT_EQ(FailureOf("hanging_constructor", Options(absl::Seconds(5))),
            BrokenFile("hanging_constructor") +
                ": a static constructor in it did not return within 5s; act in the component's Start instead");
}

TEST(Loader, NamesADescriptorThatHangs) {
  EXPECT_EQ(FailureOf("hanging_descriptor", Options(absl::Seconds(5))),
            BrokenFile("hanging_descriptor") +
                ": its descriptor did not return within 5s; let it only describe, and act in Start");
}

// Nobody has to open a library to know that it is of another contract.
TEST(Loader, RefusesAnotherContractByItsNote) {
  LoaderOptions options = Options();
  options.probe_program = "/nonexistent";
  for (const char* name : {"older_contract", "newer_contract"})
    EXPECT_THAT(FailureOf(name, options), HasSubstr(": was built for contract 1")) << name;
}

TEST(Loader, SurvivesADamagedFile) {
  testing::TempDir folder;
  fs::path file = fs::canonical(folder.path()) / "libfixture_store.so";
  fs::copy_file(kGood / "libfixture_store.so", file);
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  auto read = [&stream](uint64_t offset, auto& object) {
    stream.seekg(static_cast<std::streamoff>(offset)).read(reinterpret_cast<char*>(&object), sizeof object);
  };
  ElfW(Ehdr) header;
  read(0, header);
  ElfW(Phdr) segment{};
  for (int i = 0; segment.p_type != PT_DYNAMIC; ++i) read(header.e_phoff + i * sizeof segment, segment);
  ElfW(Dyn) entry{};
  uint64_t at = segment.p_offset;
  for (read(at, entry); entry.d_tag != DT_STRTAB; read(at, entry)) at += sizeof entry;
  entry.d_un.d_ptr = 0x7000'0000'0000;  // where nothing is mapped
  stream.seekp(static_cast<std::streamoff>(at)).write(reinterpret_cast<const char*>(&entry), sizeof entry);
  stream.close();

  PluginSet set = Loader({folder.path()}, Options()).Load({"fixture_store"});
  ASSERT_EQ(set.failures.size(), 1);
  EXPECT_EQ(set.failures[0].message,
            file.string() +
                ": opening it ends the process (SIGSEGV); the file is damaged or a static constructor in it "
                "fails: build it again, or correct its source");
}

TEST(Loader, NamesTwoCopiesOfOneProto) {
  PluginSet set = LoadAll({"fixture_store", "first_proto_copy", "throwing_service", "second_proto_copy"});
  EXPECT_THAT(set.loaded, ElementsAre(Key("first_proto_copy"), Key("fixture_store"), Key("throwing_service")));
  ASSERT_EQ(set.failures.size(), 1);
  EXPECT_EQ(set.failures[0].name, "second_proto_copy");
  EXPECT_EQ(
      set.failures[0].message,
      fmt::format("{} and {} each contain their own generated copy of broken/duplicated.proto; link the shared library "
                  "of generated code instead",
                  BrokenFile("first_proto_copy"), BrokenFile("second_proto_copy")));
}

TEST(Loader, NamesTwoThatExcludeEachOther) {
  PluginSet set = LoadAll({"first_exclusive", "fixture_store", "second_exclusive"});
  EXPECT_THAT(set.loaded, ElementsAre(Key("first_exclusive"), Key("fixture_store")));
  ASSERT_EQ(set.failures.size(), 1);
  EXPECT_EQ(set.failures[0].message,
            fmt::format("{} and {} end the process when opened one after the other, though each can be opened alone "
                        "(SIGABRT: no room left); move the code they both contain to a shared library",
                        BrokenFile("first_exclusive"), BrokenFile("second_exclusive")));
}

TEST(Loader, NamesTheLastOfTooMany) {
  PluginSet set = LoadAll({"first_of_two", "second_of_two", "third_of_two"});
  EXPECT_THAT(set.loaded, ElementsAre(Key("first_of_two"), Key("second_of_two")));
  ASSERT_EQ(set.failures.size(), 1);
  EXPECT_EQ(
      set.failures[0].message,
      BrokenFile("third_of_two") +
          ": opening it after all of the others ends the process (SIGABRT: no room left), though it can be opened "
          "alone and after each of them; move the code they share to a shared library");
}

TEST(Loader, OneMayBringWhatAnotherNeeds) {
  LoaderOptions options = Options();
  EXPECT_THAT(LoadAll({"found_dependency", "missing_dependency"}, options).failures, IsEmpty());
  options.each_alone_first = true;
  PluginSet set = LoadAll({"found_dependency", "missing_dependency", "fixture_store"}, options);
  EXPECT_THAT(set.loaded, ElementsAre(Key("fixture_store"), Key("found_dependency")));
  ASSERT_EQ(set.failures.size(), 1);
  EXPECT_EQ(set.failures[0].message, BrokenFile("missing_dependency") + ": " + kReasons.at("missing_dependency"));
}

TEST(Loader, NamesEveryCulpritInOneRun) {
  PluginSet set = LoadAll({"throwing_constructor", "fixture_store", "wrong_stamp", "nowhere", "exiting_constructor",
                           "aborting_descriptor", "fixture_transport"});
  EXPECT_THAT(set.loaded, ElementsAre(Key("fixture_store"), Key("fixture_transport")));
  std::vector<std::string> failed;
  for (const PluginFailure& failure : set.failures) failed.push_back(failure.name);
  EXPECT_THAT(failed, ::testing::UnorderedElementsAre("throwing_constructor", "wrong_stamp", "nowhere",
                                                      "exiting_constructor", "aborting_descriptor"));
}

TEST(Loader, SaysWhenThereIsNoProbe) {
  LoaderOptions options = Options();
  options.probe_program = "/bin/false";
  EXPECT_EQ(LoadAll({"fixture_store"}, options).failures.at(0).message,
            (kGood / "libfixture_store.so").string() +
                ": could not be tried in a child process: /bin/false opened nothing (exit code 1)");
  options.probe_program = "/nonexistent";
  EXPECT_THAT(LoadAll({"fixture_store"}, options).failures.at(0).message,
              HasSubstr("could not be tried in a child process: /nonexistent"));
}

}  // namespace
}  // namespace tomada
