#include "cli/file_watch.h"

#include <sys/stat.h>

#include <gmock/gmock.h>

#include "support/temp_dir.h"

namespace tomada {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TempDir;

// The clock is the test's own.
class FileWatchTest : public ::testing::Test {
 protected:
  FileWatchTest() {
    for (const auto& file : {a_, b_}) watch_.Add(file, absl::InfiniteFuture());
  }
  auto After(std::chrono::milliseconds time) {
    now_ += time;
    return watch_.TakeChanged(now_);
  }

  TempDir dir_;
  const std::filesystem::path a_ = dir_.Write("a", "1"), b_ = dir_.path() / "b";
  FileWatch watch_;
  FileWatch::Clock::time_point now_{std::chrono::hours(1)};
};

TEST_F(FileWatchTest, WhatStaysAsItIsHasNotChanged) {
  EXPECT_THAT(After(FileWatch::kSettle), IsEmpty());
  EXPECT_THAT(After(FileWatch::kGone), IsEmpty());
}

TEST_F(FileWatchTest, AChangeIsTakenOnceAfterItHasSettled) {
  dir_.Write("a", "22");
  EXPECT_THAT(After(std::chrono::milliseconds(50)), IsEmpty());
  dir_.Write("a", "333");
  EXPECT_THAT(After(std::chrono::milliseconds(50)), IsEmpty());
  EXPECT_THAT(After(FileWatch::kSettle), ElementsAre(a_));
  EXPECT_THAT(After(FileWatch::kSettle), IsEmpty());
}

TEST_F(FileWatchTest, AFileThatIsMadeHasChanged) {
  dir_.Write("b", "1");
  EXPECT_THAT(After(std::chrono::milliseconds(50)), IsEmpty());
  EXPECT_THAT(After(FileWatch::kSettle), ElementsAre(b_));
}

TEST_F(FileWatchTest, OneThatIsGoneForAMomentHasNot) {
  std::filesystem::rename(a_, dir_.path() / "elsewhere");
  EXPECT_THAT(After(std::chrono::milliseconds(50)), IsEmpty());
  EXPECT_THAT(After(FileWatch::kSettle), IsEmpty()) << "not yet";
  EXPECT_THAT(After(FileWatch::kGone), ElementsAre(a_));
}

TEST_F(FileWatchTest, WhatChangesWhileSomebodyReadsItHasChanged) {
  const std::filesystem::path c = dir_.Write("c", "1"), d = dir_.Write("d", "1");
  watch_.Add(c, absl::InfinitePast());
  watch_.Add(d, absl::InfiniteFuture());
  EXPECT_THAT(After(FileWatch::kSettle), ElementsAre(c));
  EXPECT_THAT(After(FileWatch::kSettle), IsEmpty());
}

TEST_F(FileWatchTest, ForgetsWhatIsNotKept) {
  dir_.Write("a", "22");
  dir_.Write("b", "22");
  watch_.Keep({b_});
  EXPECT_THAT(After(std::chrono::milliseconds(1)), IsEmpty());
  EXPECT_THAT(After(FileWatch::kSettle), ElementsAre(b_));
  watch_.Keep({});
  EXPECT_TRUE(watch_.empty());
}

}  // namespace
}  // namespace tomada
