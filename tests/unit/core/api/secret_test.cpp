#include "tomada/secret.h"

#include <algorithm>
#include <sstream>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "support/own_memory.h"

namespace tomada {
namespace {

TEST(Secret, HoldsAText) {
  const Secret empty, none("");
  EXPECT_TRUE(empty.empty() && none.empty());
  EXPECT_EQ(empty.Reveal(), "");
  Secret one(std::string_view("a\0b", 3));
  EXPECT_EQ(one.Reveal(), std::string_view("a\0b", 3));
  Secret copy = one, moved = std::move(one);
  EXPECT_EQ(copy.Reveal(), moved.Reveal());
  EXPECT_TRUE(one.empty());  // NOLINT(bugprone-use-after-move): that is what is asked
  copy = Secret("longer than it was");
  EXPECT_EQ(copy.Reveal(), "longer than it was");
  copy = moved;
  EXPECT_EQ(copy.Reveal(), std::string_view("a\0b", 3));
  copy = Secret();
  EXPECT_TRUE(copy.empty());
}

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST(Secret, ComesOutOnlyByItsName) {
  EXPECT_FALSE(Printable<Secret>);
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string_view>));
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string>));
  EXPECT_EQ(::testing::PrintToString(Secret("hunter2")).find("hunter2"), std::string::npos);
}

TEST(Secret, AWipedStringHasNothingLeftInIt) {
  for (size_t size : {size_t{0}, size_t{7}, size_t{1000}}) {
    std::string text(size, 'x');
    text.resize(size / 2);  // what is beyond the end counts too
    const char* const bytes = text.data();
    const size_t room = text.capacity();
    Wipe(text);
    EXPECT_EQ(text, "");
    ASSERT_EQ(text.data(), bytes);
    EXPECT_EQ(std::count(bytes, bytes + room, 'x'), 0);  // the string still owns it
  }
}

TEST(Secret, LeavesNothingInMemory) {
  const testing::Canary canary(1);
  std::string text;
  text.reserve(100);
  canary.Write([&text](char c) { text += c; });
  {
    std::vector<Secret> secrets;
    for (int i = 0; i < 9; ++i) secrets.emplace_back(text);  // grows, and moves them
    Secret assigned = secrets[3];
    assigned = secrets[4];
    Wipe(text);
    EXPECT_EQ(canary.CopiesInMemory(), 10u);
  }
  EXPECT_EQ(canary.CopiesInMemory(), 0u);
}

}  // namespace
}  // namespace tomada
