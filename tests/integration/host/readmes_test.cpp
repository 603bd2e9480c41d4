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

}  // namespace
}  // namespace tomada::testing
