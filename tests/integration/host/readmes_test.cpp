// The documents of all plugins that have been built.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>

#include "support/json.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace tomada::testing {
namespace {

std::string Printed(std::vector<std::string> command) {
  command.insert(command.begin(), TomadaBinary());
  Process process(command);
  EXPECT_EQ(process.Wait(), 0) << process.err();
  return process.out();
}

// No README tells of a key that is not there.
TEST(Readmes, HoldTheTableOfTheirConfig) {
  const std::vector<Json> plugins = Json::Parse(Printed({"plugins", "--json"})).Array("plugins");
  EXPECT_FALSE(plugins.empty());
  for (const Json& plugin : plugins) {
    const std::string name = plugin["name"];
    const std::filesystem::path readme =
        std::filesystem::path(PLUGIN_SOURCES) / (plugin["kind"] + "s") / name / "README.md";
    EXPECT_THAT(ReadFile(readme), ::testing::HasSubstr(Printed({"describe", name, "--markdown"})))
        << readme << ": what `tomada describe " << name << " --markdown` prints";
  }
}

TEST(Help, OfEachCommandHasAnExampleThatWorks) {
  for (const std::string command : {"run", "validate", "graph", "plugins", "describe", "health"}) {
    Process asked({TomadaBinary(), command, "--help"});
    asked.Wait();
    const std::string help = asked.out();
    const size_t at = help.find("\nExample:\n  tomada " + command + " ");
    ASSERT_NE(at, std::string::npos) << help;
    std::string example = help.substr(help.find("tomada ", at));
    if (command == "run") example.replace(0, example.find(" --"), "tomada validate");  // it would not end
    const std::string bin = std::filesystem::path(TomadaBinary()).parent_path();
    Process process({"/bin/sh", "-c", "PATH=" + bin + ":$PATH; " + example});
    EXPECT_EQ(process.Wait(), command == "health" ? 1 : 0) << example << process.output();  // nobody is there
  }
}

}  // namespace
}  // namespace tomada::testing
