#include "rpc/base64.h"

#include <gtest/gtest.h>

namespace tomada::rpc {
namespace {

std::string Written(std::string_view bytes) {
  std::string text = "=";
  AppendBase64(bytes, &text);
  return text.substr(1);
}

// "?" when it is refused.
std::string Read(std::string_view text) {
  std::string bytes = "old";
  return ParseBase64(text, &bytes) ? bytes : "?";
}

TEST(Base64Test, WritesThePaddedStandardAlphabet) {
  for (auto [bytes, text] : {std::pair{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}}) {
    EXPECT_EQ(Written(bytes), text);  // RFC 4648, 10
    EXPECT_EQ(Read(text), bytes);
  }
  EXPECT_EQ(Written("\xfb\xff\xfe"), "+//+");
}

TEST(Base64Test, EveryByteComesBackAtEveryPlace) {
  for (size_t before = 0; before < 3; ++before) {
    std::string bytes(before, '\xff');
    for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
    EXPECT_EQ(Read(Written(bytes)), bytes);
  }
}

TEST(Base64Test, ReadsBothAlphabetsWithoutPaddingToo) {
  EXPECT_EQ(Read("+//+"), "\xfb\xff\xfe");
  EXPECT_EQ(Read("-__-"), "\xfb\xff\xfe");
  EXPECT_EQ(Read("Zg"), "f");
  EXPECT_EQ(Read("Zm8"), "fo");
  EXPECT_EQ(Read("Zh=="), "f") << "what is left of the last digit says nothing";
}

TEST(Base64Test, RefusesWhatIsNone) {
  for (std::string_view bad :
       {"Z", "Zm9vY", "!!!", "Zg=", "Zg===", "=", "====", "Z===", "Zg==Zg==", "Zm 9v", "Zm\n8", "Zm8=\n"})
    EXPECT_EQ(Read(bad), "?") << bad;
}

}  // namespace
}  // namespace tomada::rpc
