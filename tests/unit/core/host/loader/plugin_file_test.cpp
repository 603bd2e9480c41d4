#include "loader/plugin_file.h"

#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "support/temp_dir.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;

const fs::path kGoodPlugins = fs::path(TOMADA_FIXTURE_PLUGINS) / "good";

// A plugin folder of its own with a copy of a good plugin, to be made bad.
class PluginFileTest : public ::testing::Test {
 protected:
  PluginFileTest() {
    fs::create_directory(folder_);
    fs::copy_file(kGoodPlugins / "libfixture_store.so", file_);
    SetMode(folder_, 0755);
    SetMode(file_, 0755);
  }

  static void SetMode(const fs::path& path, mode_t mode) { ASSERT_EQ(::chmod(path.c_str(), mode), 0) << path; }

  // "" when it is found.
  std::string Problem(const std::string& name = "fixture_store") const {
    return std::string(FindPluginFile({folder_}, name).status().message());
  }
  void Write(const std::string& bytes) { std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes; }
  template <class T>
  void Overwrite(off_t offset, T value) {
    std::fstream file(file_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(offset).write(reinterpret_cast<const char*>(&value), sizeof value);
  }

  const testing::TempDir temporary_;
  const fs::path above_ = fs::canonical(temporary_.path());
  const fs::path folder_ = above_ / "plugins";
  const fs::path file_ = folder_ / "libfixture_store.so";
};

TEST(PluginNameOf, IsWhatIsBetweenLibAndSo) {
  EXPECT_EQ(PluginNameOf("/a/libmemory_store.so"), "memory_store");
  EXPECT_EQ(PluginNameOf("libX-2.so"), "X-2");
  EXPECT_EQ(PluginNameOf("lib.so"), "");
  EXPECT_EQ(PluginNameOf("libso"), "");
  EXPECT_EQ(PluginNameOf("memory_store.so"), "");
  EXPECT_EQ(PluginNameOf("libmemory_store.so.1"), "");
  EXPECT_EQ(PluginNameOf("libmemory store.so"), "");
}

TEST_F(PluginFileTest, IsFound) {
  absl::StatusOr<PluginFile> file = FindPluginFile({folder_}, "fixture_store");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->name, "fixture_store");
  EXPECT_EQ(file->path, file_);
}

TEST_F(PluginFileTest, TheFirstFolderWins) {
  EXPECT_EQ(FindPluginFile({folder_, kGoodPlugins}, "fixture_store")->path, file_);
  const fs::path good = fs::canonical(kGoodPlugins / "libfixture_store.so");
  const absl::StatusOr<PluginFile> file = FindPluginFile({kGoodPlugins, folder_, kGoodPlugins}, "fixture_store");
  EXPECT_EQ(file->path, good);
  EXPECT_THAT(file->passed_over, ::testing::ElementsAre(file_)) << "itself is no other one";
}

TEST_F(PluginFileTest, Missing) {
  fs::path elsewhere = above_ / "elsewhere";
  EXPECT_EQ(
      FindPluginFile({folder_, elsewhere}, "redis_store").status().message(),
      fmt::format("libredis_store.so was not found in: {}, {} (no such folder); build it there, or add its folder "
                  "to the profile's `plugins`",
                  folder_.string(), elsewhere.string()));
  EXPECT_EQ(FindPluginFile({}, "redis_store").status().message(),
            "libredis_store.so was not found in: (an empty search path); build it there, or add its folder to the "
            "profile's `plugins`");
}

TEST_F(PluginFileTest, NameThatLeadsElsewhere) {
  EXPECT_EQ(Problem("../fixture_store"),
            "\"../fixture_store\" is not the name of a plugin; use letters, digits, \"_\" and \"-\"");
  EXPECT_EQ(Problem(""), "\"\" is not the name of a plugin; use letters, digits, \"_\" and \"-\"");
}

TEST_F(PluginFileTest, NotARegularFile) {
  fs::remove(file_);
  fs::create_directory(file_);
  EXPECT_EQ(Problem(), file_.string() + ": is not a regular file; put the plugin's library in its place");
}

TEST_F(PluginFileTest, LinkThatLeadsNowhere) {
  fs::remove(file_);
  fs::create_symlink("nowhere.so", file_);
  EXPECT_EQ(Problem(),
            file_.string() + ": cannot be read (No such file or directory); let the user of this process read it");
}

TEST_F(PluginFileTest, NotAnElfFile) {
  const std::string expected = file_.string() + ": is not a shared library; build the plugin again";
  Write("#!/bin/sh\nexit 0\n");
  EXPECT_EQ(Problem(), expected);
  Write("");
  EXPECT_EQ(Problem(), expected);
}

TEST_F(PluginFileTest, CutOffInTheHeader) {
  fs::resize_file(file_, 20);
  EXPECT_EQ(Problem(), file_.string() + ": is cut off within its first bytes; build or copy it again");
}

TEST_F(PluginFileTest, CutOff) {
  fs::resize_file(file_, 8192);  // within the code, with or without debug information behind it
  EXPECT_THAT(Problem(),
              ::testing::MatchesRegex(fmt::format(
                  "{}: is cut off: it has 8192 of at least [0-9]+ bytes; build or copy it again", file_.string())));
}

TEST_F(PluginFileTest, OtherMachine) {
  Overwrite(offsetof(ElfW(Ehdr), e_machine), uint16_t{EM_S390});
  EXPECT_THAT(Problem(), ::testing::MatchesRegex(fmt::format(
                             "{}: is built for 64-bit machine 22, this host for 64-bit .*; build it for this machine",
                             file_.string())));
}

TEST_F(PluginFileTest, NotLinkedAsSharedLibrary) {
  Overwrite(offsetof(ElfW(Ehdr), e_type), uint16_t{ET_REL});
  EXPECT_EQ(Problem(), file_.string() + ": is not a shared library; link the plugin with -shared");
}

TEST_F(PluginFileTest, FileWritableByOthers) {
  SetMode(file_, 0757);
  EXPECT_EQ(Problem(),
            fmt::format("{0}: can be changed by other users (mode 0757); run: chmod go-w {0}", file_.string()));
}

TEST_F(PluginFileTest, FolderWritableByOthers) {
  const std::string expected =
      fmt::format("{0}: can be changed by other users (mode 0777); run: chmod go-w {0}", folder_.string());
  SetMode(folder_, 0777);
  EXPECT_EQ(Problem(), expected);
  // The sticky bit keeps others from replacing a file, not from adding one that is found first.
  SetMode(folder_, 01777);
  EXPECT_THAT(Problem(), ::testing::HasSubstr("can be changed by other users (mode 1777)"));
}

TEST_F(PluginFileTest, WritableByTheOwnGroupIsTrusted) {
  ASSERT_EQ(::chown(file_.c_str(), -1, ::getegid()), 0);
  SetMode(file_, 0775);
  SetMode(folder_, 0775);
  EXPECT_EQ(Problem(), "");
}

TEST_F(PluginFileTest, WritableByAnotherGroup) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file to any group";
  ASSERT_EQ(::chown(file_.c_str(), -1, 12345), 0);
  EXPECT_EQ(Problem(), "");
  SetMode(file_, 0775);
  EXPECT_EQ(Problem(),
            fmt::format("{0}: can be changed by other users (mode 0775); run: chmod go-w {0}", file_.string()));
}

TEST_F(PluginFileTest, OwnedByAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_EQ(::chown(file_.c_str(), 12345, -1), 0);
  EXPECT_EQ(Problem(), fmt::format("{0}: belongs to user 12345, neither root nor the user of this process (user 0), "
                                   "and could be changed at will; run: chown root {0}",
                                   file_.string()));
  ASSERT_EQ(::chown(file_.c_str(), 0, -1), 0);
  ASSERT_EQ(::chown(folder_.c_str(), 12345, -1), 0);
  EXPECT_THAT(Problem(), ::testing::StartsWith(folder_.string() + ": belongs to user 12345"));
}

TEST_F(PluginFileTest, FolderAboveWritableByEveryone) {
  SetMode(above_, 0777);
  EXPECT_EQ(Problem(), fmt::format("{0}: holds the plugin folder {1} and can be changed by everyone (mode 0777); run: "
                                   "chmod o-w {0}",
                                   above_.string(), folder_.string()));
  SetMode(above_, 01777);
  EXPECT_EQ(Problem(), "");
}

TEST_F(PluginFileTest, LinkIsFollowedAndBothFoldersAreChecked) {
  fs::path real = above_ / "real";
  fs::create_directory(real);
  SetMode(real, 0755);
  fs::rename(file_, real / "store.so.1");
  fs::create_symlink("../real/store.so.1", file_);
  absl::StatusOr<PluginFile> found = FindPluginFile({folder_}, "fixture_store");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->path, real / "store.so.1");

  SetMode(real, 0777);
  EXPECT_THAT(Problem(), ::testing::StartsWith(real.string() + ": can be changed by other users"));
  SetMode(real, 0755);
  SetMode(folder_, 0777);
  EXPECT_THAT(Problem(), ::testing::StartsWith(folder_.string() + ": can be changed by other users"));
}

}  // namespace
}  // namespace tomada
