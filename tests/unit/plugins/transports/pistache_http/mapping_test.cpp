// From path, query and body to a message, over HTTP. Every rule of docs/http-mapping.md names a test, most of them
// here.
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include <mapping_test.pb.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "echo_server.h"
#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const google::protobuf::ServiceDescriptor& Mapping() {
  return *mapping_test::Params::descriptor()->file()->FindServiceByName("Mapping");
}

const google::protobuf::ServiceDescriptor& Names() {
  return *mapping_test::Params::descriptor()->file()->FindServiceByName("Names");
}

class MappingTest : public ::testing::Test {
 protected:
  explicit MappingTest(
      const google::protobuf::ServiceDescriptor& service = Mapping(),
      const std::function<void(Config&)>& change = [](Config&) {})
      : server(service, change) {}

  EchoServer server;
  TestClient client{server.address()};

  TestResponse Ask(std::string_view method, std::string_view target, std::string_view body = "") {
    auto response = client.Ask(method, target, body);
    EXPECT_TRUE(response) << target;
    return response.value_or(TestResponse());
  }

  // The message that the request was bound to, or the error.
  std::string Bound(std::string_view method, std::string_view target, std::string_view body = "") {
    return Ask(method, target, body).body;
  }

  // What a 400 says; anything else fails.
  std::string Refused(std::string_view method, std::string_view target, std::string_view body = "") {
    TestResponse response = Ask(method, target, body);
    EXPECT_EQ(response.status, 400) << method << " " << target;
    return response.body;
  }
};

TEST_F(MappingTest, AMethodWithoutAnnotationIsAPostWithItsName) {
  EXPECT_EQ(Bound("POST", "/mapping_test.Mapping/Bare", R"({"text":"a"})"), R"({"text":"a"})");
  EXPECT_EQ(Ask("GET", "/mapping_test.Mapping/Bare").status, 405);
}

TEST_F(MappingTest, CustomMethodsAndAnyMethod) {
  EXPECT_EQ(Bound("LINK", "/query?text=a"), R"({"text":"a"})");
  EXPECT_EQ(Ask("UNLINK", "/query").headers["allow"], "GET, HEAD, LINK, OPTIONS");
  for (const char* method : {"GET", "PUT", "BREW"}) EXPECT_EQ(Bound(method, "/any?text=a"), R"({"text":"a"})");
}

TEST_F(MappingTest, QueryParametersOfEveryScalar) {
  for (auto [query, bound] : std::vector<std::pair<std::string, std::string>>{
           {"text=a+b%2Bc%26%C3%A9", R"({"text":"a b+c&é"})"},
           {"text=", "{}"},
           {"text", "{}"},
           {"int32_field=-7", R"({"int32Field":-7})"},
           {"int64Field=9223372036854775807", R"({"int64Field":"9223372036854775807"})"},
           {"uint64_field=18446744073709551615", R"({"uint64Field":"18446744073709551615"})"},
           {"double_field=-Infinity", R"({"doubleField":"-Infinity"})"},
           {"bool_field=true", R"({"boolField":true})"},
           {"bytes_field=-_8", R"({"bytesField":"+/8="})"},
           {"bytes_field=%2B/8%3D", R"({"bytesField":"+/8="})"},
           {"color=RED", R"({"color":"RED"})"},
           {"color=1", R"({"color":"RED"})"},
           {"color=42", R"({"color":42})"}}) {
    EXPECT_EQ(Bound("GET", "/query?" + query), bound) << query;
  }
}

TEST_F(MappingTest, QueryParametersOfWellKnownTypes) {
  for (auto [query, bound] : std::vector<std::pair<std::string, std::string>>{
           {"time=2020-01-01T00:00:00%2B01:00", R"({"time":"2019-12-31T23:00:00Z"})"},
           {"duration=1.5s", R"({"duration":"1.500s"})"},
           {"mask=text,nested.someName", R"({"mask":"text,nested.someName"})"},
           {"wrapped=0", R"({"wrapped":"0"})"},
           {"flag=false", R"({"flag":false})"},
           {"times=1970-01-01T00:00:00Z&times=1970-01-01T00:00:01Z",
            R"({"times":["1970-01-01T00:00:00Z","1970-01-01T00:00:01Z"]})"}}) {
    EXPECT_EQ(Bound("GET", "/query?" + query), bound) << query;
  }
  EXPECT_THAT(Refused("GET", "/query?time=2020-01-01T00:00:00+01:00"), HasSubstr("time")) << "`+` is a space";
}

TEST_F(MappingTest, RepeatedFieldsGrowInTheirOrder) {
  EXPECT_EQ(Bound("GET", "/query?tags=b&numbers=2&tags=a&tags=&numbers=1&colors=RED&colors=NONE"),
            R"({"tags":["b","a",""],"colors":["RED","NONE"],"numbers":["2","1"]})");
  EXPECT_EQ(Bound("GET", "/query?tags=a,b"), R"({"tags":["a,b"]})") << "a comma is data";
}

TEST_F(MappingTest, NestedFieldsByEitherName) {
  EXPECT_EQ(Bound("GET", "/query?nested.child.text=a&nested.items=b&nested.items=c"),
            R"({"nested":{"child":{"text":"a"},"items":["b","c"]}})");
  EXPECT_EQ(Bound("GET", "/query?%40other%5Bname%5D=a"), R"({"@other[name]":"a"})");
  EXPECT_EQ(Bound("GET", "/query?renamed=a"), R"({"@other[name]":"a"})");
}

TEST_F(MappingTest, WhatIsNoQueryParameter) {
  for (const char* name : {"nada", "nested", "nested.nada", "text.x", "struct", "labels", "labels[a]", "labels.a",
                           "list.text", "list", "time.seconds.x", "tags.x", "Text", "int64field",
                           // The fields of what is one value in JSON.
                           "time.seconds", "duration.nanos", "mask.paths", "wrapped.value", "struct.fields"}) {
    EXPECT_THAT(Refused("GET", std::string("/query?") + name + "=1"),
                AllOf(HasSubstr("invalid request: " + std::string(name) + ": is no query parameter\""),
                      HasSubstr("\"field\":\"" + std::string(name) + "\"")));
  }
  std::string deep = "nested";
  for (int i = 0; i < 99; ++i) deep += ".child";
  EXPECT_EQ(Ask("GET", "/query?" + deep + ".text=1").status, 200);
  EXPECT_THAT(Refused("GET", "/query?" + deep + ".child.text=1"), HasSubstr("is no query parameter"));
}

TEST_F(MappingTest, ASecondValueForOneField) {
  EXPECT_EQ(Bound("GET", "/query?int32Field=7&int32_field=7"), R"({"int32Field":7})");
  EXPECT_THAT(Refused("GET", "/query?int32_field=7&int32_field=8"), HasSubstr("int32_field: is given twice"));
  EXPECT_THAT(Refused("GET", "/query?nested.text=a&nested.text=b"), HasSubstr("nested.text: is given twice"));
  EXPECT_THAT(Refused("POST", "/all", R"({"int32Field":7,"int32_field":7})"), HasSubstr("int32_field"));
}

TEST_F(MappingTest, OneMemberOfAOneof) {
  EXPECT_EQ(Bound("GET", "/query?choiceA="), R"({"choiceA":""})");
  EXPECT_THAT(Refused("GET", "/query?choiceA=a&choiceB=b"), HasSubstr("choice_b: excludes another field"));
  EXPECT_THAT(Refused("GET", "/choice/a?choice_b=b"), HasSubstr("choice_a: excludes another field"));
  EXPECT_EQ(Bound("GET", "/query?choiceC.items=a&choiceC.items=b&choiceC.text=c"),
            R"({"choiceC":{"text":"c","items":["a","b"]}})");
  EXPECT_THAT(Refused("GET", "/query?choiceA=a&choiceC.items=b"), HasSubstr("choice_c.items: excludes another field"));
  EXPECT_THAT(Refused("GET", "/query?choiceC.items=b&choiceA=a"), HasSubstr("choice_a: excludes another field"));
  EXPECT_THAT(Refused("POST", "/all", R"({"choiceA":"a","choiceB":"b"})"), HasSubstr("choice_b"));
}

TEST_F(MappingTest, ThePathWins) {
  EXPECT_EQ(Bound("GET", "/one/a?text=b"), R"({"text":"a"})");
  EXPECT_EQ(Bound("PATCH", "/patch/a", R"({"text":"b","number":1})"),
            R"({"nested":{"text":"a","number":1},"mask":"number"})");
}

TEST_F(MappingTest, PathVariablesOfEveryKind) {
  for (auto [path, bound] : std::vector<std::pair<std::string, std::string>>{
           {"/deep/a", R"({"nested":{"child":{"text":"a"}}})"},
           {"/int64/-5", R"({"int64Field":"-5"})"},
           {"/color/RED", R"({"color":"RED"})"},
           {"/bytes/-_8", R"({"bytesField":"+/8="})"},
           {"/time/2020-01-01T00:00:00+01:00", R"({"time":"2019-12-31T23:00:00Z"})"},
           {"/wrapped/7", R"({"wrapped":"7"})"},
           {"/shelf/shelves/1/books/2", R"({"text":"shelves/1/books/2"})"}}) {
    EXPECT_EQ(Bound("GET", path), bound) << path;
  }
  EXPECT_THAT(Refused("GET", "/int64/x"), HasSubstr("int64_field"));
  EXPECT_THAT(Refused("GET", "/one/%ff"), HasSubstr("text"));
}

TEST_F(MappingTest, EncodedSlashes) {
  EXPECT_EQ(Bound("GET", "/one/a%2Fb%2fc"), R"({"text":"a/b/c"})");
  EXPECT_EQ(Bound("GET", "/one/a%252Fb"), R"({"text":"a%2Fb"})") << "decoded once";
  EXPECT_EQ(Bound("GET", "/many/a%2Fb/c%20d%3F"), R"({"text":"a%2Fb/c d?"})");
  EXPECT_EQ(Bound("GET", "/shelf/shelves/a%2Fb/books/c"), R"({"text":"shelves/a%2Fb/books/c"})");
  EXPECT_EQ(Bound("GET", "/one/a+b"), R"({"text":"a+b"})") << "only in a query is `+` a space";
  EXPECT_EQ(Ask("GET", "/one/a%2").status, 400);
}

TEST_F(MappingTest, EmptySegmentsAndDots) {
  EXPECT_EQ(Ask("GET", "/one/").status, 404);
  EXPECT_EQ(Ask("GET", "/one/a/").status, 404);
  EXPECT_EQ(Ask("GET", "//one/a").status, 404);
  EXPECT_EQ(Bound("GET", "/many/"), "{}");
  EXPECT_EQ(Bound("GET", "/many"), "{}");
  EXPECT_EQ(Bound("GET", "/many/a//b/"), R"({"text":"a//b/"})");
  EXPECT_EQ(Bound("GET", "/one/.."), R"({"text":".."})") << "a path is never shortened";
}

TEST_F(MappingTest, Verbs) {
  EXPECT_EQ(Bound("GET", "/one/a:verb"), R"({"text":"a"})");
  EXPECT_EQ(Bound("GET", "/one/a:other"), R"({"text":"a:other"})");
  EXPECT_EQ(Bound("GET", "/one/a%3Averb"), R"({"text":"a:verb"})");
}

TEST_F(MappingTest, BodyField) {
  EXPECT_EQ(Bound("POST", "/form?text=a", R"({"text":"b"})"), R"({"text":"a","nested":{"text":"b"}})");
  EXPECT_THAT(Refused("POST", "/form?nested.number=1", R"({"text":"b"})"),
              HasSubstr("nested.number: belongs in the body"));
  EXPECT_THAT(Refused("POST", "/form", R"({"nada":1})"),
              AllOf(HasSubstr("nested.nada: unknown field"), HasSubstr(R"("field":"nested.nada")")));
  EXPECT_EQ(Bound("POST", "/tags?text=a", R"(["x","y"])"), R"(["x","y"])");
  EXPECT_EQ(Bound("POST", "/labels", R"({"x":"y"})"), R"({"x":"y"})");
  EXPECT_EQ(Bound("POST", "/number", "\"5\""), "\"5\"");
}

TEST_F(MappingTest, WholeBody) {
  EXPECT_EQ(Bound("POST", "/all", R"({"text":"a","nested":{"number":1}})"), R"({"text":"a","nested":{"number":1}})");
  EXPECT_EQ(Bound("POST", "/all"), "{}") << "an empty body is an empty message";
  EXPECT_THAT(Refused("POST", "/all?text=a", "{}"), HasSubstr("text: belongs in the body"));
  EXPECT_THAT(Refused("POST", "/all", R"({"nested":{"nada":1}})"), HasSubstr("nested.nada: unknown field"));
}

TEST_F(MappingTest, ABodyMayBeAsDeepAsAnAnswer) {
  auto nested = [](int depth) {
    std::string text = R"({"text":"a"})";
    for (int i = 1; i < depth; ++i) text = R"({"child":)" + text + "}";
    return R"({"nested":)" + text + "}";
  };
  EXPECT_EQ(Bound("POST", "/all", nested(100)), nested(100));
  EXPECT_THAT(Refused("POST", "/all", nested(101)), HasSubstr("nested deeper than protobuf's 100 levels"));
}

TEST_F(MappingTest, ABodyThatTheMethodDoesNotTakeIsIgnored) {
  EXPECT_EQ(Bound("GET", "/query?text=a", R"({"text":"b"})"), R"({"text":"a"})");
}

TEST_F(MappingTest, ResponseBody) {
  EXPECT_EQ(Bound("GET", "/nothing"), "null") << "an unset message";
  EXPECT_EQ(Bound("GET", "/nothing?nested.number=0&nested.text=a"), R"({"text":"a"})");
  EXPECT_EQ(Bound("POST", "/tags"), "[]");
  EXPECT_EQ(Bound("POST", "/number"), "\"0\"");
}

TEST_F(MappingTest, PatchFillsAnEmptyMask) {
  EXPECT_EQ(Bound("PATCH", "/patch/a", R"({"number":null,"child":{"text":"b"},"items":[]})"),
            R"({"nested":{"text":"a","child":{"text":"b"}},"mask":"number,child.text,items"})");
  EXPECT_EQ(Bound("PATCH", "/patch/a?mask=text", R"({"number":1})"),
            R"({"nested":{"text":"a","number":1},"mask":"text"})");
  EXPECT_EQ(Bound("PATCH", "/patch/a"), R"({"nested":{"text":"a"},"mask":""})") << "nothing is to change";
}

TEST_F(MappingTest, MasksByEitherNameAndAStar) {
  for (auto [text, bound] :
       std::vector<std::pair<std::string, std::string>>{{"line_num", "lineNum"},
                                                        {"lineNum", "lineNum"},
                                                        {"nested.some_name,text", "nested.someName,text"},
                                                        {"*", "*"},
                                                        {"list.*.text", "list.*.text"}}) {
    EXPECT_EQ(Bound("GET", "/query?mask=" + text), R"({"mask":")" + bound + "\"}") << text;
    EXPECT_EQ(Bound("PATCH", "/patch/a?mask=" + text, "{}"), R"({"nested":{"text":"a"},"mask":")" + bound + "\"}")
        << text;
  }
  for (const char* text : {"a,,b", ",", "a,", "**", "a*", "*a", "*_"}) {
    EXPECT_THAT(Refused("GET", std::string("/query?mask=") + text), HasSubstr("expected field paths")) << text;
    EXPECT_THAT(Refused("PATCH", std::string("/patch/a?mask=") + text, "{}"), HasSubstr("expected field paths"))
        << text;
  }
}

TEST(EmptyListsTest, AreWrittenUnlessTheConfigSaysOtherwise) {
  TestServer usuarios;
  EXPECT_EQ(TestClient(usuarios.address()).Ask("GET", "/usuarios")->body, R"({"usuarios":[]})");
  TestServer canonical([](Config& config) { config.emit_empty_lists = false; });
  EXPECT_EQ(TestClient(canonical.address()).Ask("GET", "/usuarios")->body, "{}");
  EchoServer maps(Mapping(), [](Config& config) { config.emit_empty_lists = true; });
  const std::string body = TestClient(maps.address()).Ask("GET", "/query?text=a")->body;
  EXPECT_THAT(body, AllOf(HasSubstr(R"("tags":[])"), HasSubstr(R"("labels":{})")));
  EXPECT_THAT(body, ::testing::Not(HasSubstr("int32Field")));
}

class NamesTest : public MappingTest {
 protected:
  explicit NamesTest(const std::function<void(Config&)>& change = [](Config&) {}) : MappingTest(Names(), change) {}
};

TEST_F(NamesTest, TheJsonNameComesFirstEverywhere) {
  EXPECT_EQ(Bound("POST", "/swap", R"({"a":1})"), R"({"a":1})");
  EXPECT_EQ(Bound("GET", "/swap?a=1"), R"({"a":1})");
  EXPECT_EQ(Bound("GET", "/swap?inner.b=1"), R"({"inner":{"b":1}})");
  EXPECT_EQ(Bound("GET", "/swap/1"), R"({"b":1})") << "what the .proto file calls a";
  EXPECT_EQ(Bound("PATCH", "/swap", R"({"a":1})"), R"({"inner":{"a":1},"mask":"b"})");
  EXPECT_EQ(Bound("PATCH", "/swap?mask=a,line_num,%40x", R"({"a":1})"),
            R"({"inner":{"a":1},"mask":"b,lineNum,renamed"})")
      << "a mask is written by the names of the .proto file";
}

class ProtoNamesTest : public NamesTest {
 protected:
  ProtoNamesTest() : NamesTest([](Config& config) { config.proto_names = true; }) {}
};

TEST_F(ProtoNamesTest, WhatIsAnsweredCanBeSentBack) {
  EXPECT_EQ(Bound("POST", "/swap", R"({"a":1,"lineNum":"x"})"), R"({"a":1,"line_num":"x"})");
  EXPECT_EQ(Bound("POST", "/swap", R"({"a":1,"line_num":"x"})"), R"({"a":1,"line_num":"x"})");
}

TEST(RelaxedMappingTest, UnknownFieldsAndParametersApart) {
  EchoServer fields(Mapping(), [](Config& config) { config.ignore_unknown_fields = true; });
  TestClient to_fields(fields.address());
  EXPECT_EQ(to_fields.Ask("POST", "/form", R"({"nada":1,"text":"a"})")->body, R"({"nested":{"text":"a"}})");
  EXPECT_EQ(to_fields.Ask("GET", "/query?nada=1")->status, 400);
  EchoServer query(Mapping(), [](Config& config) { config.ignore_unknown_query = true; });
  TestClient to_query(query.address());
  EXPECT_EQ(to_query.Ask("GET", "/query?nada=1&text=a")->body, R"({"text":"a"})");
  EXPECT_EQ(to_query.Ask("POST", "/form", R"({"nada":1})")->status, 400);
}

// So that the document cannot promise what no test holds.
TEST(MappingDocumentTest, EveryTestItNamesIsThere) {
  std::ifstream file(HTTP_MAPPING_DOCUMENT);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::set<std::string> tests;
  const ::testing::UnitTest& all = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const ::testing::TestSuite& suite = *all.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) {
      tests.insert(std::string(suite.name()) + "." + suite.GetTestInfo(j)->name());
    }
  }
  const std::regex name("`([A-Za-z]+Test\\.[A-Za-z0-9]+)`");
  int named = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it, ++named) {
    EXPECT_EQ(tests.count((*it)[1]), 1u) << (*it)[1];
  }
  EXPECT_GT(named, 20);
}

}  // namespace
}  // namespace tomada::pistache_http
