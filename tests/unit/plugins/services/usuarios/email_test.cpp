#include "email.h"

#include <gtest/gtest.h>

#include "text.h"

namespace tomada::usuarios {
namespace {

TEST(EmailTest, AcceptsMailboxes) {
  for (const char* address :
       {"ana@exemplo.com", "a@b", "ana.maria+lista@sub.exemplo.com.br", "!#$%&'*+-/=?^_`{|}~@x.org", "1@2.3",
        "a-b@c-d.com", "joão@exemplo.com", "josé@café.com.br", "用户@例子.中国", "अजय@डाटा.भारत"}) {
    EXPECT_TRUE(IsEmailAddress(address)) << address;
  }
}

TEST(EmailTest, RefusesWhatIsNoMailbox) {
  for (const char* address : {"",
                              "ana",
                              "@",
                              "ana@",
                              "@exemplo.com",
                              "ana@exemplo@com",
                              "a b@exemplo.com",
                              "ana@exem plo.com",
                              ".ana@exemplo.com",
                              "ana.@exemplo.com",
                              "a..b@exemplo.com",
                              "ana@.com",
                              "ana@exemplo.",
                              "ana@exemplo..com",
                              "ana@-exemplo.com",
                              "ana@exemplo-.com",
                              "ana@exem_plo.com",
                              "\"ana\"@exemplo.com",
                              "ana@[127.0.0.1]",
                              "Ana <ana@exemplo.com>",
                              "a,b@exemplo.com",
                              "ana@exemplo.com\n",
                              "a\u00a0b@exemplo.com",
                              "ana@exemplo\u200b.com",
                              "ana@\xff.com",
                              "\xc3@exemplo.com"}) {
    EXPECT_FALSE(IsEmailAddress(address)) << address;
  }
  EXPECT_FALSE(IsEmailAddress(std::string_view("a\0b@exemplo.com", 15)));
}

TEST(EmailTest, HoldsTheLimitsOfItsParts) {
  std::string label63(63, 'd');
  EXPECT_TRUE(IsEmailAddress(std::string(64, 'a') + "@exemplo.com"));
  EXPECT_FALSE(IsEmailAddress(std::string(65, 'a') + "@exemplo.com"));
  EXPECT_TRUE(IsEmailAddress("a@" + label63 + ".com"));
  EXPECT_FALSE(IsEmailAddress("a@" + label63 + "d.com"));
  // 64 + 1 + 63 + 1 + 63 + 1 + 61 = 254.
  std::string longest = std::string(64, 'a') + "@" + label63 + "." + label63 + "." + std::string(61, 'd');
  ASSERT_EQ(longest.size(), 254u);
  EXPECT_TRUE(IsEmailAddress(longest));
  EXPECT_FALSE(IsEmailAddress(longest + "d"));
}

TEST(EmailTest, TrimsAsciiSpaceOnly) {
  EXPECT_EQ(TrimSpace(" \t\r\n\v\fana@exemplo.com \n"), "ana@exemplo.com");
  EXPECT_EQ(TrimSpace("a b"), "a b");
  EXPECT_EQ(TrimSpace("  "), "");
  EXPECT_EQ(TrimSpace(""), "");
}

TEST(EmailTest, KeyIgnoresCaseAndSurroundingSpace) {
  EXPECT_EQ(EmailKey(" Ana.Maria@EXEMPLO.com "), "ana.maria@exemplo.com");
  EXPECT_EQ(EmailKey("JOÃO@Exemplo.com"), EmailKey("joão@exemplo.com"));
  EXPECT_EQ(EmailKey("ΑΝΝΑΣ@x.gr"), EmailKey("αννας@x.gr"));
  EXPECT_EQ(EmailKey("ИВАН@x.ru"), EmailKey("иван@x.ru"));
  EXPECT_NE(EmailKey("joão@exemplo.com"), EmailKey("joao@exemplo.com"));
  EXPECT_NE(EmailKey("a.b@x.com"), EmailKey("ab@x.com"));
}

TEST(EmailTest, KeyIgnoresHowAccentsAreComposed) {
  EXPECT_EQ(EmailKey("joa\u0303o@exemplo.com"), EmailKey("jo\u00e3o@exemplo.com"));
}

TEST(TextTest, CountsCodePoints) {
  EXPECT_EQ(CountCharacters(""), 0u);
  EXPECT_EQ(CountCharacters("José"), 4u);
  EXPECT_EQ(CountCharacters("\U0001F600x"), 2u);
  EXPECT_EQ(CountCharacters(std::string_view("a\0b", 3)), 3u);
}

TEST(TextTest, KnowsInvalidUtf8) {
  for (const char* text : {"\xff", "\xc3", "a\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    EXPECT_FALSE(CountCharacters(text).has_value()) << text;
    EXPECT_FALSE(DecodeUtf8(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tomada::usuarios
