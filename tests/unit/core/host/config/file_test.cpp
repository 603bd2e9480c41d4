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

class Files : public ::testing::Test {
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
  EXPECT_THAT(read.plugin_path, ::testing::ElementsAre(folder_ / "hunter2", folder_ / "a\n", folder_ / "hunter2"));
  std::string errors;
  for (const Diagnostic& found : diagnostics.Sorted()) {
    EXPECT_THAT(found.message, ::testing::Not(::testing::HasSubstr("hunter2")));
    if (found.severity == Severity::kError) errors += found.message;
  }
  EXPECT_EQ(errors, "file `huge` is larger than 64KiB");
  EXPECT_THAT(read.files,
              ::testing::ElementsAre(profile, folder_ / "one", folder_ / "two", folder_ / "one", folder_ / "huge"));
}

TEST_F(Files, ThatAreIncludedAreFoundBesideTheOneThatIncludesThem) {
  fs::create_directories(folder_ / "parts/more");
  Write("parts/secret", "from parts");
  Write("parts/more/part.yaml", "plugins: ['${file:../secret}', x]\ncomponents: {a: {plugin: b}}\n");
  Write("parts/part.yaml", "include: [more/part.yaml]\n");
  const std::string absolute = Write("absolute.yaml", "components: {b: {plugin: b}}\n");
  const fs::path profile = Write("p.yaml", "include: [parts/part.yaml, " + absolute + "]\n");
  Diagnostics diagnostics;
  const Profile read =
      ReadProfile(profile, {"components.a.plugin=${file:parts/secret}"}, SampleEnvironment, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors());
  EXPECT_THAT(read.plugin_path, ::testing::ElementsAre(folder_ / "parts/more/from parts", folder_ / "parts/more/x"));
  ASSERT_EQ(read.components.size(), 2u);
  EXPECT_EQ(read.components[0].plugin.text, "from parts");
  EXPECT_THAT(read.files,
              ::testing::IsSupersetOf({profile, folder_ / "parts/part.yaml", folder_ / "parts/more/part.yaml",
                                       fs::path(absolute), folder_ / "parts/secret"}));
}

TEST_F(Files, ThatCannotBeIncludedAreNamedToBeWatched) {
  const fs::path profile = Write("p.yaml", "include: [absent.yaml]\ncomponents: {a: {plugin: b}}\n");
  Diagnostics diagnostics;
  EXPECT_THAT(ReadProfile(profile, {}, SampleEnvironment, diagnostics).files,
              ::testing::ElementsAre(profile, folder_ / "absent.yaml"));
  EXPECT_THAT(ReadProfile(folder_ / "gone.yaml", {}, SampleEnvironment, diagnostics).files,
              ::testing::ElementsAre(folder_ / "gone.yaml"));
}

TEST_F(Files, ThatOthersMayChangeAreToldOf) {
  const fs::path part = Write("part.yaml", "components: {a: {plugin: b}}\n");
  const fs::path profile = Write("p.yaml", "include: [part.yaml]\n");
  auto warnings = [&] {
    Diagnostics diagnostics;
    ReadProfile(profile, {}, SampleEnvironment, diagnostics);
    EXPECT_FALSE(diagnostics.has_errors());
    std::string text;
    for (const Diagnostic& found : diagnostics.Sorted()) text += found.ToString() + "\n";
    return text;
  };
  auto tells_of = [](const fs::path& file, const fs::path& what, const std::string& mode) {
    return ::testing::StartsWith(file.string() + ": warning: others may decide what runs here: `" + what.string() +
                                 "` can be changed by them (mode " + mode + "); run: chmod go-w " + what.string());
  };
  fs::permissions(part, fs::perms(0644));
  fs::permissions(profile, fs::perms(0664));  // of our own group
  EXPECT_EQ(warnings(), "");
  fs::permissions(part, fs::perms(0646));
  EXPECT_THAT(warnings(), tells_of(part, part, "0646"));
  fs::permissions(part, fs::perms(0644));
  fs::permissions(profile, fs::perms(0666));
  EXPECT_THAT(warnings(), tells_of(profile, profile, "0666"));
  fs::permissions(profile, fs::perms(0644));
  fs::permissions(folder_, fs::perms(0777));
  EXPECT_THAT(warnings(), tells_of(profile, folder_, "0777"));
  fs::permissions(folder_, fs::perms(01777));
  EXPECT_EQ(warnings(), "");
}

TEST_F(Files, ThatAreIncludedAndNotOurs) {
  const fs::path part = Write("part.yaml", "components: {a: {plugin: b}}\n");
  const fs::path profile = Write("p.yaml", "include: [part.yaml]\n");
  fs::permissions(part, fs::perms::none);
  if (access(part.c_str(), R_OK) == 0) GTEST_SKIP() << "root reads everything";
  EXPECT_EQ(WhyNotRead(profile), profile.string() + ":1:11: `" + part.string() + "` cannot be read: Permission denied");
}

}  // namespace
}  // namespace tomada
