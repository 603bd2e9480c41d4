// What `tomada inspect` reads in the files of plugins, and that it runs nothing of them.
#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "support/json.h"
#include "support/process.h"
#include "support/temp_dir.h"
#include "tomada/abi.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::Json;
using testing::Process;
using testing::TempDir;
using testing::TomadaBinary;

struct Printed {
  int code;
  std::string out, err;
};

Printed RunProgram(std::vector<std::string> command) {
  Process process(std::move(command), {});
  const int code = process.Wait();
  return {code, process.out(), process.err()};
}

Printed Inspect(const fs::path& file) { return RunProgram({TomadaBinary(), "inspect", file.string()}); }

fs::path Prefix() { return fs::path(TomadaBinary()).parent_path().parent_path(); }
fs::path MemoryStore() { return Prefix() / "lib/tomada/plugins/libmemory_store.so"; }
fs::path Broken(const std::string& name) {
  return fs::path(TOMADA_FIXTURE_PLUGINS) / "broken" / fmt::format("lib{}.so", name);
}

TEST(Inspect, TellsWhatDescribeTells) {
  const Printed described = RunProgram({TomadaBinary(), "describe", "memory_store"});
  ASSERT_EQ(described.code, 0) << described.err;
  const Printed inspected = Inspect(MemoryStore());
  EXPECT_EQ(inspected.code, 0) << inspected.err;
  EXPECT_EQ(inspected.out, described.out + "\nStamp: " TOMADA_ABI_STAMP "\n");
  EXPECT_EQ(inspected.err, "");
}

TEST(Inspect, TellsItAsJson) {
  const Printed result = RunProgram({TomadaBinary(), "inspect", "--json", MemoryStore()});
  ASSERT_EQ(result.code, 0) << result.err;
  const Json plugin = Json::Parse(result.out);
  EXPECT_EQ(plugin["name"], "memory_store");
  EXPECT_EQ(plugin["kind"], "store");
  EXPECT_EQ(plugin["version"], "0.1.0");
  EXPECT_EQ(plugin["stamp"], TOMADA_ABI_STAMP);
  EXPECT_TRUE(plugin.Has("ports"));
  EXPECT_THAT(result.out, HasSubstr(R"("shards": {)"));
}

// The constructors of all these end the process that opens them.
TEST(Inspect, RunsNothing) {
  for (const char* name : {"exiting_constructor", "throwing_constructor"}) {
    const Printed result = Inspect(Broken(name));
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.out, fmt::format("Stamp: {}\nIt has no description: it was not built with tomada_add_plugin. "
                                      "`tomada describe {}` opens it and tells the rest.\n",
                                      TOMADA_ABI_STAMP, name));
  }
  const Printed result = Inspect(Broken("older_contract"));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Stamp: contract 1, "));
  EXPECT_THAT(result.out,
              HasSubstr(fmt::format("This host does not load it. {}: was built for contract 1, this host for contract "
                                    "{}; build it again against this host's headers, or run the host that it was "
                                    "built for\n",
                                    Broken("older_contract").string(), TOMADA_CONTRACT_VERSION)));
}

TEST(Inspect, AnotherContractIsNamedByEveryCommandThatWouldLoadIt) {
  const TempDir dir;
  const fs::path plugins = dir.path() / "plugins";
  fs::create_directory(plugins);
  fs::copy(Broken("newer_contract"), plugins);
  const std::string profile = dir.Write(
      "p.yaml", fmt::format("plugins: {}\ncomponents: {{a: {{plugin: newer_contract}}}}\n", plugins.string()));
  for (const auto& [command, code] : {std::pair{"plugins", 1}, std::pair{"validate", 2}, std::pair{"run", 2}}) {
    const Printed result = RunProgram({TomadaBinary(), command, "--config", profile});
    EXPECT_EQ(result.code, code) << command;
    EXPECT_THAT(result.err, HasSubstr(fmt::format("was built for contract 1000, this host for contract {};",
                                                  TOMADA_CONTRACT_VERSION)))
        << command;
  }
}

TEST(Inspect, WhatIsNoPluginIsSaidInOneLine) {
  const TempDir dir;
  const std::vector<std::pair<fs::path, std::string>> files = {
      {Broken("missing_symbol"), ": has no note of a plugin: it is none, or was built before plugins had one; "},
      {TomadaBinary(), "has no note of a plugin"},
      {dir.Write("empty", ""), ": is not a shared library; build the plugin again"},
      {dir.path(), ": is not a regular file; put the plugin's library in its place"},
      {"/dev/zero", ": is not a regular file; put the plugin's library in its place"}};
  for (const auto& [file, message] : files) {
    const Printed result = Inspect(file);
    EXPECT_EQ(result.code, 1) << file;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(file.string() + ": "));
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
  }
  const Printed missing = Inspect("/nowhere/libx.so");
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("no file `/nowhere/libx.so`"));
}

TEST(Inspect, NotesThatWouldMoveTheCursorAreNotPrinted) {
  const TempDir dir;
  std::string library = testing::ReadFile(MemoryStore());
  const size_t summary = library.find("memory_store 0.1.0 (store)\n");
  ASSERT_NE(summary, library.npos);
  library[summary] = '\x1b';
  const Printed result = Inspect(dir.Write("libmemory_store.so", library));
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("its notes hold what is not text; build or copy it again"));
}

// What would be refused later does not even build.
TEST(Describing, AnswersWhyAPluginWouldBeRefused) {
  const TempDir dir;
  const std::string program = Prefix() / "lib/tomada/tomada-describe", file = dir.path() / "notes";
  for (const auto& [name, message] : {std::pair{"wrong_name", "its descriptor is called \"another_name\""},
                                      std::pair{"wrong_stamp", "was built for contract 0"}}) {
    const Printed result = RunProgram({program, Broken(name), file});
    EXPECT_EQ(result.code, 1) << name;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_FALSE(fs::exists(file));
  }
  EXPECT_EQ(RunProgram({program}).code, 2);
}

}  // namespace
}  // namespace tomada
