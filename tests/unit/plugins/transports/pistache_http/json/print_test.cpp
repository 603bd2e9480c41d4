#include "json/print.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "codec_test.h"

namespace tomada::json {
namespace {

using ::protojson_test::AllKinds;
using ::testing::HasSubstr;

TEST(Print, DefaultsAreLeftOut) {
  EXPECT_EQ(Printed(AllKinds()), "{}");
  AllKinds message;
  message.set_optional_number(0);
  message.mutable_nested();
  message.set_choice_number(0);
  EXPECT_EQ(Printed(message), R"({"nested":{},"choiceNumber":0,"optionalNumber":0})");
}

TEST(Print, EmitDefaults) {
  PrintOptions options;
  options.emit_defaults = true;
  EXPECT_EQ(Printed(protojson_test::Nested(), options), R"({"number":0,"text":""})");
  std::string text = Printed(AllKinds(), options);
  for (const char* member : {R"("int64Field":"0")", R"("doubleField":0,)", R"("boolField":false)", R"("bytesField":"")",
                             R"("enumField":"COLOR_UNSPECIFIED")", R"("int32List":[])", R"("stringMap":{})"}) {
    EXPECT_THAT(text, HasSubstr(member));
  }
  for (const char* name : {"nested\"", "recursive\"", "choice", "optional", "timestamp\"", "Wrapper\""}) {
    EXPECT_THAT(text, ::testing::Not(HasSubstr(name)));
  }
  EXPECT_EQ(Canonical(text), "{}");
}

TEST(Print, EmptyListsAndMaps) {
  PrintOptions options;
  options.emit_empty_lists = true;
  protojson_proto2_test::Legacy legacy;
  EXPECT_EQ(Printed(legacy, options), R"({"parts":[]})");
  AllKinds message;
  message.add_int32_list(1);
  const std::string text = Printed(message, options);
  EXPECT_THAT(text, HasSubstr(R"("int32List":[1],"int64List":[],)"));
  EXPECT_THAT(text, HasSubstr(R"("stringMap":{},)"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("Field")));
}

TEST(Print, WhatIsTooDeepToBeReadIsNamed) {
  protojson_test::AllKinds message;
  AllKinds* innermost = &message;
  for (int i = 0; i < 101; ++i) innermost = innermost->mutable_recursive();
  std::string text;
  EXPECT_THAT(std::string(Print(message, &text).message()),
              ::testing::AllOf(::testing::StartsWith("`recursive.recursive."),
                               ::testing::EndsWith("recursive` is nested deeper than protobuf's 100 levels")));
}

TEST(Print, HiddenFieldsAreNeverPrinted) {
  const Fields hidden{protojson_test::Nested::descriptor()->FindFieldByName("text")};
  PrintOptions options;
  options.hidden = &hidden;
  protojson_test::Nested nested;
  nested.set_text("secret");
  nested.mutable_child()->set_text("secret");
  EXPECT_EQ(Printed(nested, options), R"({"child":{}})");
  std::string text;
  EXPECT_TRUE(PrintField(nested, *hidden.begin(), &text, options).ok());
  EXPECT_EQ(text, "null");
  options.emit_defaults = true;
  nested.clear_child();
  EXPECT_EQ(Printed(nested, options), R"({"number":0})");
}

TEST(Print, ProtoNames) {
  AllKinds message;
  message.set_int32_field(1);
  message.set_renamed_field("x");
  PrintOptions options;
  options.proto_names = true;
  EXPECT_EQ(Printed(message, options), R"({"int32_field":1,"renamed_field":"x"})");
}

TEST(Print, Appends) {
  std::string text = "data: ";
  EXPECT_TRUE(Print(AllKinds(), &text).ok());
  EXPECT_EQ(text, "data: {}");
}

TEST(Print, Floats) {
  AllKinds message;
  for (double value : {0.1, 1e21, 1e-7, 5e-324, 123456789.0, 1.7976931348623157e308, 100.0, -0.5}) {
    message.set_double_field(value);
    AllKinds copy;
    ASSERT_TRUE(Parse(Printed(message), &copy).ok());
    EXPECT_EQ(copy.double_field(), value);
  }
  message.set_double_field(-0.0);
  EXPECT_EQ(Printed(message), R"({"doubleField":-0})");
  message.clear_double_field();
  message.set_float_field(0.1f);
  EXPECT_EQ(Printed(message), R"({"floatField":0.1})");
  message.set_float_field(std::numeric_limits<float>::infinity());
  EXPECT_EQ(Printed(message), R"({"floatField":"Infinity"})");
}

TEST(Print, StringsAreAlwaysValidJson) {
  AllKinds message;
  message.set_string_field(std::string("\0\x1f\"\\\b\f\n\r\t/<é😀\x7f", 18));
  EXPECT_EQ(Printed(message), "{\"stringField\":\"\\u0000\\u001f\\\"\\\\\\b\\f\\n\\r\\t/<é😀\x7f\"}");
  for (const char* invalid : {"\xff", "\xc3", "\xed\xa0\x80", "a\x80z"}) {
    // Generated code does not check what it is given.
    message.set_string_field(invalid);
    std::string text = Printed(message);
    EXPECT_THAT(text, HasSubstr("\uFFFD"));
    EXPECT_TRUE(Accepts(text));
  }
}

TEST(Print, BytesOfEveryLength) {
  AllKinds message;
  std::string bytes;
  for (const char* base64 : {"AA==", "AAE=", "AAEC", "AAECAw==", "AAECAwQ="}) {
    bytes += static_cast<char>(bytes.size());
    message.set_bytes_field(bytes);
    EXPECT_EQ(Printed(message), std::string("{\"bytesField\":\"") + base64 + "\"}");
    AllKinds copy;
    ASSERT_TRUE(Parse(Printed(message), &copy).ok());
    EXPECT_EQ(copy.bytes_field(), bytes);
  }
}

TEST(Print, MapsAreInOrderOfTheirKeys) {
  AllKinds message;
  std::string expected;
  for (int i = -100; i < 100; ++i) {
    (*message.mutable_int32_map())[i];
    expected += (i > -100 ? ",\"" : "\"") + std::to_string(i) + "\":\"\"";
  }
  EXPECT_EQ(Printed(message), "{\"int32Map\":{" + expected + "}}");
  message.Clear();
  for (const char* key : {"b", "a", "\xc3\xa9", "", "B"}) (*message.mutable_string_map())[key];
  EXPECT_EQ(Printed(message), R"({"stringMap":{"":"","B":"","a":"","b":"","é":""}})");
}

TEST(PrintField, AnyKindOfField) {
  AllKinds message;
  message.mutable_nested()->set_number(1);
  message.set_int64_field(5);
  message.add_int32_list(1);
  (*message.mutable_string_map())["a"] = "b";
  message.mutable_timestamp();
  message.mutable_value()->set_null_value({});
  for (const Case& c : std::vector<Case>{
           {"nested", R"({"number":1})"},
           {"int64_field", "\"5\""},
           {"int32_list", "[1]"},
           {"string_map", R"({"a":"b"})"},
           {"timestamp", "\"1970-01-01T00:00:00Z\""},
           {"value", "null"},
           // unset
           {"recursive", "null"},
           {"optional_number", "null"},
           {"choice_text", "null"},
           {"duration", "null"},
           {"string_field", "\"\""},
           {"int32_field", "0"},
           {"enum_field", "\"COLOR_UNSPECIFIED\""},
           {"bool_list", "[]"},
           {"nested_map", "{}"},
       }) {
    std::string text;
    EXPECT_TRUE(PrintField(message, AllKinds::descriptor()->FindFieldByName(c.text), &text).ok());
    EXPECT_EQ(text, c.result) << c.text;
  }
}

}  // namespace
}  // namespace tomada::json
