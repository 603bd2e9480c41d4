// Requests that two readers could frame in two ways are refused, and nothing after them is read (RFC 9112, 11.2).
#include <unistd.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Case {
  const char* name;
  std::string bytes;
  int status;
};

std::string GetWith(std::string_view headers) {
  return "GET /usuarios/u1 HTTP/1.1\r\n" + std::string(headers) + "\r\n";
}

std::string Post(std::string_view headers, std::string_view body) {
  return "POST /usuarios HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + std::string(headers) + "\r\n" +
         std::string(body);
}

// What follows in the same segment, and must never be answered.
const char kSmuggled[] = "GET /usuarios/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

std::vector<Case> Cases() {
  using namespace std::string_literals;
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  return {
      {"TwoLengths", Post("Content-Length: 2\r\nContent-Length: 3\r\n", "{} "), 400},
      {"TwoEqualLengths", Post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"), 400},
      {"LengthList", Post("Content-Length: 2, 2\r\n", "{}"), 400},
      {"LengthPlus", Post("Content-Length: +2\r\n", "{}"), 400},
      {"LengthMinus", Post("Content-Length: -2\r\n", "{}"), 400},
      {"LengthTail", Post("Content-Length: 2abc\r\n", "{}"), 400},
      {"LengthWord", Post("Content-Length: two\r\n", "{}"), 400},
      {"LengthHex", Post("Content-Length: 0x2\r\n", "{}"), 400},
      {"LengthEmpty", Post("Content-Length: \r\n", "{}"), 400},
      {"LengthTwoWords", Post("Content-Length: 2 2\r\n", "{}"), 400},
      {"LengthBeyond64Bits", Post("Content-Length: 18446744073709551616\r\n", "{}"), 400},
      {"LengthAndChunked", Post("Content-Length: 2\r\n" + chunked, "0\r\n\r\n"), 400},
      {"ChunkedAndLength", Post(chunked + "Content-Length: 2\r\n", "0\r\n\r\n"), 400},
      {"ChunkedTwice", Post(chunked + chunked, "0\r\n\r\n"), 400},
      {"OtherCoding", Post("Transfer-Encoding: gzip\r\n", ""), 501},
      {"CodingList", Post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
      {"ChunkedNotLast", Post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), 501},
      {"CodingIdentity", Post("Transfer-Encoding: identity\r\n", ""), 501},
      {"CodingEmpty", Post("Transfer-Encoding: \r\n", ""), 501},
      {"CodingX", Post("Transfer-Encoding: xchunked\r\n", ""), 501},
      {"CodingParameter", Post("Transfer-Encoding: chunked;q=1\r\n", ""), 501},
      {"CodingInHttp10", "POST /usuarios HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"SpaceBeforeColon", Post("Content-Length : 2\r\n", "{}"), 400},
      {"SpaceBeforeCodingColon", Post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), 400},
      {"SpaceBeforeName", GetWith(" Host: a\r\n"), 400},
      {"FoldedLine", GetWith("Host: a\r\nX-Folded: a\r\n b\r\n"), 400},
      {"FoldedWithTab", GetWith("Host: a\r\nX-Folded: a\r\n\tb\r\n"), 400},
      {"FoldedLength", Post("Content-Length:\r\n 2\r\n", "{}"), 400},
      {"NameWithoutColon", GetWith("Host: a\r\nNonsense\r\n"), 400},
      {"EmptyName", GetWith("Host: a\r\n: value\r\n"), 400},
      {"NameWithSpace", GetWith("Host: a\r\nX Y: value\r\n"), 400},
      {"NulInValue", GetWith("Host: a\r\nX-Nul: a\0b\r\n"s), 400},
      {"NulInName", GetWith("Host: a\r\nX\0Y: a\r\n"s), 400},
      {"NulInTarget", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
      {"ControlInTarget", "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"BareLineFeeds", "GET /usuarios/u1 HTTP/1.1\nHost: a\n\n", 505},
      {"BareLineFeedInHeaders", "GET /usuarios/u1 HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
      {"BareCarriageReturn", "GET /usuarios/u1 HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400},
      {"NoHost", GetWith("X: a\r\n"), 400},
      {"TwoHosts", GetWith("Host: a\r\nHost: b\r\n"), 400},
      {"TwoEqualHosts", GetWith("Host: a\r\nHost: a\r\n"), 400},
      {"HostWithSpace", GetWith("Host: a b\r\n"), 400},
      {"HostWithPath", GetWith("Host: a/b\r\n"), 400},
      {"HostWithUser", GetWith("Host: b@a\r\n"), 400},
      {"HostWithWordForPort", GetWith("Host: x:abc\r\n"), 400},
      {"HostWithPortBeyond16Bits", GetWith("Host: x:99999\r\n"), 400},
      {"HostWithLongPort", GetWith("Host: x:0000000080\r\n"), 400},
      {"HostWithTwoPorts", GetWith("Host: a:1:2\r\n"), 400},
      {"HostPortAlone", GetWith("Host: :80\r\n"), 400},
      {"HostBracketOpen", GetWith("Host: [::1\r\n"), 400},
      {"HostBracketAlone", GetWith("Host: [\r\n"), 400},
      {"HostBracketsEmpty", GetWith("Host: []\r\n"), 400},
      {"HostBracketsNoAddress", GetWith("Host: [1.2.3.4]\r\n"), 400},
      {"HostBracketsAndMore", GetWith("Host: [::1]80\r\n"), 400},
      {"HostBracketInName", GetWith("Host: a[b]\r\n"), 400},
      {"HostPercent", GetWith("Host: %zz\r\n"), 400},
      {"HostPercentCut", GetWith("Host: a%4\r\n"), 400},
      {"HostPercentAlone", GetWith("Host: a%\r\n"), 400},
      {"TargetOfAnotherScheme", "GET ftp://a/usuarios/u1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"TargetWithoutAuthority", "GET http:///usuarios/u1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"TargetWithWrongAuthority", "GET http://a:1:2/usuarios/u1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"TargetWithUser", "GET http://b@a/usuarios/u1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"FragmentInPath", "GET /usuarios/u1#a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"FragmentInQuery", "GET /usuarios/u1?a=#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"Version99", "GET /usuarios/u1 HTTP/9.9\r\nHost: a\r\n\r\n", 505},
      {"Version20", "GET /usuarios/u1 HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"Version12", "GET /usuarios/u1 HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"Version09", "GET /usuarios/u1\r\n\r\n", 400},
      {"VersionEmpty", "GET /usuarios/u1 HTTP/\r\nHost: a\r\n\r\n", 505},
      {"VersionLowerCase", "GET /usuarios/u1 http/1.1\r\nHost: a\r\n\r\n", 505},
      {"VersionLong", "GET /usuarios/u1 HTTP/1.11\r\nHost: a\r\n\r\n", 505},
      {"TwoSpacesInLine", "GET  /usuarios/u1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"SpaceInTarget", "GET /usuarios /u1 HTTP/1.1\r\nHost: a\r\n\r\n", 505},
      {"LeadingSpace", " GET /usuarios/u1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"BadMethod", "G(T /usuarios/u1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"TlsHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
      {"ChunkSizeWord", Post(chunked, "xyz\r\n{}\r\n0\r\n\r\n"), 400},
      {"ChunkSizeEmpty", Post(chunked, "\r\n{}\r\n0\r\n\r\n"), 400},
      {"ChunkSize0x", Post(chunked, "0x2\r\n{}\r\n0\r\n\r\n"), 400},
      {"ChunkSizeMinus", Post(chunked, "-2\r\n{}\r\n0\r\n\r\n"), 400},
      {"ChunkSizePlus", Post(chunked, "+2\r\n{}\r\n0\r\n\r\n"), 400},
      {"ChunkSizeSpace", Post(chunked, " 2\r\n{}\r\n0\r\n\r\n"), 400},
      {"ChunkSizeBeyond64Bits", Post(chunked, "10000000000000002\r\n{}\r\n0\r\n\r\n"), 400},
      {"ChunkTooLong", Post(chunked, "2\r\n{}}\r\n0\r\n\r\n"), 400},
      {"ChunkWithoutLineEnd", Post(chunked, "2\r\n{}0\r\n\r\n"), 400},
      {"ChunkBareLineFeed", Post(chunked, "2\n{}\r\n0\r\n\r\n"), 400},
      {"TrailerLength", Post(chunked, "2\r\n{}\r\n0\r\nContent-Length: 2\r\n\r\n"), 400},
      {"TypeWithoutLength", Post("", "{}"), 411},
      {"UnknownExpect", Post("Expect: magic\r\nContent-Length: 2\r\n", "{}"), 417},
  };
}

class FramingTest : public ::testing::TestWithParam<Case> {};

TEST_P(FramingTest, IsRefusedAndTheConnectionClosed) {
  TestServer server;
  TestClient client(server.address());
  ASSERT_TRUE(client.Send(GetParam().bytes + kSmuggled));
  auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, GetParam().status) << response->body;
  EXPECT_EQ(response->headers["connection"], "close");
  EXPECT_EQ(response->headers["content-type"], "application/json");
  EXPECT_THAT(response->body, HasSubstr("\"message\":"));
  EXPECT_TRUE(client.AtEnd()) << "nothing may follow";
  EXPECT_EQ(server.service.calls, 0);
}

INSTANTIATE_TEST_SUITE_P(, FramingTest, ::testing::ValuesIn(Cases()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(HostTest, EveryFormOfIt) {
  TestServer server;
  TestClient client(server.address());
  for (const char* host : {"", "a", "a:", "a:0", "a:65535", "A-1.b_c~", "127.0.0.1:8000", "[::1]", "[::1]:8000",
                           "[::ffff:1.2.3.4]:", "a%41", "!$&'()*+,;="}) {
    ASSERT_TRUE(client.Send(GetWith("Host: " + std::string(host) + "\r\n")));
    auto response = client.Receive();
    ASSERT_TRUE(response) << host;
    EXPECT_EQ(response->status, 200) << host << ": " << response->body;
  }
  for (const char* target : {"HTTP://a/usuarios/u1", "https://[::1]:80/usuarios/u1", "/usuarios/ftp://a"}) {
    EXPECT_NE(client.Ask("GET", target)->status, 400) << target;
  }
}

class SizesTest : public ::testing::Test {
 protected:
  TestServer server{[](Config& config) {
    config.max_header_size.bytes = 4096;
    config.max_body_size.bytes = 1000;
  }};

  // The answer to bytes that close the connection.
  TestResponse Refused(std::string_view bytes) {
    TestClient client(server.address());
    client.Send(bytes);
    auto response = client.Receive();
    EXPECT_TRUE(response);
    EXPECT_TRUE(client.AtEnd());
    return response.value_or(TestResponse());
  }
};

TEST_F(SizesTest, TargetTooLong) {
  EXPECT_EQ(Refused("GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n").status, 414);
  EXPECT_EQ(Refused("GET /" + std::string(5000, 'a')).status, 414);
}

TEST_F(SizesTest, HeadersTooLarge) {
  EXPECT_EQ(Refused(GetWith("Host: a\r\nX: " + std::string(5000, 'a') + "\r\n")).status, 431);
  EXPECT_EQ(Refused("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(5000, 'a')).status, 431);
  std::string many;
  for (int i = 0; i < 60; ++i) many += "X-" + std::to_string(i) + ": " + std::string(80, 'a') + "\r\n";
  EXPECT_EQ(Refused(GetWith("Host: a\r\n" + many)).status, 431);
}

TEST_F(SizesTest, HeadersTooLargeWhenTheyComeByByte) {
  TestClient client(server.address());
  client.Send("GET / HTTP/1.1\r\nHost: a\r\n");
  for (int i = 0; i < 1000 && client.Send("X: 0\r\n"); ++i) {
  }
  auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 431);
}

TEST_F(SizesTest, TooManyHeaders) {
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X: 1\r\n";
  EXPECT_EQ(Refused(GetWith("Host: a\r\n" + many)).status, 431);
}

TEST_F(SizesTest, BodyTooLargeIsRefusedFromItsLengthAlone) {
  EXPECT_EQ(Refused(Post("Content-Length: 1001\r\n", "")).status, 413);
  EXPECT_EQ(Refused(Post("Content-Length: 53687091200\r\n", "")).status, 413);
  EXPECT_EQ(Refused(Post("Content-Length: 18446744073709551615\r\n", "")).status, 413);
  EXPECT_EQ(Refused(Post("Content-Length: 1001\r\nExpect: 100-continue\r\n", "")).status, 413);
}

// In KiB.
long ResidentMemory() {
  std::ifstream statm("/proc/self/statm");
  long size = 0, resident = 0;
  statm >> size >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

TEST(DeclaredLengthTest, CostsNothingUntilItComes) {
  TestServer server([](Config& config) { config.max_body_size.bytes = 1 << 30; });
  TestClient witness(server.address());
  ASSERT_EQ(witness.Ask("GET", "/usuarios/u1")->status, 200);
  long before = ResidentMemory();
  std::vector<TestClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back(server.address());
    clients.back().Send(i % 2 == 0 ? Post("Content-Length: 1000000000\r\n", "x")
                                   : Post("Transfer-Encoding: chunked\r\n", "3b9aca00\r\nx"));
  }
  ASSERT_EQ(witness.Ask("GET", "/usuarios/u1")->status, 200);
  EXPECT_LT(ResidentMemory() - before, 8 << 10);
}

TEST_F(SizesTest, ChunksTooLarge) {
  EXPECT_EQ(Refused(Post("Transfer-Encoding: chunked\r\n", "40000000\r\n")).status, 413);
  std::string chunks;
  for (int i = 0; i < 11; ++i) chunks += "64\r\n" + std::string(100, ' ') + "\r\n";
  EXPECT_EQ(Refused(Post("Transfer-Encoding: chunked\r\n", chunks)).status, 413);
}

TEST_F(SizesTest, ChunkExtensionsAndTrailersAreBounded) {
  EXPECT_NE(Refused(Post("Transfer-Encoding: chunked\r\n", "2;a=" + std::string(20000, 'x'))).status, 200);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 4000; ++i) trailers += "X: 1\r\n";
  EXPECT_NE(Refused(Post("Transfer-Encoding: chunked\r\n", trailers)).status, 200);
}

TEST_F(SizesTest, ALargeBodyIsReadToItsEndSoThatTheAnswerArrives) {
  TestClient client(server.address());
  client.Send(Post("Content-Length: 4000000\r\n", ""));
  std::string block(100'000, 'x');
  for (int i = 0; i < 40 && client.Send(block); ++i) {
  }
  auto response = client.Receive();
  ASSERT_TRUE(response) << "a reset would have destroyed it";
  EXPECT_EQ(response->status, 413);
}

TEST_F(SizesTest, BodyAtTheLimitIsTaken) {
  TestClient client(server.address());
  std::string body = "{\"nome\":\"a\"}";
  body += std::string(1000 - body.size(), ' ');
  auto response = client.Ask("POST", "/usuarios", body);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200) << response->body;
}

}  // namespace
}  // namespace tomada::pistache_http
