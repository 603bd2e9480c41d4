#include "config/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/profile.h"
#include "sample_plugins.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "tomada_files_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path Write(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }

  std::string WhyNotRead(const fs::path& path) {
    Diagnostics diagnostics;
    Profile profile = ReadProfile(path, {}, SampleEnvironment, diagnostics);
    EXPECT_TRUE(profile.components.empty());
    return diagnostics.Sorted().empty() ? "" : diagnostics.Sorted()[0].ToString();
  }

  fs::path folder_;
};

TEST_F(Files, AreReadWholeUpToTheLimit) {
  fs::path path = Write("a", std::string(100, 'x'));
  EXPECT_EQ(*ReadSmallFile(path, 100), std::string(100, 'x'));
  EXPECT_EQ(ReadSmallFile(path, 99).status().message(), "is larger than 99B");
  EXPECT_EQ(*ReadSmallFile(Write("empty", ""), 0), "");
  fs::create_symlink(path, folder_ / "link");
  EXPECT_TRUE(ReadSmallFile(folder_ / "link", 100).ok());
}

TEST_F(Files, ThatAreNoneAreRefusedWithoutWaiting) {
  ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(ReadSmallFile(folder_ / "fifo", 1).status().message(), "is not a regular file");
  EXPECT_EQ(ReadSmallFile("/dev/zero", 1).status().message(), "is not a regular file");
}

TEST_F(Files, ProfileThatCannotBeRead) {
  EXPECT_EQ(WhyNotRead("absent.yaml"), "absent.yaml: the profile cannot be read: No such file or directory");
  EXPECT_EQ(WhyNotRead(folder_), folder_.string() + ": the profile is a directory");
  fs::path large = Write("large.yaml", "#" + std::string(1 << 20, 'x'));
  EXPECT_EQ(WhyNotRead(large), large.string() + ": the profile is larger than 1MiB");
}

TEST_F(Files, ProfileThatIsNotOurs) {
  fs::path closed = Write("closed.yaml", "components: {}");
  fs::permissions(closed, fs::perms::none);
  if (access(closed.c_str(), R_OK) == 0) GTEST_SKIP() << "root reads everything";
  EXPECT_EQ(WhyNotRead(closed), closed.string() + ": the profile cannot be read: Permission denied");
}

TEST_F(Files, InValuesLoseOneLineBreakAndAreFoundBesideTheProfile) {
  Write("one", "hunter2\n");
  Write("two", "a\n\n");
  Write("huge", std::string((64 << 10) + 1, 'x'));
  fs::path profile = Write("p.yaml", "plugins: ['${file:one}', '${file:two}', '${file:" + (folder_ / "one").string() +
                                         "}', '${file:huge}']\ncomponents: {a: {plugin: b}}\n");
  Diagnostics diagnostics;
  Profile read = ReadProfile(profile, {}, SampleEnvironment, diagnostics);
  EXPECT_THAT(read.plugin_path, testing::ElementsAre(folder_ / "hunter2", folder_ / "a\n", folder_ / "hunter2"));
  ASSERT_EQ(diagnostics.Sorted().size(), 1u);
  EXPECT_THAT(diagnostics.Sorted()[0].ToString(), testing::EndsWith(": file `huge` is larger than 64KiB"));
}

}  // namespace
}  // namespace tomada
