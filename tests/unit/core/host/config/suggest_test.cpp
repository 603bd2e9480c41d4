#include "config/suggest.h"

#include <gtest/gtest.h>

namespace tomada {
namespace {

TEST(Suggest, FindsSlips) {
  EXPECT_EQ(Suggest("lisen", {"workers", "listen"}), "listen");    // one left out
  EXPECT_EQ(Suggest("listten", {"workers", "listen"}), "listen");  // one too many
  EXPECT_EQ(Suggest("lisden", {"workers", "listen"}), "listen");   // another one
  EXPECT_EQ(Suggest("gprc", {"http", "grpc"}), "grpc");            // two swapped
  EXPECT_EQ(Suggest("--confg", {"--config", "--config-dir"}), "--config");
}

TEST(Suggest, TakesTheNearestThenTheFirst) {
  EXPECT_EQ(Suggest("stores", {"storey", "store", "stored"}), "storey");
  EXPECT_EQ(Suggest("store_b", {"store_aa", "store_bb"}), "store_bb");
}

TEST(Suggest, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(Suggest("banana", {"listen", "workers"}), "");
  EXPECT_EQ(Suggest("ab", {"xy"}), "");
  EXPECT_EQ(Suggest("a", {"b"}), "");  // one edit, but nothing in common
  EXPECT_EQ(Suggest("", {"listen"}), "");
  EXPECT_EQ(Suggest("listen", {}), "");
  EXPECT_EQ(Suggest(std::string(1 << 20, 'a'), {"listen"}), "");
}

TEST(Suggest, HintFallsBackToTheList) {
  EXPECT_EQ(Hint("lisen", {"listen", "workers"}), " (did you mean `listen`?)");
  EXPECT_EQ(Hint("banana", {"listen", "workers"}), " (known: listen, workers)");
  EXPECT_EQ(Hint("banana", {}), "");
}

}  // namespace
}  // namespace tomada
