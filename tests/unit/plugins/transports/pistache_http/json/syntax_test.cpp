// RFC 8259 to the letter: what is no JSON is refused, wherever it stands and whatever would be made of it.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <iterator>

#include "codec_test.h"

namespace tomada::json {
namespace {

using ::protojson_test::AllKinds;
using ::testing::HasSubstr;
using namespace std::string_view_literals;

// Values that are no JSON.
constexpr std::string_view kInvalidValues[] = {
    // numbers
    "01", "-01", "00", "+1", "-", "--1", ".5", "-.5", "1.", "1.e1", "1e", "1e+", "1E-", "1ee1", "1e1.5", "1.2.3",
    "0x10", "0b1", "1_000", "1,000", "1 000", "0e", "0.e1", "2.e3", "9.e+", "Inf", "inf", "-inf", "NaN", "-NaN", "nan",
    "Infinity", "-Infinity", "+Infinity", "1a", "1.0f", "1L", "\xef\xbc\x91", "1/2", "1-1", "-a", "1e 1", "- 1", "0 1",
    "1e1e1",
    // words
    "tru", "truee", "True", "TRUE", "fals", "False", "nul", "NULL", "Null", "nulll", "undefined", "None", "yes",
    "true false", "t", "n", "nu\\u006cl",
    // strings
    "\"", "\"abc", "'a'", "a", "\"\\\"", "\"\\x41\"", "\"\\a\"", "\"\\0\"", "\"\\'\"", "\"\\u\"", "\"\\u0\"",
    "\"\\u00\"", "\"\\u004\"", "\"\\u00G0\"", "\"\\u 041\"", "\"\\u+041\"", "\"\\U0041\"", "\"\\ud800\"",
    "\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\ud800\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\udc00\\ud800\"",
    "\"\\ud83d\\u\"", "\"\\ud83d\\\"", "\"a\nb\"", "\"a\tb\"", "\"a\rb\"", "\"a\0b\""sv, "\"a\x01z\"", "\"a\x1f\"",
    "\"\\\n\"", "\"a\"\"b\"", "\"\\", "\"a\\", "`a`", "\\u0041", "\"\\u{41}\"",
    // UTF-8: stray, cut, overlong, surrogates, beyond U+10FFFF
    "\"\x80\"", "\"\xbf\"", "\"\xc3\"", "\"\xc3(\"", "\"\xe2\x82\"", "\"\xe2\x28\xa1\"", "\"\xf0\x9f\x98\"",
    "\"\xf0\x28\x8c\xbc\"", "\"\xc0\x80\"", "\"\xc1\xbf\"", "\"\xe0\x80\x80\"", "\"\xe0\x9f\xbf\"",
    "\"\xf0\x80\x80\x80\"", "\"\xf0\x8f\xbf\xbf\"", "\"\xed\xa0\x80\"", "\"\xed\xbf\xbf\"", "\"\xf4\x90\x80\x80\"",
    "\"\xf5\x80\x80\x80\"", "\"\xf8\x88\x80\x80\x80\"", "\"\xfe\"", "\"\xff\"", "\"\\\xc3\xa9\"", "\xc3\xa9",
    // arrays
    "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1;2]", "[1}", "[1]]", "[\"a\":1]", "[\"a\"",
    "[:]", "[1:2]", "[[1]", "[1], ", "[1],[2]", "(1)", "[1,2", "[1,\n", "[\"\xff\"]", "[-]", "[*]", "[1\v]", "[1\f]",
    "[\xa0]", "[\xef\xbb\xbf\x31]", "<1>",
    // objects
    "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{\"a\"}", "{\"a\",\"b\"}",
    "{\"a\" 1}", "{\"a\":}", "{\"a\"::1}", "{:1}", "{1:1}", "{a:1}", "{'a':1}", "{null:1}", "{\"a\":1 \"b\":2}",
    "{\"a\":1;\"b\":2}", "{\"a\"=1}", "{\"a\"=>1}", "{\"a\":1]", "{\"a\":1}}", "{\"a\":1,,\"b\":2}", "{[]:1}",
    "{\"a\":1 , , }", "{\"a\n\":1}", "{\"a\\\":1}", "{\"\xff\":1}", "{\"a\":1}x", "{\"a\":1}{}",
    // comments and other extensions
    "1//x", "1#x", "/**/1", "1/**/", "[1/**/]", "{/*x*/}", "{\"a\":/*x*/1}", "// x\n1", "#x\n1", "\"a\" + \"b\"",
    "${x}", "=1", "@", "&", "%31", "\x1b", "\0"sv, "1\0"sv, "\xef\xbb\xbf\x31", "\xfe\xff", "\xc2\xa0\x31",
    "\xe2\x80\xa8\x31", ""};

TEST(Syntax, InvalidValuesAreRefusedEverywhere) {
  ParseOptions ignoring;
  ignoring.ignore_unknown_fields = true;
  for (std::string_view view : kInvalidValues) {
    std::string value(view);
    for (const char* name : {"value", "listValue", "struct", "int32Field", "doubleField", "stringField", "boolField",
                             "nested", "int32List", "valueList", "stringMap", "any", "timestamp"}) {
      std::string text = std::string("{\"") + name + "\":" + value + "}";
      EXPECT_FALSE(Accepts(text)) << text;
    }
    EXPECT_FALSE(Accepts("{\"unknown\":" + value + "}", ignoring)) << value;
    EXPECT_FALSE(Accepts("{\"any\":{\"number\":" + value + ",\"@type\":\"x/protojson_test.Nested\"}}", ignoring))
        << value;
    EXPECT_FALSE(Accepts(value)) << value;
    EXPECT_FALSE(Accepts<google::protobuf::Value>(value)) << value;
  }
}

// Values that are JSON.
constexpr std::string_view kValidValues[] = {
    // numbers
    "0", "-0", "1", "-1", "9", "10", "100", "1234567890", "-1234567890", "0.0", "-0.0", "0.1", "-0.1", "1.0", "1.50",
    "0.000001", "3.141592653589793", "0e0", "0E0", "0e+0", "0e-0", "-0e1", "0.0e0", "1e1", "1E1", "1e+1", "1E+1",
    "1e-1", "1E-1", "1e01", "1e00", "1e-007", "1.5e3", "1.5E+3", "1.5e-3", "-1.5E-3", "123.456e78", "1e308", "-1e308",
    "1.7976931348623157e308", "2.2250738585072014e-308", "5e-324", "9007199254740993", "9223372036854775807",
    "-9223372036854775808", "9223372036854775808", "18446744073709551616", "123456789012345678901234567890",
    "100000000000000000000000000000000000000000000000000", "0.1000000000000000055511151231257827021181583404541015625",
    "10e-1", "0.00000000000000000000000000000000000000000000001", "20e10",
    // words
    "true", "false", "null",
    // strings
    "\"\"", "\" \"", "\"a\"", "\"abc def\"", "\"\\\"\"", "\"\\\\\"", "\"\\/\"", "\"/\"", "\"\\b\\f\\n\\r\\t\"",
    "\"\\\\n\"", "\"\\\\\\\"\"", "\"\\\\u0041\"", "\"'\"", "\"`\"", "\"#//x\"", "\"/**/\"", "\"[1,{]}\"", "\"null\"",
    "\"1\"", "\"\\u0041\"", "\"\\u00e9\"", "\"\\u00E9\"", "\"\\uABcd\"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\u001f\"",
    "\"\\u0022\"", "\"\\u005C\"", "\"\\u007f\"", "\"\x7f\"", "\"\\u0080\"", "\"\\u07ff\\u0800\"", "\"\\ud7ff\"",
    "\"\\ue000\"", "\"\\ufffd\"", "\"\\ufffe\\uffff\"", "\"\\ufdd0\"", "\"\\ufeff\"", "\"\\u2028\\u2029\"",
    "\"\\u200b\"", "\"\\u0061\\u0301\"", "\"\\u0041b\"", "\"\\u00411\"",
    // surrogate pairs: the first, the last, two of them, among others
    "\"\\ud800\\udc00\"", "\"\\udbff\\udfff\"", "\"\\uD83D\\uDe00\"", "\"\\ud83d\\ude00\\ud83d\\ude01\"",
    "\"a\\ud834\\udd1eb\"", "\"\\ud83d\\ude00\xf0\x9f\x98\x80\"",
    // UTF-8: the first and the last of each length, around the surrogates, what other languages take for special
    "\"\xc2\x80\"", "\"\xdf\xbf\"", "\"\xe0\xa0\x80\"", "\"\xef\xbf\xbf\"", "\"\xf0\x90\x80\x80\"",
    "\"\xf4\x8f\xbf\xbf\"", "\"\xed\x9f\xbf\"", "\"\xee\x80\x80\"", "\"\xe2\x80\xa8\"", "\"\xe2\x80\xa9\"",
    "\"\xef\xbb\xbf\"", "\"\xc2\xa0\"", "\"\xc2\x85\"", "\"é\"", "\"e\xcc\x81\"", "\"日本語\"", "\"😀\"", "\"Ação\"",
    // arrays
    "[]", "[ ]", "[\t\r\n]", "[1]", "[ 1 ]", "[1,2]", "[1 , 2]", "[null]", "[true,false,null]", "[\"\"]", "[\"a\",1]",
    "[[]]", "[[],[]]", "[[[[[]]]]]", "[{}]", "[{},[{}]]", "[0,-0,0.0]", "[1e1,1E-1]", "[\"]\"]", "[\"[\",\",\"]",
    "[[1],[2,[3]]]", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    // objects
    "{}", "{ }", "{\n}", "{\"a\":1}", "{ \"a\" : 1 }", "{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}", "{\"\":0}",
    "{\"\":{\"\":{}}}", "{\"a\":{}}", "{\"a\":[]}", "{\"a\":null}", "{\"a\":\"\"}", "{\"a\":{\"a\":{\"a\":1}}}",
    "{\"a\":1,\"A\":2}", "{\"a\":1,\"a \":2}", "{\"a b\":1}", "{\"1\":1}", "{\"null\":null}", "{\"\\u0061\":1}",
    "{\"\\n\":1}", "{\"\\\"\":1}", "{\"\\u0000\":1}", "{\"é\":1,\"e\xcc\x81\":2}", "{\"😀\":1}",
    "{\"\\ud83d\\ude00\":1}", "{\"}\":\"{\"}", "{\":\":\",\"}", "{\"@type\":\"x\"}", "{\"__proto__\":{}}",
    "{\"a\":[1,{\"b\":[2,{\"c\":[]}]}]}",
    // white space
    " 1", "1 ", "\t1\t", "\r1\r", "\n1\n", " \t\r\n1\n\r\t ", " \"a\" ", "\nnull\n",
    "\r\n{\r\n\"a\"\r\n:\r\n1\r\n}\r\n", "[\n1\n,\n2\n]", "[\t[\t]\t]"};

TEST(Syntax, ValidValuesAreAcceptedAndComeBack) {
  static_assert(std::size(kValidValues) >= 100);
  ParseOptions ignoring;
  ignoring.ignore_unknown_fields = true;
  for (std::string_view view : kValidValues) {
    std::string text(view);
    google::protobuf::Value value, again;
    absl::Status parsed = Parse(text, &value);
    EXPECT_TRUE(parsed.ok()) << text << ": " << parsed;
    std::string printed = Printed(value);
    EXPECT_TRUE(Parse(printed, &again).ok()) << text << ": " << printed;
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(value, again)) << text << ": " << printed;
    EXPECT_EQ(Printed(again), printed) << text;
    EXPECT_TRUE(Accepts("{\"value\":" + text + "}", ignoring)) << text;
    EXPECT_TRUE(Accepts("{\"unknown\":" + text + "}", ignoring)) << text;
  }
}

// Texts that are no object.
constexpr std::string_view kInvalidDocuments[] = {"",
                                                  " ",
                                                  "\n",
                                                  "{",
                                                  "}",
                                                  "{}}",
                                                  "{}{}",
                                                  "{} {}",
                                                  "{},",
                                                  "{};",
                                                  "{}x",
                                                  "{}//",
                                                  "[]",
                                                  "null",
                                                  "true",
                                                  "1",
                                                  "\"{}\"",
                                                  "\xef\xbb\xbf{}",
                                                  "{}\0"sv,
                                                  "\0{}"sv,
                                                  "{}\v",
                                                  "\f{}",
                                                  "({})",
                                                  "{}\xa0",
                                                  "{\"int32Field\":1,}",
                                                  "{,\"int32Field\":1}",
                                                  "{int32Field:1}",
                                                  "{'int32Field':1}",
                                                  "{\"int32Field\" 1}",
                                                  "{\"int32Field\"=1}",
                                                  "{\"int32Field\":1 \"boolField\":true}",
                                                  "{\"int32Field\":1]",
                                                  "[{}]"};

TEST(Syntax, InvalidDocuments) {
  for (std::string_view text : kInvalidDocuments) {
    EXPECT_FALSE(Accepts(text)) << text;
  }
}

TEST(Syntax, WhiteSpaceOfRfc8259) {
  EXPECT_EQ(Canonical(" \t\r\n{ \"int32List\" : [ 1 , 2 ] , \"nested\" : { } } \n"),
            R"({"nested":{},"int32List":[1,2]})");
}

TEST(Syntax, PositionsCountLinesAndCharacters) {
  EXPECT_EQ(Canonical("{\n \"stringField\": \"éé\" x}"), "expected ',' or '}' (line 2, column 22)");
  EXPECT_EQ(Canonical("{\"stringField\":\"a\\q\"}"), "string_field: unknown escape in a string (line 1, column 20)");
  EXPECT_EQ(Canonical("{\"stringField\":\"a"), "string_field: the text ends inside a string (line 1, column 18)");
  EXPECT_EQ(Canonical("{\"stringField\" 1"), "expected ':' after a name (line 1, column 16)");
  EXPECT_EQ(Canonical(""), "expected an object (line 1, column 1)");
}

constexpr char kEveryKind[] = R"({
  "int32Field": -12, "int64Field": "34", "doubleField": 1.5e-3, "boolField": true, "stringField": "a\n\u00e9\ud83d\ude00é",
  "bytesField": "AQID", "enumField": "RED", "nested": {"number": 1, "child": {"text": "x"}}, "int32List": [1, 2],
  "stringMap": {"k": "v"}, "boolMap": {"true": "AA=="}, "choiceValue": [null, {"a": [true, false, "s", 1e3]}],
  "timestamp": "2020-02-29T23:59:59.5+01:00", "duration": "-1.5s", "fieldMask": "a.b,cD", "struct": {"a": {"b": null}},
  "any": {"number": 7, "@type": "x/protojson_test.Nested"}, "empty": {}, "floatList": ["NaN", "-Infinity", 0],
  "anyList": [{"@type": "x/google.protobuf.Duration", "value": "1s"}], "int32Wrapper": 5})";

TEST(Syntax, EveryTruncationIsRefused) {
  std::string_view text = kEveryKind;
  ASSERT_TRUE(Accepts(text)) << Canonical(text);
  ParseOptions ignoring;
  ignoring.ignore_unknown_fields = true;
  for (size_t length = 0; length < text.size(); ++length) {
    // On the heap and without a terminator, so that reading too far is found.
    std::vector<char> cut(text.begin(), text.begin() + length);
    std::string_view view(cut.data(), cut.size());
    EXPECT_FALSE(Accepts(view)) << length;
    EXPECT_FALSE(Accepts<protojson_test::Nested>(view, ignoring)) << length;
  }
}

// No byte, changed into any other, makes the reader read too far or accept what its own output contradicts.
TEST(Syntax, EveryChangedByteIsRefusedOrRoundTrips) {
  std::string text = kEveryKind;
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    for (unsigned char byte : {0x00, 0x20, 0x22, 0x2C, 0x30, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0x80, 0xC3, 0xFF}) {
      changed[i] = static_cast<char>(byte);
      AllKinds message;
      if (!Parse(changed, &message).ok()) continue;
      std::string printed = Printed(message);
      EXPECT_EQ(Canonical(printed), printed) << changed;
    }
  }
}

std::string Repeat(std::string_view text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) repeated += text;
  return repeated;
}

TEST(Syntax, DepthIsLimited) {
  auto list = [](int depth) { return "{\"listValue\":" + Repeat("[", depth) + Repeat("]", depth) + "}"; };
  EXPECT_TRUE(Accepts(list(50)));
  EXPECT_THAT(Canonical(list(51)), HasSubstr("nested deeper than protobuf's 100 levels (line 1, column 64)"));
  ParseOptions deeper;
  deeper.max_depth = 200;
  EXPECT_TRUE(Accepts(list(100), deeper));
  EXPECT_FALSE(Accepts(list(101), deeper));

  auto nested = [](int depth) { return Repeat("{\"recursive\":", depth) + "{" + Repeat("}", depth + 1); };
  EXPECT_TRUE(Accepts(nested(100)));
  EXPECT_FALSE(Accepts(nested(101)));

  ParseOptions ignoring;
  ignoring.ignore_unknown_fields = true;
  auto unknown = [](int depth) { return "{\"x\":" + Repeat("[", depth) + Repeat("]", depth) + "}"; };
  EXPECT_TRUE(Accepts(unknown(201), ignoring));
  EXPECT_FALSE(Accepts(unknown(202), ignoring));
}

// What is accepted can be sent on, and what is answered can be sent back, whatever nests.
template <class Message>
void ExpectTheDepthOfBinary(const std::string& opening, const std::string& innermost, const std::string& closing) {
  ParseOptions deep;
  deep.max_depth = 1000;
  int refused = 0;
  for (int depth = 1; depth <= 120; ++depth) {
    const std::string text = Repeat(opening, depth) + innermost + Repeat(closing, depth);
    Message message, copy;
    ASSERT_TRUE(Parse(text, &message, deep).ok()) << text;
    const bool by_binary = copy.ParseFromString(message.SerializeAsString());
    EXPECT_EQ(Accepts<Message>(text), by_binary) << opening << " " << depth;
    std::string printed;
    EXPECT_EQ(Print(message, &printed).ok(), by_binary) << opening << " " << depth;
    refused += by_binary ? 0 : 1;
  }
  EXPECT_GT(refused, 0) << opening;
}

TEST(Syntax, DepthIsThatOfBinary) {
  ExpectTheDepthOfBinary<AllKinds>("{\"recursive\":", "{}", "}");
  ExpectTheDepthOfBinary<AllKinds>("{\"recursiveMap\":{\"k\":", "{}", "}}");
  ExpectTheDepthOfBinary<protojson_proto2_test::Legacy>("{\"name\":\"\",\"parts\":[", "{\"name\":\"\"}", "]}");
  ExpectTheDepthOfBinary<google::protobuf::Struct>("{\"a\":", "{}", "}");
  ExpectTheDepthOfBinary<google::protobuf::Value>("[", "[]", "]");
  ExpectTheDepthOfBinary<google::protobuf::Value>("[{\"a\":", "1", "}]");
}

TEST(Syntax, DeepNestingIsRefusedAtOnce) {
  ParseOptions ignoring;
  ignoring.ignore_unknown_fields = true;
  for (const char* opening : {"[", "{\"a\":", "{\"recursive\":", "[{\"a\":"}) {
    std::string deep = Repeat(opening, 1'000'000);
    EXPECT_FALSE(Accepts(deep));
    for (const char* name : {"listValue", "struct", "value", "int32List", "nested", "recursive", "any", "unknown"}) {
      EXPECT_FALSE(Accepts(std::string("{\"") + name + "\":" + deep, ignoring));
    }
  }
}

// Processor time, as others use the machine too; the best of three, as the first also pays for fresh memory.
double Seconds(const std::function<void()>& work) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    std::clock_t begin = std::clock();
    work();
    best = std::min(best, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return best;
}

// Texts that make parsers quadratic. Eight times the size may take more than eight times as long, where it no longer
// fits the caches, but not the 64 times of a quadratic parser.
TEST(Syntax, TimeIsLinear) {
  const std::function<std::string(int)> texts[] = {
      [](int n) { return "{\"stringField\":\"" + Repeat("\\u0041é", n) + "\"}"; },
      [](int n) { return "{\"listValue\":[" + Repeat("[],", n) + "[]]}"; },
      [](int n) { return "{\"valueList\":[" + Repeat("{\"a\":1},", n) + "1]}"; },
      [](int n) { return "{\"int32Field\":" + Repeat("0", n) + "1}"; },
      [](int n) { return "{\"int32Field\":1" + Repeat("0", n) + "e-" + std::to_string(n) + "}"; },
      [](int n) { return "{\"doubleField\":0." + Repeat("1", n) + "}"; },
      [](int n) { return "{" + Repeat("\"x\":1,", n) + "\"y\":2}"; },
      [](int n) {
        std::string text = "{\"stringMap\":{";
        for (int i = 0; i < n; ++i) text.append("\"").append(std::to_string(i)).append("\":\"\",");
        return text + "\"\":\"\"}}";
      },
      [](int n) { return Repeat("{\"any\":{\"x\":1,", 8) + Repeat("\"x\":1,", n) + "\"@type\":\"a/b\"}"; },
  };
  ParseOptions ignoring;
  ignoring.ignore_unknown_fields = true;
  for (const auto& text : texts) {
    std::string small = text(4'000), large = text(32'000);
    auto parse = [&ignoring](const std::string& json) {
      AllKinds message;
      (void)Parse(json, &message, ignoring);
    };
    double base = Seconds([&] { parse(small); });
    double time = Seconds([&] { parse(large); });
    EXPECT_LT(time, 32 * base + 0.005) << small.substr(0, 40);
  }
}

}  // namespace
}  // namespace tomada::json
