// google.api.HttpBody: bytes that go as they are.
#include "transcode/http_body.h"

#include <google/api/httpbody.pb.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <mapping_test.pb.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "echo_server.h"
#include "test_client.h"

namespace tomada::pistache_http {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

TEST(HttpBodyTest, IsKnownByItsNameAndFields) {
  EXPECT_TRUE(IsHttpBody(*google::api::HttpBody::descriptor()));
  EXPECT_FALSE(IsHttpBody(*mapping_test::File::descriptor()));
  google::protobuf::FileDescriptorProto file;
  google::api::HttpBody::descriptor()->file()->CopyTo(&file);
  google::protobuf::DescriptorPool other;
  google::protobuf::DescriptorPool strange;
  file.clear_dependency();
  file.mutable_message_type(0)->mutable_field()->RemoveLast();
  EXPECT_TRUE(IsHttpBody(*other.BuildFile(file)->message_type(0))) << "of a pool made at run time";
  file.mutable_message_type(0)->mutable_field(1)->set_type(google::protobuf::FieldDescriptorProto::TYPE_INT32);
  EXPECT_FALSE(IsHttpBody(*strange.BuildFile(file)->message_type(0))) << "data is a number";
}

TEST(HttpBodyTest, ATypeThatForgesHeadersIsReplaced) {
  google::api::HttpBody body;
  EXPECT_EQ(ReadHttpBody(body).type, "");
  body.set_data("x");
  EXPECT_EQ(ReadHttpBody(body).type, "application/octet-stream");
  body.set_content_type("text/plain\r\nevil: 1");
  EXPECT_EQ(ReadHttpBody(body).type, "application/octet-stream");
  body.set_content_type("text/plain");
  EXPECT_EQ(ReadHttpBody(body).type, "text/plain");
  EXPECT_EQ(ReadHttpBody(body).data, "x");
}

class RawTest : public ::testing::Test {
 protected:
  EchoServer server{*mapping_test::File::descriptor()->file()->FindServiceByName("Files")};
  TestClient client{server.address()};

  TestResponse Send(const std::string& line, const std::string& type, const std::string& body,
                    const std::string& headers = "") {
    std::string head =
        line + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers;
    if (!type.empty()) head += "Content-Type: " + type + "\r\n";
    client.Send(head + "\r\n" + body);
    auto response = client.Receive();
    EXPECT_TRUE(response);
    return response.value_or(TestResponse());
  }
};

TEST_F(RawTest, IsNotSentToWhoRefusesItsType) {
  const std::string target = "/files/a?content.contentType=text/plain%3B+charset%3Dutf-8&content.data=YWJj";
  auto status = [&](const std::string& accept) { return client.Ask("GET", target, "", accept)->status; };
  EXPECT_EQ(client.Ask("GET", target)->body, "abc");
  EXPECT_EQ(status("Accept: text/plain;q=0\r\n"), 406);
  EXPECT_EQ(status("Accept: application/json, */*;q=0\r\n"), 406);
  EXPECT_EQ(status("Accept: application/json\r\n"), 200) << "what is not named is no refusal: nobody knows the type";
  EXPECT_EQ(Send("POST /echo", "text/plain", "abc", "Accept: text/plain;q=0\r\n").status, 200) << "it is done";
}

TEST_F(RawTest, GoesInAndOutByteForByte) {
  const std::string bytes = "\0\x01\xff{not json\r\n"s;
  TestResponse response = Send("POST /echo", "image/png", bytes);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers["content-type"], "image/png");
  EXPECT_EQ(response.headers["content-length"], std::to_string(bytes.size()));
  EXPECT_EQ(response.body, bytes);
}

TEST_F(RawTest, WithoutATypeItIsJustBytes) {
  EXPECT_EQ(Send("POST /echo", "", "abc").headers["content-type"], "application/octet-stream");
  TestResponse nothing = Send("POST /echo", "", "");
  EXPECT_EQ(nothing.status, 200);
  EXPECT_EQ(nothing.headers.count("content-type"), 0u);
  EXPECT_EQ(nothing.headers["content-length"], "0");
  EXPECT_EQ(Send("POST /echo", "text/plain", "").headers["content-type"], "text/plain");
}

TEST_F(RawTest, AsAFieldOfTheRequestAndOfTheResponse) {
  TestResponse response = Send("PUT /files/a.txt?note=n", "text/plain; charset=utf-8", "olá");
  EXPECT_EQ(response.headers["content-type"], "text/plain; charset=utf-8");
  EXPECT_EQ(response.body, "olá");
  EXPECT_EQ(Send("PUT /files/a.txt:describe?note=n", "text/plain", "abc").body,
            R"({"name":"a.txt","content":{"contentType":"text/plain","data":"YWJj"},"note":"n"})");
  EXPECT_EQ(Send("PATCH /files/a.txt", "application/json", "{}").body,
            R"({"name":"a.txt","content":{"contentType":"application/json","data":"e30="}})")
      << "also bytes that happen to be JSON";
  EXPECT_EQ(Send("PUT /files/a.txt:describe", "", "").body, R"({"name":"a.txt"})");
}

TEST_F(RawTest, AnAbsentFieldIsAnEmptyBody) {
  auto response = client.Ask("GET", "/files/a.txt");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(response->headers.count("content-type"), 0u);
}

TEST_F(RawTest, InsideAJsonBodyItIsAMessage) {
  const std::string body = R"({"name":"a","content":{"contentType":"text/plain","data":"YWJj"}})";
  TestResponse response = Send("POST /files", "application/json", body);
  EXPECT_EQ(response.headers["content-type"], "application/json");
  EXPECT_EQ(response.body, body);
}

TEST_F(RawTest, HeadSaysItsTypeAndLength) {
  client.Send("HEAD /files/a.txt HTTP/1.1\r\nHost: a\r\n\r\n");
  auto response = client.Receive(true);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->headers["content-length"], "0");
}

TEST_F(RawTest, TypesAndEncodingsThatWouldNotArrive) {
  TestResponse response = Send("POST /echo", "text/plain", "x", "Content-Encoding: gzip\r\n");
  EXPECT_EQ(response.status, 415);
  EXPECT_THAT(response.body, HasSubstr("Content-Encoding"));
  EXPECT_EQ(Send("POST /echo", "text/\xff", "x").status, 415);
  EXPECT_EQ(Send("POST /echo", "text/\xff", "").status, 415);
}

}  // namespace
}  // namespace tomada::pistache_http
