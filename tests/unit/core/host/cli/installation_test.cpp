#include "cli/installation.h"

#include <gmock/gmock.h>

#include "support/temp_dir.h"

namespace tomada {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class InstallationTest : public ::testing::Test {
 protected:
  testing::TempDir dir_;
  const std::filesystem::path prefix_ = std::filesystem::canonical(dir_.path());
  const Installation installation_{prefix_ / "bin/tomada"};
};

TEST_F(InstallationTest, LiesAroundItsProgram) {
  EXPECT_EQ(installation_.plugin_folder(), prefix_ / "lib/tomada/plugins");
  EXPECT_EQ(installation_.config_folder(), prefix_ / "share/tomada/configs");
  EXPECT_EQ(installation_.LookUpVariable("TOMADA_SHARE"), (prefix_ / "share/tomada").string());
  EXPECT_EQ(installation_.LookUpVariable("TOMADA_NO_SUCH_VARIABLE"), std::nullopt);
  EXPECT_NE(installation_.LookUpVariable("PATH"), std::nullopt);
}

TEST_F(InstallationTest, AFolderOfOnesOwnComesFirst) {
  dir_.Write("share/tomada/configs/local.yaml", "");
  dir_.Write("share/tomada/configs/memory.yaml", "");
  dir_.Write("mine/local.yaml", "");
  EXPECT_EQ(*installation_.FindProfile("local", {}), prefix_ / "share/tomada/configs/local.yaml");
  EXPECT_EQ(*installation_.FindProfile("local", prefix_ / "mine"), prefix_ / "mine/local.yaml");
  EXPECT_EQ(*installation_.FindProfile("memory", prefix_ / "mine"), prefix_ / "share/tomada/configs/memory.yaml");
}

TEST_F(InstallationTest, NamesTheFileBehindALink) {
  dir_.Write("source/local.yaml", "");
  std::filesystem::create_directories(prefix_ / "share/tomada");
  std::filesystem::create_directory_symlink(prefix_ / "source", prefix_ / "share/tomada/configs");
  EXPECT_EQ(*installation_.FindProfile("local", {}), prefix_ / "source/local.yaml");
}

TEST_F(InstallationTest, AnUnknownProfileSuggestsAndLists) {
  dir_.Write("share/tomada/configs/local.yaml", "");
  dir_.Write("share/tomada/configs/notes.txt", "");
  dir_.Write("share/tomada/configs/parts/admin.yaml", "");
  const std::string message(installation_.FindProfile("locla", {}).status().message());
  EXPECT_THAT(message, HasSubstr("no profile `locla` in "));
  EXPECT_THAT(message, HasSubstr("(did you mean `local`?) (known: local)"));
  EXPECT_FALSE(installation_.FindProfile("../configs/local", {}).ok());
  EXPECT_FALSE(installation_.FindProfile("parts/admin", {}).ok());
  EXPECT_FALSE(installation_.FindProfile("admin", {}).ok());
  EXPECT_FALSE(installation_.FindProfile("", {}).ok());
}

TEST(DisplayPathTest, IsRelativeBeneathTheWorkingDirectory) {
  const std::filesystem::path here = std::filesystem::current_path();
  EXPECT_EQ(DisplayPath(here / "configs/x.yaml"), "configs/x.yaml");
  EXPECT_EQ(DisplayPath("./configs/../y.yaml"), "y.yaml");
  EXPECT_EQ(DisplayPath("/nowhere/x.yaml"), "/nowhere/x.yaml");
  EXPECT_EQ(DisplayPath(here / "../x.yaml"), (here.parent_path() / "x.yaml").string());
}

}  // namespace
}  // namespace tomada
