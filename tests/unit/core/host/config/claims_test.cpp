// Claims on paths that symbolic links lead to. All other overlaps are golden files.
#include "config/claims.h"

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;

class ClaimsOfPaths : public ::testing::Test {
 protected:
  // Whether a claim on the one is a mistake beside a claim on the other.
  static bool Overlap(Claim claim, const fs::path& one, const fs::path& other) {
    Diagnostics diagnostics;
    CheckClaims({{"a", "path", claim, one.string(), false, {"a.yaml", 1, 1}},
                 {"b", "path", claim, other.string(), false, {"a.yaml", 2, 1}}},
                diagnostics);
    return diagnostics.has_errors();
  }

  testing::TempDir folder_;
};

TEST_F(ClaimsOfPaths, FollowSymbolicLinks) {
  const fs::path real = folder_.path() / "real", link = folder_.path() / "link";
  fs::create_directory(real);
  fs::create_directory_symlink(real, link);
  EXPECT_TRUE(Overlap(Claim::kDirectory, real, link));
  EXPECT_TRUE(Overlap(Claim::kDirectory, real, link / "not/yet/there"));
  EXPECT_TRUE(Overlap(Claim::kDirectory, link / "not/yet", real / "not/yet/there"));
  EXPECT_FALSE(Overlap(Claim::kDirectory, real / "one", link / "other"));
  EXPECT_FALSE(Overlap(Claim::kDirectory, real, folder_.path() / "real2"));
  EXPECT_TRUE(Overlap(Claim::kUnixSocket, real / "a.sock", link / "a.sock"));
  EXPECT_FALSE(Overlap(Claim::kUnixSocket, real / "a.sock", link / "b.sock"));
}

TEST_F(ClaimsOfPaths, AreOfOneKind) {
  Diagnostics diagnostics;
  CheckClaims({{"a", "path", Claim::kDirectory, std::string("/x"), false, {"a.yaml", 1, 1}},
               {"b", "path", Claim::kUnixSocket, std::string("/x"), false, {"a.yaml", 2, 1}}},
              diagnostics);
  EXPECT_FALSE(diagnostics.has_errors());
}

TEST_F(ClaimsOfPaths, AreFromTheWorkingDirectory) {
  EXPECT_TRUE(Overlap(Claim::kDirectory, "data", fs::current_path() / "data"));
}

}  // namespace
}  // namespace tomada
