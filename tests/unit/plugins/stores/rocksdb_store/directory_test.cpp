#include "directory.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "make_store.h"
#include "support/temp_dir.h"

namespace tomada::rocksdb_store {
namespace {

using ::testing::HasSubstr;
using Code = absl::StatusCode;
namespace fs = std::filesystem;

class DirectoryTest : public ::testing::Test {
 protected:
  absl::Status Start(const fs::path& path) {
    store_ = MakeStore(ConfigFor(path));
    return store_->Start();
  }

  testing::TempDir temp_;
  const fs::path path_ = temp_.path() / "data" / "usuarios";
  std::unique_ptr<RocksdbStore> store_;
};

MATCHER_P2(Refuses, code, text, "") {
  *result_listener << arg;
  return arg.code() == code && std::string(arg.message()).find(text) != std::string::npos;
}

TEST_F(DirectoryTest, IsMadeForItsOwnerAlone) {
  ASSERT_EQ(Start(path_), absl::OkStatus());
  for (const fs::path& made : {path_, path_.parent_path()}) {
    struct stat info;
    ASSERT_EQ(::stat(made.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u) << made;
  }
}

TEST_F(DirectoryTest, MayBeThereAlreadyWhenItIsEmpty) {
  fs::create_directories(path_);
  EXPECT_EQ(Start(path_ / ""), absl::OkStatus());
}

TEST_F(DirectoryTest, OfSomethingElseIsRefusedUntouched) {
  temp_.Write("data/usuarios/letter.txt", "Dear Ana");
  EXPECT_THAT(Start(path_), Refuses(Code::kFailedPrecondition, "is not empty and holds no store"));
  EXPECT_EQ(std::distance(fs::directory_iterator(path_), {}), 1);
  EXPECT_THAT(Start(path_ / "letter.txt"), Refuses(Code::kUnavailable, "cannot make the directory"));
}

TEST_F(DirectoryTest, SaysWhatToDoWhereItMayNotWrite) {
  fs::permissions(temp_.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const bool root = ::geteuid() == 0;  // who may write everywhere
  if (root) {
    ASSERT_EQ(::seteuid(54321), 0);
  }
  const uid_t user = ::geteuid();
  const absl::Status refused = Start(path_);
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  fs::permissions(temp_.path(), fs::perms::owner_all);
  EXPECT_THAT(refused, Refuses(Code::kPermissionDenied, "cannot make the directory " + path_.parent_path().string() +
                                                            ": Permission denied; make it writable for user " +
                                                            std::to_string(user) + ", or set another `path`"));
}

TEST_F(DirectoryTest, OfANewerProgramIsRefused) {
  ASSERT_EQ(Start(path_), absl::OkStatus());
  store_.reset();
  temp_.Write("data/usuarios/tomada.format", "tomada rocksdb_store format 2\n");
  EXPECT_THAT(Start(path_), Refuses(Code::kFailedPrecondition, "use the newer program"));
  temp_.Write("data/usuarios/tomada.format", "something");
  EXPECT_THAT(Start(path_), Refuses(Code::kFailedPrecondition, "damaged"));
}

TEST_F(DirectoryTest, IsUsedByOneStoreOfAProcess) {
  ASSERT_EQ(Start(path_), absl::OkStatus());
  const std::unique_ptr<RocksdbStore> second = MakeStore(ConfigFor(temp_.path() / "data/../data/usuarios"));
  EXPECT_THAT(second->Start(), Refuses(Code::kFailedPrecondition, "another store of this process"));
  store_.reset();
  EXPECT_EQ(Start(path_), absl::OkStatus());
}

TEST_F(DirectoryTest, IsUsedByOneProcess) {
  ASSERT_TRUE(Directory::Open(path_).ok());  // makes it
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t other = ::fork();
  if (other == 0) {
    absl::StatusOr<Directory> held = Directory::Open(path_);
    if (::write(ready[1], held.ok() ? "y" : "n", 1) == 1) ::pause();
    ::_exit(0);
  }
  char held = 0;
  ASSERT_EQ(::read(ready[0], &held, 1), 1);
  EXPECT_EQ(held, 'y');
  EXPECT_THAT(Start(path_), Refuses(Code::kFailedPrecondition, "in use by process " + std::to_string(other)));
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_EQ(Start(path_), absl::OkStatus());
}

TEST_F(DirectoryTest, AStartThatWasCutOffIsFinishedByTheNext) {
  for (const bool has_database : {false, true}) {
    fs::remove(path_ / "tomada.format");
    if (!has_database) fs::remove_all(path_ / "rocksdb");
    if (fs::exists(path_)) temp_.Write("data/usuarios/tomada.format.new", "tom");
    ASSERT_EQ(Start(path_), absl::OkStatus());
    store_.reset();
    EXPECT_TRUE(fs::exists(path_ / "tomada.format"));
  }
}

TEST_F(DirectoryTest, ADatabaseThatIsGoneIsALossAndNotABeginning) {
  ASSERT_EQ(Start(path_), absl::OkStatus());
  store_.reset();
  fs::remove_all(path_ / "rocksdb");
  EXPECT_THAT(Start(path_), Refuses(Code::kDataLoss, "restore"));
}

}  // namespace
}  // namespace tomada::rocksdb_store
