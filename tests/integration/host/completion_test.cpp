// The completion file in a real bash.
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "support/process.h"
#include "support/temp_dir.h"

namespace tomada {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using testing::Process;
using testing::TempDir;
using testing::TomadaBinary;

// What bash offers for the last of these words of a command line.
std::vector<std::string> Offered(std::vector<std::string> words) {
  constexpr char kScript[] = R"(source "$0"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_tomada "$1"
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}")";
  std::vector<std::string> command = {"/bin/bash", "-c", kScript, COMPLETION, TomadaBinary()};
  command.insert(command.end(), words.begin(), words.end());
  Process bash(command);
  EXPECT_EQ(bash.Wait(), 0);
  EXPECT_EQ(bash.err(), "");
  std::vector<std::string> lines;
  std::istringstream out(bash.out());
  for (std::string line; std::getline(out, line);) lines.push_back(line);
  return lines;
}

TEST(CompletionTest, OffersCommands) {
  EXPECT_THAT(Offered({""}), IsSupersetOf({"run", "schema", "help", "--version"}));
  EXPECT_THAT(Offered({"v"}), ElementsAre("validate"));
  EXPECT_THAT(Offered({"help", "val"}), ElementsAre("validate"));
  EXPECT_THAT(Offered({"nothing", ""}), IsEmpty());
  EXPECT_THAT(Offered({""}), Not(Contains("__complete")));
}

TEST(CompletionTest, OffersOptions) {
  EXPECT_THAT(Offered({"run", "--"}), IsSupersetOf({"--profile", "--config", "--set", "--watch", "--help"}));
  EXPECT_THAT(Offered({"run", "--wa"}), ElementsAre("--watch"));
  EXPECT_THAT(Offered({"graph", "--profile", "local", "--d"}), ElementsAre("--dot"));
  EXPECT_THAT(Offered({"validate", ""}), Contains("--config")) << "it has nothing else";
}

TEST(CompletionTest, OffersProfilesAndPlugins) {
  TempDir dir;
  dir.Write("loja.yaml", "");
  EXPECT_THAT(Offered({"run", "--profile", "l"}), ElementsAre("local"));
  EXPECT_THAT(Offered({"run", "--profile", "=", "l"}), ElementsAre("local")) << "as bash splits --profile=l";
  EXPECT_THAT(Offered({"run", "--profile", "="}), IsSupersetOf({"local", "memory"}));
  EXPECT_THAT(Offered({"run", "--config-dir", dir.path(), "--profile", "lo"}), ElementsAre("local", "loja"));
  EXPECT_THAT(Offered({"describe", "mem"}), ElementsAre("memory_store"));
  EXPECT_THAT(Offered({"describe", "--json-schema", "h"}), ElementsAre("host"));
}

// bash's own completion of files takes over.
TEST(CompletionTest, LeavesFilesToTheShell) {
  EXPECT_THAT(Offered({"run", "--config", ""}), IsEmpty());
  EXPECT_THAT(Offered({"run", "--set", "components.http.plugin", "=", "l"}), IsEmpty());
  EXPECT_THAT(Offered({"backup", "store", ""}), IsEmpty());
}

}  // namespace
}  // namespace tomada
