// How a success is told: tomada.http_success.
#include <mapping_test.pb.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "echo/echo_service.h"
#include "json/parse.h"
#include "server.h"
#include "support/recording_sink.h"
#include "test_client.h"
#include "transcode/location_template.h"

namespace tomada::pistache_http {
namespace {

using mapping_test::Params;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What the template makes of a Params, given as JSON; or the error.
std::string Expand(std::string_view text, std::string_view json) {
  Params params;
  EXPECT_TRUE(json::Parse(json, &params).ok()) << json;
  auto location = LocationTemplate::Parse(text, *Params::descriptor());
  if (!location.ok()) return std::string(location.status().message());
  auto expanded = location->Expand(params);
  return expanded.ok() ? *expanded : std::string(expanded.status().message());
}

TEST(LocationTemplateTest, FieldsBecomeSegments) {
  EXPECT_EQ(Expand("/fixed?a=b#c", "{}"), "/fixed?a=b#c");
  EXPECT_EQ(Expand("/a/{text}/b", R"({"text":"x"})"), "/a/x/b");
  EXPECT_EQ(Expand("https://example.com/{text}{renamed}", R"({"text":"x","renamed":"y"})"), "https://example.com/xy");
  EXPECT_EQ(Expand("/{nested.child.text}", R"({"nested":{"child":{"text":"x"}}})"), "/x");
  EXPECT_EQ(Expand("/{int32_field}/{int64_field}/{uint64_field}",
                   R"({"int32Field":-1,"int64Field":"-9007199254740993","uint64Field":"18446744073709551615"})"),
            "/-1/-9007199254740993/18446744073709551615");
  EXPECT_EQ(Expand("/{bool_field}/{color}/{int64_field}", "{}"), "/false/NONE/0") << "as good as any other number";
  EXPECT_EQ(Expand("/{bool_field}/{color}", R"({"boolField":true,"color":"RED"})"), "/true/RED");
  EXPECT_EQ(Expand("/{color}", R"({"color":7})"), "/7");
}

TEST(LocationTemplateTest, ASegmentStaysOne) {
  EXPECT_EQ(Expand("/{text}", R"({"text":"Az09-._~"})"), "/Az09-._~");
  EXPECT_EQ(Expand("/{text}", R"({"text":"a/b?c#d%2F e:@é\r\n"})"), "/a%2Fb%3Fc%23d%252F%20e%3A%40%C3%A9%0D%0A");
  EXPECT_EQ(Expand("https://{text}.example.com/", R"({"text":"other.example/"})"),
            "https://other.example%2F.example.com/");
}

TEST(LocationTemplateTest, AWholeUrlStaysAsItIs) {
  for (const std::string url :
       {"https://example.com", "http://example.com:8080/a/b;c=d?q=1&r=%2f#e", "HTTPS://[::1]/", "/here?a=b"}) {
    EXPECT_EQ(Expand("{+text}", R"({"text":")" + url + "\"}"), url);
  }
  EXPECT_EQ(Expand("{+text}", R"({"text":"https://example.com/é \"<>\\^`{|}%zz%"})"),
            "https://example.com/%C3%A9%20%22%3C%3E%5C%5E%60%7B%7C%7D%25zz%25");
  EXPECT_EQ(Expand("/v1/{+text}:x", R"({"text":"shelves/1/books/a%2Fb"})"), "/v1/shelves/1/books/a%2Fb:x");
  EXPECT_EQ(Expand("{+text}/links/{renamed}", R"({"text":"https://example.com","renamed":"a/b"})"),
            "https://example.com/links/a%2Fb");
}

TEST(LocationTemplateTest, WhatIsNoUrlIsAnError) {
  const std::string before = "the answer cannot be given: its location ";
  EXPECT_EQ(Expand("/{text}", "{}"), before + "needs text, which is empty");
  EXPECT_EQ(Expand("/{nested.child.text}", "{}"), before + "needs nested.child.text, which is empty");
  for (const char* text : {"example.com", "javascript:alert(1)", "ftp://example.com/", "//other.example/", "?a",
                           "http:/a", "http://", "https:///a", "https://:80/", "https://user@example.com/",
                           "https://a:b@c/", "https:\\\\other.example/", "\\\\other.example"}) {
    std::string escaped;
    for (char c : std::string_view(text)) escaped += c == '\\' ? "\\\\" : std::string(1, c);
    EXPECT_EQ(Expand("{+text}", R"({"text":")" + escaped + "\"}"), before + "is no path and no http or https URL")
        << text;
  }
  EXPECT_EQ(Expand("/{+text}", R"({"text":"/other.example"})"), before + "is no path and no http or https URL");
  for (const char* text : {"\\r\\nevil: 1", "\\t", "\\u0000", "\\u007f"}) {
    EXPECT_EQ(Expand("{+text}", R"({"text":"https://a/)" + std::string(text) + "\"}"),
              before + "needs text, which has control characters");
  }
  const std::string longest(7999, 'x');
  EXPECT_EQ(Expand("/{text}", R"({"text":")" + longest + "\"}"), "/" + longest);
  for (const std::string& longer : {longest + "x", std::string(2667, '/'), std::string(8001, 'x')}) {
    EXPECT_EQ(Expand("/{text}", R"({"text":")" + longer + "\"}"), before + "is longer than 8000 bytes");
  }
}

TEST(LocationTemplateTest, AFieldThatKnowsWhetherItIsSetMustBe) {
  mapping_test::Link link;
  auto location = LocationTemplate::Parse("/{rank}", *link.GetDescriptor());
  ASSERT_TRUE(location.ok()) << location.status();
  EXPECT_THAT(std::string(location->Expand(link).status().message()), HasSubstr("needs rank, which is empty"));
  link.set_rank(0);
  EXPECT_EQ(location->Expand(link).value_or("none"), "/0");
}

TEST(LocationTemplateTest, MistakesAreToldAtTheStart) {
  for (const char* text : {"a", "a/{text}", "{text}", "//example.com/{text}", "ftp://{text}"}) {
    EXPECT_THAT(Expand(text, "{}"), HasSubstr("\": it begins with /, http://, https:// or {+")) << text;
  }
  for (const char* field : {"", "+", "nada", "nested", "nested.nada", "tags", "labels", "double_field", "bytes_field",
                            "time", "int64Field", "text*", "text,color", "/text"}) {
    EXPECT_EQ(Expand("/{" + std::string(field) + "}", "{}"),
              "location \"/{" + std::string(field) + "}\": " + (field[0] == '+' ? "" : field) +
                  " is no single string, integer, bool or enum of mapping_test.Params");
  }
  EXPECT_EQ(Expand("/{text", "{}"), "location \"/{text\": a } is missing");
  for (const char* text : {"/a b", "/a\r\n", "/é", "/%4", "/}", "/{text}\"", "/%4{text}1"}) {
    EXPECT_THAT(Expand(text, "{}"), HasSubstr("what stands outside of {} is not fit for a URL")) << text;
  }
  for (const char* text : {"https://example.com{+text}", "https://{+text}.example.com/", "{+text}{+renamed}"}) {
    EXPECT_THAT(Expand(text, "{}"), HasSubstr("may not stand in the host, which it could replace")) << text;
  }
  EXPECT_THAT(Expand("https://user@example.com/", "{}"), HasSubstr("is no path and no http or https URL"));
}

// The service Successes of mapping_test.proto, whose methods answer with their request and a Location of their own;
// NOT_FOUND when the name is "nada".
class Successes final : public ServiceProvider {
 public:
  Successes() {
    services_ =
        fixture::EchoService(*mapping_test::Link::descriptor()->file()->FindServiceByName("Successes")).services();
    for (Method& method : services_[0].methods) method.handler = UnaryHandler(Echo);
  }

  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  const std::vector<Service>& services() const override { return services_; }

 private:
  static Task<absl::Status> Echo(Call& call, const google::protobuf::Message& request,
                                 google::protobuf::Message& response) {
    response.CopyFrom(request);
    call.response_metadata().Add("location", "/of-the-handler");
    const auto* link = dynamic_cast<const mapping_test::Link*>(&request);
    if (link != nullptr && link->name() == "nada") co_return absl::NotFoundError("nada");
    co_return absl::OkStatus();
  }

  std::vector<Service> services_;
};

class SuccessTest : public ::testing::Test {
 protected:
  explicit SuccessTest(const std::string& public_url = "") {
    Config config;
    config.listen.port = 0;
    config.workers = 1;
    config.public_url = public_url;
    server_ = std::make_unique<Server>(config, Server::Providers{{"echo", &service_}}, Logger(log, "http"));
    EXPECT_TRUE(server_->Start().ok());
    client.emplace(server_->address());
  }

  TestResponse Ask(std::string_view method, std::string_view target, std::string_view body = "",
                   std::string_view headers = "") {
    EXPECT_TRUE(client->Request(method, target, body, headers));
    auto response = client->Receive(method == "HEAD");
    EXPECT_TRUE(response) << target;
    return response.value_or(TestResponse());
  }

  const std::shared_ptr<testing::RecordingSink> log = std::make_shared<testing::RecordingSink>();
  std::optional<TestClient> client;

 private:
  Successes service_;
  std::unique_ptr<Server> server_;
};

TEST_F(SuccessTest, ACreateIs201WithItsLocation) {
  TestResponse response = Ask("POST", "/links", R"({"name":"a/b ç"})");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.headers["location"], "/links/a%2Fb%20%C3%A7") << "and not the handler's";
  EXPECT_EQ(response.headers["content-type"], "application/json");
  EXPECT_EQ(response.body, R"({"name":"a/b ç"})");
}

TEST_F(SuccessTest, ARedirectLeadsToAUrlThatAFieldHas) {
  const std::string target = "/open/x?target=https://example.com/a%3Fb%3Dc%2523%26d";
  TestResponse response = Ask("GET", target);
  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(response.headers["location"], "https://example.com/a?b=c%23&d");
  EXPECT_EQ(response.body, R"({"name":"x","target":"https://example.com/a?b=c%23&d"})");
  EXPECT_EQ(Ask("GET", "/moved/a/b").headers["location"], "/files/a/b");
  TestResponse head = Ask("HEAD", target);
  EXPECT_EQ(head.status, 302);
  EXPECT_EQ(head.headers["location"], response.headers["location"]);
  EXPECT_EQ(head.headers["content-length"], response.headers["content-length"]);
}

TEST_F(SuccessTest, NoContentHasNoBody) {
  for (const auto& [method, target] : {std::pair{"DELETE", "/links/a"}, std::pair{"GET", "/links/a:remove"},
                                       std::pair{"HEAD", "/links/a:remove"}, std::pair{"DELETE", "/links/b"}}) {
    TestResponse response = Ask(method, target);
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(response.headers.count("content-type"), 0u);
    EXPECT_EQ(response.headers.count("content-length"), 0u);
    EXPECT_EQ(response.headers["location"], "/of-the-handler") << "none is declared";
  }
}

TEST_F(SuccessTest, RawBytesAreCreatedToo) {
  client->Send("PUT /uploads/a%20b HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc");
  auto response = client->Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->headers["location"], "/files/a%20b");
  EXPECT_EQ(response->headers["content-type"], "text/plain");
  EXPECT_EQ(response->body, "abc");
}

TEST_F(SuccessTest, AnErrorKeepsItsStatus) {
  for (const char* target : {"/open/nada?target=/a", "/links/nada:remove"}) {
    TestResponse response = Ask("GET", target);
    EXPECT_EQ(response.status, 404);
    EXPECT_THAT(response.body, HasSubstr(R"("code":5)"));
  }
}

TEST_F(SuccessTest, AcceptDecidesOnlyOverABodyThatIsWanted) {
  const std::string html = "Accept: text/html\r\n";
  EXPECT_EQ(Ask("POST", "/links", R"({"name":"a"})", html).status, 406);
  EXPECT_EQ(Ask("GET", "/moved/a", "", html).status, 308);
  EXPECT_EQ(Ask("DELETE", "/links/a", "", html).status, 204);
}

TEST_F(SuccessTest, WithoutALocationItIsInternal) {
  TestResponse response = Ask("GET", "/open/x?target=javascript:segredo");
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, AllOf(HasSubstr(R"("code":13)"), HasSubstr("is no path and no http or https URL"),
                                   Not(HasSubstr("segredo"))));
  EXPECT_EQ(response.headers.count("location"), 0u);
  EXPECT_THAT(log->text(), AllOf(HasSubstr("a success has no Location method=mapping_test.Successes.Open location="),
                                 HasSubstr("call=" + response.headers["x-request-id"]), Not(HasSubstr("segredo"))));
  EXPECT_EQ(Ask("GET", "/open/x?target=https://a/%0D%0Aevil:%201").status, 500);
  EXPECT_EQ(Ask("POST", "/links", "{}").status, 500);
}

class PublicSuccessTest : public SuccessTest {
 protected:
  PublicSuccessTest() : SuccessTest("https://example.com/api/") {}
};

TEST_F(PublicSuccessTest, APathIsOneOfThePublicUrl) {
  EXPECT_EQ(Ask("POST", "/links", R"({"name":"a"})").headers["location"], "https://example.com/api/links/a");
  EXPECT_EQ(Ask("GET", "/open/a?target=http://b/").headers["location"], "http://b/");
}

}  // namespace
}  // namespace tomada::pistache_http
