#include "rpc/percent.h"

#include <gtest/gtest.h>

namespace tomada::rpc {
namespace {

TEST(PercentDecodeTest, DecodesAndRefusesMalformed) {
  EXPECT_EQ(PercentDecode("a%20b+c%C3%A9%c3%a9", Decode::kAll), "a b+céé");
  EXPECT_EQ(PercentDecode("a+b%2Bc", Decode::kPlusIsSpace), "a b+c");
  EXPECT_EQ(PercentDecode("a%2Fb%2fc%20", Decode::kAllButSlash), "a%2Fb%2fc ");
  EXPECT_EQ(PercentDecode("%00", Decode::kAll), std::string(1, '\0'));
  for (std::string_view bad : {"%", "%4", "%zz", "a%4", "%%41", "%g1", "%1g", "%+1", "%-1", "% 1", "%0x"}) {
    EXPECT_EQ(PercentDecode(bad, Decode::kAll), std::nullopt) << bad;
    EXPECT_EQ(PercentDecode(bad, Decode::kPlusIsSpace), std::nullopt) << bad;
    EXPECT_EQ(PercentDecode(bad, Decode::kAllButSlash), std::nullopt) << bad;
  }
}

TEST(PercentDecodeTest, OfAMessageKeepsWhatIsNoEscape) {
  EXPECT_EQ(PercentDecodeMessage("a%20b%C3%a9%"), "a bé%");
  EXPECT_EQ(PercentDecodeMessage("%zz 100% %41"), "%zz 100% A");
  EXPECT_EQ(PercentDecodeMessage("%%41%4"), "%A%4");
  EXPECT_EQ(PercentDecodeMessage("a+b"), "a+b");
  EXPECT_EQ(PercentDecodeMessage(""), "");
}

TEST(PercentEncodeTest, KeepsWhatItIsTold) {
  EXPECT_EQ(PercentEncode("aZ0-._~ /é%41", Encode::kAllButUnreserved), "aZ0-._~%20%2F%C3%A9%2541");
  EXPECT_EQ(PercentEncode("a/b?c=d&e é%41%4", Encode::kAllButUrl), "a/b?c=d&e%20%C3%A9%41%254");
}

TEST(PercentEncodeTest, EveryByteComesBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string encoded = PercentEncode(all, Encode::kAllButUnreserved);
  for (Decode decode : {Decode::kAll, Decode::kPlusIsSpace}) EXPECT_EQ(PercentDecode(encoded, decode), all);
  EXPECT_EQ(PercentDecodeMessage(encoded), all);
}

}  // namespace
}  // namespace tomada::rpc
