#include "json/parse.h"

#include <gmock/gmock.h>
#include <google/rpc/error_details.pb.h>
#include <gtest/gtest.h>

#include "codec_test.h"

namespace tomada::json {
namespace {

using ::protojson_proto2_test::Legacy;
using ::protojson_test::AllKinds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

void ExpectCanonical(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(Canonical(c.text), c.result) << c.text;
}

TEST(Parse, IntegersInEveryNotation) {
  ExpectCanonical({
      {R"({"int32Field":1})", R"({"int32Field":1})"},
      {R"({"int32Field":"1"})", R"({"int32Field":1})"},
      {R"({"int32Field":1e2})", R"({"int32Field":100})"},
      {R"({"int32Field":1.50E+1})", R"({"int32Field":15})"},
      {R"({"int32Field":100e-2})", R"({"int32Field":1})"},
      {R"({"int32Field":1.000})", R"({"int32Field":1})"},
      {R"({"int32Field":0.00012e5})", R"({"int32Field":12})"},
      {R"({"int32Field":"1e2"})", R"({"int32Field":100})"},
      {R"({"int32Field":-0,"uint32Field":-0})", "{}"},
      {R"({"int32Field":0e999999999999999999999})", "{}"},
      {R"({"int32Field":2147483647,"sint32Field":-2147483648})",
       R"({"int32Field":2147483647,"sint32Field":-2147483648})"},
      {R"({"int32Field":-2147483648.0})", R"({"int32Field":-2147483648})"},
      {R"({"uint32Field":4294967295})", R"({"uint32Field":4294967295})"},
      {R"({"int64Field":9223372036854775807})", R"({"int64Field":"9223372036854775807"})"},
      {R"({"int64Field":"-9223372036854775808"})", R"({"int64Field":"-9223372036854775808"})"},
      {R"({"int64Field":-9223372036854775808.0})", R"({"int64Field":"-9223372036854775808"})"},
      {R"({"int64Field":9007199254740993.0})", R"({"int64Field":"9007199254740993"})"},
      {R"({"uint64Field":18446744073709551615})", R"({"uint64Field":"18446744073709551615"})"},
      {R"({"fixed32Field":1,"sfixed64Field":-1,"fixed64Field":"2"})",
       R"({"fixed32Field":1,"fixed64Field":"2","sfixed64Field":"-1"})"},
  });
}

TEST(Parse, IntegersOutOfRangeOrNotIntegral) {
  for (const char* text : {
           R"({"int32Field":2147483648})",
           R"({"int32Field":-2147483649})",
           R"({"int32Field":"2147483648"})",
           R"({"int32Field":1e10})",
           R"({"uint32Field":4294967296})",
           R"({"uint32Field":-1})",
           R"({"int64Field":9223372036854775808})",
           R"({"int64Field":-9223372036854775809})",
           R"({"int64Field":9223372036854775808.0})",
           R"({"uint64Field":18446744073709551616})",
           R"({"uint64Field":1e20})",
           R"({"uint64Field":"-1"})",
           R"({"uint64Field":1e99999999999999999999})",
           R"({"int32Field":0.5})",
           R"({"int32Field":1e-1})",
           R"({"int32Field":1e-99999999999999999999})",
           R"({"int32Field":""})",
           R"({"int32Field":" 1"})",
           R"({"int32Field":"1 "})",
           R"({"int32Field":"01"})",
           R"({"int32Field":"+1"})",
           R"({"int32Field":"0x1"})",
           R"({"int32Field":"1_000"})",
           R"({"int32Field":"NaN"})",
           R"({"int32Field":true})",
           R"({"int32Field":[1]})",
           R"({"int32Field":{}})",
           R"({"int32Field":"1\u0000"})",
       }) {
    EXPECT_THAT(Canonical(text), HasSubstr("expected an integer from ")) << text;
  }
}

TEST(Parse, FloatingPoint) {
  ExpectCanonical({
      {R"({"doubleField":0.1})", R"({"doubleField":0.1})"},
      {R"({"doubleField":"0.1"})", R"({"doubleField":0.1})"},
      {R"({"doubleField":-0.0})", R"({"doubleField":-0})"},
      {R"({"doubleField":1.7976931348623157e308})", R"({"doubleField":1.7976931348623157e+308})"},
      {R"({"doubleField":5e-324})", R"({"doubleField":5e-324})"},
      {R"({"doubleField":1e-400})", "{}"},
      {R"({"doubleField":-1e-400})", R"({"doubleField":-0})"},
      {R"({"doubleField":0.0e-99999})", "{}"},
      {R"({"doubleField":"NaN"})", R"({"doubleField":"NaN"})"},
      {R"({"doubleField":"Infinity"})", R"({"doubleField":"Infinity"})"},
      {R"({"doubleField":"-Infinity"})", R"({"doubleField":"-Infinity"})"},
      {R"({"floatField":3.4028235e38})", R"({"floatField":3.4028235e+38})"},
      {R"({"floatField":0.1})", R"({"floatField":0.1})"},
      {R"({"floatField":1e-50})", "{}"},
      {R"({"floatField":16777217})", R"({"floatField":16777216})"},
  });
  for (const char* value : {"1e309", "-1e309", "1e99999999999999999999", "\"1e309\"", "NaN", "Infinity", "\"nan\"",
                            "\"+Infinity\"", "\"inf\"", "\"\"", "\" 1\"", "\"1,5\"", "true", "[]"}) {
    EXPECT_THAT(Canonical(std::string("{\"doubleField\":") + value + "}"), HasSubstr("expected a 64-bit floating"))
        << value;
  }
  EXPECT_THAT(Canonical(R"({"floatField":3.502823e38})"), HasSubstr("expected a 32-bit floating point number"));
  EXPECT_THAT(Canonical(R"({"floatField":-3.502823e38})"), HasSubstr("expected a 32-bit floating point number"));
}

TEST(Parse, Booleans) {
  ExpectCanonical({{R"({"boolField":true})", R"({"boolField":true})"}, {R"({"boolField":false})", "{}"}});
  for (const char* value : {"\"true\"", "1", "0", "[]", "\"\""}) {
    EXPECT_THAT(Canonical(std::string("{\"boolField\":") + value + "}"),
                HasSubstr("bool_field: expected true or false"));
  }
}

TEST(Parse, Strings) {
  ExpectCanonical({
      {R"({"stringField":"\"\\\/\b\f\n\r\t"})", R"({"stringField":"\"\\/\b\f\n\r\t"})"},
      {R"({"stringField":"\u00e9\u20AC\ud83d\ude00"})", R"({"stringField":"é€😀"})"},
      {R"({"stringField":"é€😀"})", R"({"stringField":"é€😀"})"},
      {R"({"stringField":"\u0000"})", R"({"stringField":"\u0000"})"},
      {R"({"stringField":"a\tb é\n"})", R"({"stringField":"a\tb é\n"})"},
      {"{\"stringField\":\"\x7f\"}", "{\"stringField\":\"\x7f\"}"},
      {R"({"stringField":""})", "{}"},
  });
  for (const char* value : {"1", "true", "[]", "{}"}) {
    EXPECT_THAT(Canonical(std::string("{\"stringField\":") + value + "}"), HasSubstr("expected a string"));
  }
}

TEST(Parse, Bytes) {
  ExpectCanonical({
      {R"({"bytesField":"AQI="})", R"({"bytesField":"AQI="})"},
      {R"({"bytesField":"AQI"})", R"({"bytesField":"AQI="})"},
      {R"({"bytesField":"+/8="})", R"({"bytesField":"+/8="})"},
      {R"({"bytesField":"-_8"})", R"({"bytesField":"+/8="})"},
      {R"({"bytesField":"AA=="})", R"({"bytesField":"AA=="})"},
      {R"({"bytesField":"AAAA"})", R"({"bytesField":"AAAA"})"},
      // Bits that are left over.
      {R"({"bytesField":"-_"})", R"({"bytesField":"+w=="})"},
      {R"({"bytesField":"AQJ="})", R"({"bytesField":"AQI="})"},
      {R"({"bytesField":"AB"})", R"({"bytesField":"AA=="})"},
  });
  for (const char* value : {"A", "AQI==", "A=QI", "AQ I", "AQI=\\n", "====", "=", "*", "AAAAA"}) {
    EXPECT_THAT(Canonical(std::string("{\"bytesField\":\"") + value + "\"}"), HasSubstr("expected a string in base64"))
        << value;
  }
}

TEST(Parse, Enums) {
  ExpectCanonical({
      {R"({"enumField":"RED"})", R"({"enumField":"RED"})"},
      {R"({"enumField":1})", R"({"enumField":"RED"})"},
      {R"({"enumField":-1})", R"({"enumField":"NEGATIVE"})"},
      {R"({"enumField":1.0})", R"({"enumField":"RED"})"},
      {R"({"enumField":42})", R"({"enumField":42})"},
      {R"({"enumList":["RED",2]})", R"({"enumList":["RED","GREEN"]})"},
  });
  for (const char* value : {"\"red\"", "\"\"", "\"1\"", "1.5", "2147483648", "true", "[]"}) {
    EXPECT_THAT(Canonical(std::string("{\"enumField\":") + value + "}"),
                HasSubstr("enum_field: expected a name or number of enum protojson_test.Color"))
        << value;
  }
}

TEST(Parse, UnknownEnumNamesAreIgnoredWhenAskedFor) {
  ParseOptions options;
  options.ignore_unknown_fields = true;
  EXPECT_EQ(Canonical(R"({"enumField":"PINK","enumList":["RED","PINK"],"enumMap":{"a":"PINK","b":"RED"}})", options),
            R"({"enumList":["RED"],"enumMap":{"b":"RED"}})");
  // Only the field itself: the message that holds it stays.
  EXPECT_EQ(Canonical(R"({"recursiveMap":{"a":{"enumField":"PINK"}}})", options), R"({"recursiveMap":{"a":{}}})");
}

TEST(Parse, NullLeavesUnset) {
  EXPECT_EQ(Canonical(R"({"int32Field":null,"stringField":null,"nested":null,"int32List":null,"stringMap":null,
                         "optionalNumber":null,"timestamp":null,"struct":null,"listValue":null,"any":null,
                         "int32Wrapper":null,"enumField":null})"),
            "{}");
  EXPECT_EQ(Canonical(R"({"value":null})"), R"({"value":null})");
  EXPECT_EQ(Canonical(R"({"choiceNull":null})"), R"({"choiceNull":null})");
  EXPECT_EQ(Canonical(R"({"choiceValue":null})"), R"({"choiceValue":null})");
  EXPECT_EQ(Canonical(R"({"nullValue":null})"), "{}");
  EXPECT_EQ(Canonical(R"({"nullValueList":[null,"NULL_VALUE",0]})"), R"({"nullValueList":[null,null,null]})");
  EXPECT_EQ(Canonical(R"({"valueList":[null]})"), R"({"valueList":[null]})");
  EXPECT_EQ(Canonical(R"({"valueMap":{"a":null}})"), R"({"valueMap":{"a":null}})");
}

TEST(Parse, NullIsNoElement) {
  for (const char* text : {R"({"int32List":[1,null]})", R"({"stringList":[null]})", R"({"nestedList":[null]})",
                           R"({"enumList":[null]})", R"({"stringMap":{"a":null}})", R"({"nestedMap":{"a":null}})",
                           R"({"timestampList":[null]})", R"({"int32WrapperList":[null]})", R"({"anyList":[null]})"}) {
    EXPECT_FALSE(Accepts(text)) << text;
  }
}

TEST(Parse, PresenceOfOptionalFields) {
  EXPECT_EQ(Canonical(R"({"optionalNumber":0,"optionalText":"","optionalEnum":0})"),
            R"({"optionalNumber":0,"optionalText":"","optionalEnum":"COLOR_UNSPECIFIED"})");
}

TEST(Parse, BothNamesOfAField) {
  ExpectCanonical({
      {R"({"int32_field":1})", R"({"int32Field":1})"},
      {R"({"renamed_field":"x"})", R"({"a \"custom\" name":"x"})"},
      {R"({"a \"custom\" name":"x"})", R"({"a \"custom\" name":"x"})"},
      {R"({"FieldWithCapitals":1,"field3WithDigits":2})", R"({"FieldWithCapitals":1,"field3WithDigits":2})"},
      {R"({"int32\u0046ield":1})", R"({"int32Field":1})"},
  });
  EXPECT_FALSE(Accepts(R"({"renamedField":"x"})"));
  EXPECT_FALSE(Accepts(R"({"INT32FIELD":1})"));
}

TEST(Parse, UnknownFields) {
  EXPECT_EQ(Canonical(R"({"nested":{"colour":1}})"), "nested.colour: unknown field (line 1, column 12)");
  EXPECT_EQ(Canonical(R"({"colour":1})"), "colour: unknown field (line 1, column 2)");
  EXPECT_EQ(Canonical(R"({"nestedList":[{},{"colour":1}]})"),
            "nested_list[1].colour: unknown field (line 1, column 20)");
  // Steps of a path must not be made up by a name.
  EXPECT_EQ(Canonical(R"({"nested":{"a.b[0]":1}})"), "nested[\"a.b[0]\"]: unknown field (line 1, column 12)");
  EXPECT_EQ(Canonical(R"({"":1})"), "[\"\"]: unknown field (line 1, column 2)");
  std::string longest(64, 'x');
  EXPECT_EQ(Canonical("{\"" + longest + "\":1}"), longest + ": unknown field (line 1, column 2)");
  ParseOptions options;
  options.ignore_unknown_fields = true;
  EXPECT_EQ(Canonical(R"({"x":{"y":[1,"\u0041",null,{}]},"int32Field":1,"z":-1.5e3})", options), R"({"int32Field":1})");
  for (const char* text : {R"({"x":[1,]})", R"({"x":{"a"}})", R"({"x":tru})", R"({"x":01})", R"({"x":"\x"})"}) {
    EXPECT_FALSE(Accepts(text, options)) << text;
  }
}

TEST(Parse, NothingTwice) {
  for (const Case& c : std::vector<Case>{
           {R"({"int32Field":1,"int32Field":1})", "int32_field: given twice (line 1, column 17)"},
           {R"({"int32Field":1,"int32_field":1})", "int32_field: given twice (line 1, column 17)"},
           {R"({"int32Field":null,"int32Field":1})", "int32_field: given twice (line 1, column 20)"},
           {R"({"stringMap":{"a":"","b":"","a":""}})", "string_map[\"a\"]: given twice (line 1, column 36)"},
           {R"({"int32Map":{"1":"","1.0":""}})", "int32_map[\"1\"]: given twice (line 1, column 30)"},
           {R"({"struct":{"a":1,"\u0061":1}})", "struct[\"a\"]: given twice (line 1, column 29)"},
           {R"({"choiceNumber":1,"choiceText":""})",
            "choice_text: another member of oneof choice is given too (line 1, column 19)"},
       }) {
    EXPECT_EQ(Canonical(c.text), c.result) << c.text;
  }
  EXPECT_EQ(Canonical(R"({"choiceNumber":null,"choiceText":"x"})"), R"({"choiceText":"x"})");
  EXPECT_EQ(Canonical(R"({"choiceText":"x","choiceNumber":null})"), R"({"choiceText":"x"})");
  EXPECT_FALSE(Accepts(R"({"choiceNull":null,"choiceText":"x"})"));
  EXPECT_FALSE(Accepts(R"({"choiceValue":null,"choiceNull":null})"));
}

TEST(Parse, Maps) {
  ExpectCanonical({
      {R"({"int32Map":{"2":"b","-1":"a"}})", R"({"int32Map":{"-1":"a","2":"b"}})"},
      {R"({"int64Map":{"-9223372036854775808":"1"}})", R"({"int64Map":{"-9223372036854775808":"1"}})"},
      {R"({"uint32Map":{"4294967295":true}})", R"({"uint32Map":{"4294967295":true}})"},
      {R"({"uint64Map":{"18446744073709551615":1.5}})", R"({"uint64Map":{"18446744073709551615":1.5}})"},
      {R"({"boolMap":{"true":"AQ==","false":""}})", R"({"boolMap":{"false":"","true":"AQ=="}})"},
      {R"({"nestedMap":{"":{"number":1}}})", R"({"nestedMap":{"":{"number":1}}})"},
      {R"({"enumMap":{"a":"RED"},"valueMap":{"b":[1]}})", R"({"enumMap":{"a":"RED"},"valueMap":{"b":[1]}})"},
  });
  EXPECT_EQ(Canonical(R"({"boolMap":{"1":""}})"),
            "bool_map[\"1\"]: as the key, expected true or false (line 1, column 13)");
  EXPECT_FALSE(Accepts(R"({"int32Map":{"x":""}})"));
  EXPECT_FALSE(Accepts(R"({"int32Map":{1:""}})"));
  EXPECT_FALSE(Accepts(R"({"int32Map":{"01":""}})"));
  EXPECT_FALSE(Accepts(R"({"stringMap":[]})"));
}

TEST(Parse, PathsInErrors) {
  for (const Case& c : std::vector<Case>{
           {R"({"nested":{"child":{"number":"x"}}})", "nested.child.number: "},
           {R"({"nestedList":[{},{"number":"x"}]})", "nested_list[1].number: "},
           {R"({"nestedMap":{"k":{"number":"x"}}})", "nested_map[\"k\"].number: "},
           {R"({"struct":{"a":[{"b":1e999}]}})", "struct[\"a\"][0][\"b\"]: "},
           {R"({"int32List":[1,"x"]})", "int32_list[1]: "},
           {R"({"nestedMap":{"a\"\u0001é":{"number":"x"}}})", "nested_map[\"a????\"].number: "},
           {"{\"nestedMap\":{\"" + std::string(100, 'k') + "\":1}}",
            "nested_map[\"" + std::string(64, 'k') + "...\"]: "},
       }) {
    EXPECT_THAT(Canonical(c.text), ::testing::StartsWith(c.result)) << c.text;
  }
  ParseOptions options;
  options.path = "usuario";
  EXPECT_THAT(Canonical(R"({"nested":{"number":"x"}})", options), HasSubstr("usuario.nested.number: "));
  EXPECT_THAT(Canonical("[]", options), HasSubstr("usuario: expected an object"));
}

TEST(Parse, ErrorsAreFieldViolations) {
  AllKinds message;
  absl::Status status = Parse("{\n  \"nested\": {\"number\": 1.5}}", &message);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  ASSERT_TRUE(payload.has_value());
  google::rpc::BadRequest details;
  ASSERT_TRUE(details.ParseFromString(std::string(*payload)));
  ASSERT_EQ(details.field_violations_size(), 1);
  EXPECT_EQ(details.field_violations(0).field(), "nested.number");
  EXPECT_EQ(details.field_violations(0).description(),
            "expected an integer from -2147483648 to 2147483647 (line 2, column 24)");
}

// The password must not come back, wherever it stands.
TEST(Parse, ErrorsDoNotRepeatValues) {
  for (const char* text : {
           R"({"int32Field":"hunter2"})",
           R"({"boolField":"hunter2"})",
           R"({"enumField":"hunter2"})",
           R"({"bytesField":"hunter2!"})",
           R"({"timestamp":"hunter2"})",
           R"({"duration":"hunter2"})",
           R"({"fieldMask":"hunter2-"})",
           R"({"any":{"@type":"x/hunter2"}})",
           R"({"nested":"hunter2"})",
           R"({"stringList":"hunter2"})",
           R"({"stringMap":"hunter2"})",
           R"({"stringField":"hunter2)",
           R"({"stringField":"hunter2\)",
           R"({"stringField":"hunter2\ud800"})",
           R"({"stringField":"hunter2"} hunter2)",
           R"({"stringField":hunter2})",
           R"(hunter2)",
           R"("hunter2")",
           R"({"stringField":"hunter2",})",
       }) {
    AllKinds message;
    absl::Status status = Parse(text, &message);
    EXPECT_FALSE(status.ok()) << text;
    EXPECT_THAT(status.ToString(), Not(HasSubstr("hunter2"))) << text;
  }
}

TEST(Parse, UnknownNamesAreShortenedAndPrintable) {
  EXPECT_EQ(Canonical(R"({"a\n\u001b\"é":1})"), "unknown field \"a?????\" (line 1, column 2)");
  EXPECT_EQ(Canonical("{\"" + std::string(1000, 'x') + "\":1}"),
            "unknown field \"" + std::string(64, 'x') + "...\" (line 1, column 2)");
}

TEST(Parse, KeepsWhatTheTextDoesNotName) {
  AllKinds message;
  message.set_string_field("kept");
  message.set_int32_field(1);
  ASSERT_TRUE(Parse(R"({"int32Field":2,"boolField":null})", &message).ok());
  EXPECT_EQ(Printed(message), R"({"int32Field":2,"stringField":"kept"})");
}

std::vector<std::string> PresentPaths(std::string_view text) {
  AllKinds message;
  std::vector<std::string> paths;
  ParseOptions options;
  options.present_paths = &paths;
  EXPECT_EQ(What(Parse(text, &message, options)), "OK") << text;
  return paths;
}

TEST(Parse, PresentPaths) {
  EXPECT_THAT(PresentPaths("{}"), IsEmpty());
  EXPECT_THAT(PresentPaths(R"({"int32Field":0,"stringField":null})"), ElementsAre("int32_field", "string_field"));
  EXPECT_THAT(PresentPaths(R"({"nested":{"number":1,"child":{"text":"x"}}})"),
              ElementsAre("nested.number", "nested.child.text"));
  EXPECT_THAT(PresentPaths(R"({"nested":{},"recursive":{"nested":null}})"), ElementsAre("nested", "recursive.nested"));
  EXPECT_THAT(PresentPaths(R"({"nestedList":[{"number":1}],"nestedMap":{"a":{"number":1}},"int32List":[]})"),
              ElementsAre("nested_list", "nested_map", "int32_list"));
  EXPECT_THAT(PresentPaths(R"({"struct":{"a":1},"value":{"b":1},"listValue":[{}],"timestamp":"2020-01-01T00:00:00Z",
                              "int32Wrapper":1,"any":{"@type":"x/protojson_test.Nested","child":{"number":1}}})"),
              ElementsAre("struct", "value", "list_value", "timestamp", "int32_wrapper", "any"));
  EXPECT_THAT(PresentPaths(R"({"choiceNested":{"number":1}})"), ElementsAre("choice_nested.number"));
}

TEST(ParseField, AnyKindOfField) {
  struct FieldCase {
    std::string field, text, result;
  };
  for (const FieldCase& c : std::vector<FieldCase>{
           {"nested", R"({"number":1})", R"({"nested":{"number":1}})"},
           {"nested", "null", "{}"},
           {"int32_field", "5", R"({"int32Field":5})"},
           {"string_field", "\"x\"", R"({"stringField":"x"})"},
           {"int32_list", "[1,2]", R"({"int32List":[1,2]})"},
           {"string_map", R"({"a":"b"})", R"({"stringMap":{"a":"b"}})"},
           {"value", "null", R"({"value":null})"},
           {"timestamp", "\"1970-01-01T00:00:00Z\"", R"({"timestamp":"1970-01-01T00:00:00Z"})"},
           {"nested", "[]", "nested: expected an object (line 1, column 1)"},
           {"nested", R"({"number":[]})",
            "nested.number: expected an integer from -2147483648 to 2147483647 (line 1, column 11)"},
           {"nested", "{} x", "nested: expected the end of the text (line 1, column 4)"},
           {"int32_list", "5", "int32_list: expected an array (line 1, column 1)"},
       }) {
    AllKinds message;
    absl::Status status = ParseField(c.text, &message, AllKinds::descriptor()->FindFieldByName(c.field));
    EXPECT_EQ(status.ok() ? Printed(message) : What(status), c.result) << c.field << " " << c.text;
  }
}

TEST(ParseField, PresentPathsAreRelativeToTheField) {
  AllKinds message;
  std::vector<std::string> paths;
  ParseOptions options;
  options.present_paths = &paths;
  const auto* descriptor = AllKinds::descriptor();
  ASSERT_TRUE(
      ParseField(R"({"number":1,"child":{"text":""}})", &message, descriptor->FindFieldByName("nested"), options).ok());
  EXPECT_THAT(paths, ElementsAre("number", "child.text"));
  paths.clear();
  ASSERT_TRUE(ParseField(R"([{"number":1}])", &message, descriptor->FindFieldByName("nested_list"), options).ok());
  EXPECT_THAT(paths, IsEmpty());
}

TEST(Parse, RequiredFields) {
  EXPECT_EQ(Canonical<Legacy>(R"({"name":"a"})"), R"({"name":"a"})");
  EXPECT_EQ(Canonical<Legacy>(R"({"parts":[{}]})"), "name: is required; parts[0].name: is required");
  ParseOptions options;
  options.allow_partial = true;
  Legacy message;
  EXPECT_TRUE(Parse(R"({"parts":[{}]})", &message, options).ok());
  EXPECT_EQ(What(CheckRequired(message, "thing")), "thing.name: is required; thing.parts[0].name: is required");
  message.set_name("a");
  message.mutable_parts(0)->set_name("b");
  EXPECT_TRUE(CheckRequired(message).ok());
}

TEST(Parse, Proto2) {
  EXPECT_EQ(Canonical<Legacy>(R"({"name":"","size":"SMALL","count":7,"box":{"width":3}})"),
            R"({"name":"","size":"SMALL","count":7,"box":{"width":3}})");
  // A closed enum holds no other numbers.
  EXPECT_THAT(Canonical<Legacy>(R"({"name":"a","size":3})"), HasSubstr("size: expected a name or number of enum"));
}

TEST(Parse, Extensions) {
  EXPECT_EQ(
      Canonical<Legacy>(R"({"name":"a","[protojson_proto2_test.weight]":5,"[protojson_proto2_test.labels]":["x"]})"),
      R"({"name":"a","[protojson_proto2_test.weight]":5,"[protojson_proto2_test.labels]":["x"]})");
  EXPECT_THAT(Canonical<Legacy>(R"({"name":"a","[protojson_proto2_test.nothing]":5})"), HasSubstr("unknown field"));
  EXPECT_THAT(Canonical<Legacy>(R"({"[protojson_proto2_test.weight]":5,"[protojson_proto2_test.weight]":5})"),
              HasSubstr("[protojson_proto2_test.weight]: given twice"));
}

}  // namespace
}  // namespace tomada::json
