// Types of google.protobuf with a JSON form of their own.
#include <gmock/gmock.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <limits>

#include "codec_test.h"

namespace tomada::json {
namespace {

using ::google::protobuf::Any;
using ::google::protobuf::Duration;
using ::google::protobuf::FieldMask;
using ::google::protobuf::Timestamp;
using ::google::protobuf::Value;
using ::protojson_test::AllKinds;
using ::protojson_test::Nested;
using ::testing::HasSubstr;

std::string Quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

TEST(WellKnown, Timestamps) {
  for (const Case& c : std::vector<Case>{
           {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
           {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
           {"9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"},
           {"2020-02-29T12:00:00Z", "2020-02-29T12:00:00Z"},
           {"2000-02-29T12:00:00Z", "2000-02-29T12:00:00Z"},
           {"2020-01-01T00:00:00.1Z", "2020-01-01T00:00:00.100Z"},
           {"2020-01-01T00:00:00.000100Z", "2020-01-01T00:00:00.000100Z"},
           {"2020-01-01T00:00:00.000000001Z", "2020-01-01T00:00:00.000000001Z"},
           {"2020-01-01T00:00:00.000Z", "2020-01-01T00:00:00Z"},
           {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"},
           {"2020-01-01T00:00:00+05:30", "2019-12-31T18:30:00Z"},
           {"2020-01-01T00:00:00-08:00", "2020-01-01T08:00:00Z"},
           {"2020-01-01T00:00:00-00:00", "2020-01-01T00:00:00Z"},
           {"0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00Z"},
       }) {
    EXPECT_EQ(Canonical<Timestamp>(Quoted(c.text)), Quoted(c.result)) << c.text;
  }
  for (const char* text : {"",
                           "2020-01-01",
                           "2020-01-01T00:00:00",
                           "2020-01-01 00:00:00Z",
                           "2020-01-01t00:00:00Z",
                           "2020-01-01T00:00:00z",
                           "0000-01-01T00:00:00Z",
                           "10000-01-01T00:00:00Z",
                           "0001-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "2019-02-29T00:00:00Z",
                           "1900-02-29T00:00:00Z",
                           "2020-13-01T00:00:00Z",
                           "2020-00-01T00:00:00Z",
                           "2020-01-32T00:00:00Z",
                           "2020-01-00T00:00:00Z",
                           "2020-04-31T00:00:00Z",
                           "2020-01-01T24:00:00Z",
                           "2020-01-01T00:60:00Z",
                           "2020-01-01T00:00:60Z",
                           "2020-01-01T00:00:00.Z",
                           "2020-01-01T00:00:00.1234567890Z",
                           "2020-01-01T00:00:00,5Z",
                           "2020-01-01T00:00Z",
                           "2020-1-1T0:0:0Z",
                           "2020-01-01T00:00:00+0100",
                           "2020-01-01T00:00:00+24:00",
                           "2020-01-01T00:00:00+01:60",
                           "2020-01-01T00:00:00+01",
                           "2020-01-01T00:00:00ZZ",
                           " 2020-01-01T00:00:00Z",
                           "2020-01-01T00:00:00Z ",
                           "-001-01-01T00:00:00Z",
                           "+020-01-01T00:00:00Z"}) {
    EXPECT_THAT(Canonical<Timestamp>(Quoted(text)), HasSubstr("expected a time such as")) << text;
  }
  EXPECT_FALSE(Accepts<Timestamp>("0"));
  EXPECT_FALSE(Accepts<Timestamp>("{}"));
}

TEST(WellKnown, Durations) {
  for (const Case& c : std::vector<Case>{
           {"0s", "0s"},
           {"1s", "1s"},
           {"-1s", "-1s"},
           {"1.5s", "1.500s"},
           {"-0.5s", "-0.500s"},
           {"0.000001s", "0.000001s"},
           {"0.000000001s", "0.000000001s"},
           {"1.10s", "1.100s"},
           {"315576000000s", "315576000000s"},
           {"-315576000000s", "-315576000000s"},
           {"315576000000.999999999s", "315576000000.999999999s"},
           {"-315576000000.999999999s", "-315576000000.999999999s"},
       }) {
    EXPECT_EQ(Canonical<Duration>(Quoted(c.text)), Quoted(c.result)) << c.text;
  }
  for (const char* text : {"",
                           "s",
                           "1",
                           "1.s",
                           ".5s",
                           "1.1234567890s",
                           "--1s",
                           "+1s",
                           "- 1s",
                           "1s ",
                           " 1s",
                           "1m",
                           "1S",
                           "1e3s",
                           "315576000001s",
                           "-315576000001s",
                           "315576000001.000000000s",
                           "0x1s",
                           "1..5s",
                           "-s",
                           "99999999999999999999s",
                           "1.-5s"}) {
    EXPECT_THAT(Canonical<Duration>(Quoted(text)), HasSubstr("expected seconds such as 1.5s")) << text;
  }
}

TEST(WellKnown, FieldMasks) {
  for (const char* text : {"", "a", "a,b", "fooBar", "foo.barBaz,qux", "a1,b2C", "*", "a.*.bC"}) {
    EXPECT_EQ(Canonical<FieldMask>(Quoted(text)), Quoted(text));
  }
  FieldMask mask;
  ASSERT_TRUE(Parse("\"fooBar.bazQux,id\"", &mask).ok());
  EXPECT_EQ(mask.paths(0), "foo_bar.baz_qux");
  EXPECT_EQ(mask.paths(1), "id");
  for (const char* text :
       {"foo_bar", ",", "a,", ",a", "a,,b", "a..b", ".a", "a.", "a b", "a-b", "**", "a*", "*a", "*A", "é"}) {
    EXPECT_THAT(Canonical<FieldMask>(Quoted(text)), HasSubstr("expected field paths in camelCase")) << text;
  }
}

TEST(WellKnown, WhatHasNoJsonFormIsNotPrinted) {
  const std::string kNoForm = "the value has no JSON form";
  Timestamp timestamp;
  for (auto [seconds, nanos] : std::vector<std::pair<int64_t, int32_t>>{{-62135596801, 0},
                                                                        {253402300800, 0},
                                                                        {0, -1},
                                                                        {0, 1'000'000'000},
                                                                        {std::numeric_limits<int64_t>::min(), 0},
                                                                        {std::numeric_limits<int64_t>::max(), 0}}) {
    timestamp.set_seconds(seconds);
    timestamp.set_nanos(nanos);
    EXPECT_EQ(Printed(timestamp), kNoForm);
  }
  Duration duration;
  for (auto [seconds, nanos] : std::vector<std::pair<int64_t, int32_t>>{{315576000001, 0},
                                                                        {-315576000001, 0},
                                                                        {1, -1},
                                                                        {-1, 1},
                                                                        {0, 1'000'000'000},
                                                                        {0, std::numeric_limits<int32_t>::min()},
                                                                        {std::numeric_limits<int64_t>::min(), 0}}) {
    duration.set_seconds(seconds);
    duration.set_nanos(nanos);
    EXPECT_EQ(Printed(duration), kNoForm);
  }
  for (const char* path :
       {"fooBar", "foo__bar", "_foo", "foo_", "foo_3", "a,b", "a..b", "", "a.", "a b", "**", "*_a", "é", "a-b"}) {
    FieldMask mask;
    mask.add_paths(path);
    // A leading underscore comes back: "Foo" is "_foo".
    if (std::string(path) == "_foo") {
      EXPECT_EQ(Canonical<FieldMask>(Printed(mask)), Printed(mask));
    } else {
      EXPECT_EQ(Printed(mask), kNoForm) << path;
    }
  }
  Value value;
  EXPECT_EQ(Printed(value), kNoForm);
  value.set_number_value(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(Printed(value), kNoForm);
  value.set_number_value(-std::numeric_limits<double>::infinity());
  EXPECT_EQ(Printed(value), kNoForm);
}

TEST(WellKnown, WhatHasNoJsonFormIsNamedByItsPath) {
  const FieldMask no_mask = [] {
    FieldMask mask;
    mask.add_paths("secretPath");
    return mask;
  }();
  Duration no_duration;
  no_duration.set_nanos(1'000'000'000);
  Value no_value;
  no_value.set_number_value(std::numeric_limits<double>::infinity());
  AllKinds message;
  EXPECT_EQ(Printed(message), "{}");
  auto expect = [&message](const std::string& path) {
    EXPECT_EQ(Printed(message), "`" + path + "` has no JSON form");
    message.Clear();
  };
  *message.mutable_field_mask() = no_mask;
  expect("field_mask");
  message.mutable_recursive()->mutable_recursive()->mutable_timestamp()->set_nanos(-1);
  expect("recursive.recursive.timestamp");
  message.mutable_value();
  expect("value");
  message.mutable_value_list()->Add();
  message.mutable_value_list()->Add()->set_bool_value(true);
  expect("value_list[0]");
  (*message.mutable_struct_()->mutable_fields())["a"].mutable_list_value()->add_values()->set_bool_value(true);
  *(*message.mutable_struct_()->mutable_fields())["a"].mutable_list_value()->add_values() = no_value;
  expect(R"(struct["a"][1])");
  message.mutable_any_list()->Add();
  message.mutable_any_list()->Add()->PackFrom(no_duration);
  expect("any_list[1]");
  AllKinds inside;
  *inside.mutable_duration() = no_duration;
  message.mutable_any()->PackFrom(inside);
  expect("any.duration");

  // The first of several, in the order of printing.
  *message.mutable_field_mask() = no_mask;
  *message.mutable_duration() = no_duration;
  const auto* type = AllKinds::descriptor();
  bool duration_first = type->FindFieldByName("duration")->index() < type->FindFieldByName("field_mask")->index();
  expect(duration_first ? "duration" : "field_mask");

  *message.mutable_duration() = no_duration;
  std::string text;
  EXPECT_EQ(What(PrintField(message, type->FindFieldByName("duration"), &text)), "`duration` has no JSON form");
  EXPECT_TRUE(PrintField(message, type->FindFieldByName("timestamp"), &text).ok());
}

TEST(WellKnown, AnUnprintableAnyIsKeptWhenAskedTo) {
  PrintOptions keeping;
  keeping.keep_unprintable_any = true;
  Duration no_duration;
  no_duration.set_nanos(1'000'000'000);
  Any any;
  any.PackFrom(no_duration);
  const std::string kept = R"({"@type":"type.googleapis.com/google.protobuf.Duration","value":"EICU69wD"})";
  EXPECT_EQ(Printed(any, keeping), kept);
  AllKinds message;
  *message.mutable_any_list()->Add() = any;
  message.mutable_any_list()->Add()->PackFrom(Duration());
  EXPECT_EQ(Printed(message, keeping),
            "{\"anyList\":[" + kept + R"(,{"@type":"type.googleapis.com/google.protobuf.Duration","value":"0s"}]})");
  // The innermost one only.
  Any outer;
  outer.PackFrom(message);
  EXPECT_THAT(Printed(outer, keeping), HasSubstr("AllKinds\",\"anyList\":[" + kept));
  // Nothing else is let through.
  *message.mutable_duration() = no_duration;
  EXPECT_EQ(Printed(message, keeping), "`duration` has no JSON form");
}

TEST(WellKnown, Wrappers) {
  for (const char* text :
       {R"({"doubleWrapper":1.5,"floatWrapper":"NaN","int64Wrapper":"1","uint64Wrapper":"2","int32Wrapper":3})",
        R"({"uint32Wrapper":4,"boolWrapper":false,"stringWrapper":"","bytesWrapper":"AQ=="})", R"({"int32Wrapper":0})",
        R"({"int32WrapperList":[0,1]})"}) {
    EXPECT_EQ(Canonical(text), text);
  }
  EXPECT_THAT(Canonical(R"({"int32Wrapper":{"value":1}})"), HasSubstr("int32_wrapper: expected an integer"));
  EXPECT_THAT(Canonical(R"({"uint32Wrapper":-1})"), HasSubstr("uint32_wrapper: expected an integer from 0 to"));
}

TEST(WellKnown, Structs) {
  for (const char* text : {
           R"({"struct":{"a":null,"b":1,"c":"x","d":true,"e":{"f":{}},"g":[[],[1]]}})",
           R"({"value":"text"})",
           R"({"value":-1.5e+300})",
           R"({"value":false})",
           R"({"value":[null,{"a":[]}]})",
           R"({"value":{"":0}})",
           R"({"listValue":[]})",
           R"({"listValue":[1,"2",[3]]})",
           R"({"struct":{}})",
       }) {
    EXPECT_EQ(Canonical(text), text);
  }
  EXPECT_EQ(Canonical<Value>("null"), "null");
  EXPECT_EQ(Canonical<Value>("[1]"), "[1]");
  EXPECT_FALSE(Accepts(R"({"struct":[]})"));
  EXPECT_FALSE(Accepts(R"({"listValue":{}})"));
  EXPECT_FALSE(Accepts(R"({"value":1e999})"));
  EXPECT_FALSE(Accepts(R"({"value":NaN})"));
}

TEST(WellKnown, Empty) {
  EXPECT_EQ(Canonical(R"({"empty":{}})"), R"({"empty":{}})");
  EXPECT_THAT(Canonical(R"({"empty":{"a":1}})"), HasSubstr("empty.a: unknown field ("));
}

TEST(WellKnown, AnyOfObjects) {
  EXPECT_EQ(Canonical<Any>("{}"), "{}");
  for (const char* text : {
           R"({"@type":"type.googleapis.com/protojson_test.Nested","number":1,"child":{"text":"x"}})",
           R"({"number":1,"@type":"type.googleapis.com/protojson_test.Nested","child":{"text":"x"}})",
           R"({"child":{"text":"x"},"number":1,"@type":"type.googleapis.com/protojson_test.Nested"})",
       }) {
    EXPECT_EQ(Canonical<Any>(text),
              R"({"@type":"type.googleapis.com/protojson_test.Nested","number":1,"child":{"text":"x"}})");
  }
  Any any;
  ASSERT_TRUE(Parse(R"({"@type":"example.com/x/protojson_test.Nested","number":1})", &any).ok());
  EXPECT_EQ(any.type_url(), "example.com/x/protojson_test.Nested");
  Nested nested;
  ASSERT_TRUE(nested.ParseFromString(any.value()));
  EXPECT_EQ(nested.number(), 1);
}

TEST(WellKnown, AnyOfTypesWithAForm) {
  for (const char* text : {
           R"({"@type":"x/google.protobuf.Duration","value":"1.500s"})",
           R"({"@type":"x/google.protobuf.Int32Value","value":5})",
           R"({"@type":"x/google.protobuf.Value","value":[null,{"a":1}]})",
           R"({"@type":"x/google.protobuf.Struct","value":{"@type":"y"}})",
           R"({"@type":"x/google.protobuf.Any","value":{"@type":"x/protojson_test.Nested","number":1}})",
           R"({"@type":"x/google.protobuf.Any","value":{}})",
           R"({"@type":"x/google.protobuf.Empty"})",
           R"({"@type":"x/google.protobuf.ListValue","value":[1,[]]})",
           R"({"@type":"x/google.protobuf.FieldMask","value":"a,bC"})",
           R"({"@type":"x/google.protobuf.Timestamp","value":"1970-01-01T00:00:00Z"})",
           R"({"@type":"x/google.protobuf.BytesValue","value":"AQ=="})",
           R"({"@type":"x/google.protobuf.Value","value":null})",
       }) {
    EXPECT_EQ(Canonical<Any>(text), text);
  }
  // As protobuf's own Go writes it.
  for (const char* text :
       {R"({"@type":"x/google.protobuf.Empty","value":{}})", R"({"value":{},"@type":"x/google.protobuf.Empty"})"}) {
    EXPECT_EQ(Canonical<Any>(text), R"({"@type":"x/google.protobuf.Empty"})");
  }
  EXPECT_EQ(Canonical<Any>(R"({"value":"1s","@type":"x/google.protobuf.Duration"})"),
            R"({"@type":"x/google.protobuf.Duration","value":"1s"})");
}

TEST(WellKnown, AnyRefused) {
  for (const Case& c : std::vector<Case>{
           {R"({"number":1})", "expected \"@type\" in the object (line 1, column 2)"},
           {R"({"@type":""})", "expected \"@type\" in the object (line 1, column 2)"},
           {R"({"@type":5})", "expected a string in double quotes (line 1, column 10)"},
           {R"({"@type":"x/no.Such"})", "the type that \"@type\" names is unknown (line 1, column 1)"},
           {R"({"@type":"protojson_test.Nested"})", "the type that \"@type\" names is unknown (line 1, column 1)"},
           {R"({"@type":"x/protojson_test.Nested","colour":1})", "colour: unknown field (line 1, column 36)"},
           {R"({"@type":"x/protojson_test.Nested","@type":"x/protojson_test.Nested"})",
            "\"@type\" is given twice (line 1, column 36)"},
           {R"({"@type":"x/google.protobuf.Duration"})", "expected \"value\" beside \"@type\" (line 1, column 2)"},
           {R"({"@type":"x/google.protobuf.Duration","value":"1s","value":"1s"})",
            "\"value\" is given twice (line 1, column 52)"},
           {R"({"@type":"x/google.protobuf.Duration","value":"1s","x":1})", "x: unknown field (line 1, column 52)"},
           {R"({"@type":"x/google.protobuf.Empty","value":1})", "expected an object (line 1, column 44)"},
           {R"({"@type":"x/google.protobuf.Empty","value":{"x":1}})", "x: unknown field (line 1, column 45)"},
           {R"({"@type":"x/google.protobuf.Empty","value":{},"value":{}})",
            "\"value\" is given twice (line 1, column 47)"},
           {R"({"@type":"x/protojson_proto2_test.Legacy"})", "a required field is missing (line 1, column 2)"},
           {"[]", "expected an object with \"@type\" (line 1, column 1)"},
       }) {
    EXPECT_EQ(Canonical<Any>(c.text), c.result) << c.text;
  }
}

TEST(WellKnown, AnyOfAnUnknownTypeIsKept) {
  Any any;
  any.set_type_url("example.com/no.Such");
  any.set_value("\x01\x02");
  EXPECT_EQ(Printed(any), R"({"@type":"example.com/no.Such","value":"AQI="})");
  any.set_type_url("x/protojson_test.Nested");
  any.set_value("\xff");
  EXPECT_EQ(Printed(any), R"({"@type":"x/protojson_test.Nested","value":"/w=="})");
}

TEST(WellKnown, AnyInsideAnyIsReadToTheSameLimit) {
  auto nested = [](int depth) {
    std::string text = R"({"@type":"x/protojson_test.Nested"})";
    for (int i = 1; i < depth; ++i) text = R"({"@type":"x/google.protobuf.Any","value":)" + text + "}";
    return text;
  };
  EXPECT_EQ(Canonical<Any>(nested(16)), nested(16));
  EXPECT_THAT(Canonical<Any>(nested(17)), HasSubstr("an Any inside 16 others"));
}

// Each level copies what is inside it, so that opening all of them would be quadratic and use up the stack.
TEST(WellKnown, AnyInsideAnyIsOpenedToALimit) {
  Any any;
  any.set_type_url("x/protojson_test.Nested");
  for (int i = 0; i < 1000; ++i) {
    Any outer;
    outer.set_type_url("x/google.protobuf.Any");
    outer.set_value(any.SerializeAsString());
    any.Swap(&outer);
  }
  EXPECT_THAT(Printed(any), HasSubstr("\"value\":{\"@type\":\"x/google.protobuf.Any\",\"value\":\""));
}

}  // namespace
}  // namespace tomada::json
