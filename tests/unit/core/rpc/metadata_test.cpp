#include "rpc/metadata.h"

#include <gtest/gtest.h>

namespace tomada::rpc {
namespace {

TEST(MetadataNameTest, HasSmallLettersDigitsAndThreeMarks) {
  for (std::string_view good : {"a", "x-request-id", "a_b.c-9", "-", "-bin", "k-bin", "grpc-timeout"}) {
    EXPECT_TRUE(IsMetadataName(good)) << good;
  }
  for (std::string_view bad : {"", "A", ":status", "a b", "a:b", "a\r\n", "é", "a/b"}) {
    EXPECT_FALSE(IsMetadataName(bad)) << bad;
    EXPECT_FALSE(IsCustomName(bad)) << bad;
  }
  EXPECT_TRUE(IsCustomName("x-request-id"));
  EXPECT_FALSE(IsCustomName("grpc-timeout"));
  EXPECT_TRUE(IsCustomName("grpc"));
}

TEST(MetadataNameTest, BinaryIsWhatHasASuffixAndMore) {
  EXPECT_TRUE(IsBinaryName("k-bin"));
  EXPECT_FALSE(IsBinaryName("-bin")) << "gRPC takes it for text, and would abort for bytes";
  EXPECT_FALSE(IsBinaryName("k-bin-x"));
  EXPECT_FALSE(IsBinaryName("bin"));
}

TEST(CustomMetadataTest, IsWhatGrpcCanCarry) {
  EXPECT_TRUE(IsCustomMetadata({"a", ""}));
  EXPECT_TRUE(IsCustomMetadata({"a", " ~"}));
  EXPECT_TRUE(IsCustomMetadata({"a-bin", std::string("\0\xff\n", 3)}));
  EXPECT_FALSE(IsCustomMetadata({"grpc-message", "a"}));
  EXPECT_FALSE(IsCustomMetadata({"grpc-status-details-bin", "a"}));
  EXPECT_FALSE(IsCustomMetadata({"A", "a"}));
  EXPECT_FALSE(IsCustomMetadata({"-bin", "\xff"}));
  for (const char* bad : {"\t", "a\r\nb: c", "\x7f", "é", "\x1f"}) EXPECT_FALSE(IsCustomMetadata({"a", bad})) << bad;
}

TEST(HopByHopTest, IsAboutOneConnectionOrOneMessagesFraming) {
  for (std::string_view name :
       {"connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-authenticate",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}) {
    EXPECT_TRUE(IsHopByHop(name)) << name;
  }
  for (std::string_view name : {"", "authorization", "via", "content-type", "connections", "t"}) {
    EXPECT_FALSE(IsHopByHop(name)) << name;
  }
}

TEST(HopByHopTest, ConnectionNominatesOthers) {
  EXPECT_TRUE(IsNominated("x-a", "x-a"));
  EXPECT_TRUE(IsNominated("close,\tX-A ,x-b", "x-a"));
  EXPECT_TRUE(IsNominated("close, x-b", "x-b"));
  for (std::string_view connection : {"", ",", "close", "x-ab", "x -a", "x-a;q=1"}) {
    EXPECT_FALSE(IsNominated(connection, "x-a")) << connection;
  }
}

TEST(FieldTest, TextIsPrintableAsciiAndTabs) {
  EXPECT_EQ(FromField("a", " a\tb~"), " a\tb~");
  EXPECT_FALSE(IsAsciiValue("a\tb")) << "which gRPC refuses";
  EXPECT_TRUE(IsAsciiValue(" a b~"));
  EXPECT_EQ(FromField("a", ""), "");
  for (std::string_view bad : {"é", "a\n", "a\rb", "\x7f", "\1"}) {
    EXPECT_EQ(FromField("a", bad), std::nullopt) << bad;
    EXPECT_FALSE(IsFieldValue(bad)) << bad;
    EXPECT_FALSE(IsAsciiValue(bad)) << bad;
  }
  EXPECT_EQ(ToField({"a", "b c="}), "b c=");
}

TEST(FieldTest, BinaryIsBase64) {
  EXPECT_EQ(FromField("a-bin", "q6ur"), "\xab\xab\xab");
  EXPECT_EQ(FromField("a-bin", "AQI"), "\x01\x02");
  EXPECT_EQ(FromField("a-bin", "AQI="), "\x01\x02");
  EXPECT_EQ(FromField("a-bin", ""), "");
  EXPECT_EQ(FromField("a-bin", "!!!"), std::nullopt);
  EXPECT_EQ(ToField({"a-bin", "\x01\x02"}), "AQI") << "without padding";
  EXPECT_EQ(ToField({"a-bin", ""}), "");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all += static_cast<char>(byte);
    EXPECT_EQ(FromField("a-bin", ToField({"a-bin", all})), all);
    EXPECT_TRUE(IsFieldValue(ToField({"a-bin", all})));
  }
}

}  // namespace
}  // namespace tomada::rpc
