// Path variables and query parameters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec_test.h"

namespace tomada::json {
namespace {

using ::protojson_test::AllKinds;
using ::testing::HasSubstr;
using ::testing::Not;

struct ScalarCase {
  std::string field, text, result;
};

std::string Scalar(const std::string& field, const std::string& text, const ParseOptions& options = {}) {
  AllKinds message;
  absl::Status status = ParseScalar(text, &message, AllKinds::descriptor()->FindFieldByName(field), options);
  return status.ok() ? Printed(message) : What(status);
}

TEST(ParseScalar, Accepted) {
  for (const ScalarCase& c : std::vector<ScalarCase>{
           {"int32_field", "-5", R"({"int32Field":-5})"},
           {"int32_field", "1e2", R"({"int32Field":100})"},
           {"int64_field", "9223372036854775807", R"({"int64Field":"9223372036854775807"})"},
           {"uint32_field", "4294967295", R"({"uint32Field":4294967295})"},
           {"uint64_field", "18446744073709551615", R"({"uint64Field":"18446744073709551615"})"},
           {"double_field", "1.5", R"({"doubleField":1.5})"},
           {"double_field", "NaN", R"({"doubleField":"NaN"})"},
           {"float_field", "-Infinity", R"({"floatField":"-Infinity"})"},
           {"bool_field", "true", R"({"boolField":true})"},
           {"bool_field", "false", "{}"},
           {"string_field", "a \"b\" é", R"({"stringField":"a \"b\" é"})"},
           {"optional_text", "", R"({"optionalText":""})"},
           {"bytes_field", "-_8", R"({"bytesField":"+/8="})"},
           {"bytes_field", "+/8=", R"({"bytesField":"+/8="})"},
           {"enum_field", "RED", R"({"enumField":"RED"})"},
           {"enum_field", "2", R"({"enumField":"GREEN"})"},
           {"enum_field", "42", R"({"enumField":42})"},
           {"timestamp", "2020-01-01T00:00:00+01:00", R"({"timestamp":"2019-12-31T23:00:00Z"})"},
           {"duration", "1.5s", R"({"duration":"1.500s"})"},
           {"field_mask", "nome,criadoEm", R"({"fieldMask":"nome,criadoEm"})"},
           {"field_mask", "nome,criado_em", R"({"fieldMask":"nome,criadoEm"})"},
           {"field_mask", "*", R"({"fieldMask":"*"})"},
           {"int32_wrapper", "0", R"({"int32Wrapper":0})"},
           {"string_wrapper", "x", R"({"stringWrapper":"x"})"},
           {"bool_wrapper", "true", R"({"boolWrapper":true})"},
           {"bytes_wrapper", "AQ", R"({"bytesWrapper":"AQ=="})"},
           {"int32_list", "7", R"({"int32List":[7]})"},
           {"timestamp_list", "1970-01-01T00:00:00Z", R"({"timestampList":["1970-01-01T00:00:00Z"]})"},
           {"int32_wrapper_list", "3", R"({"int32WrapperList":[3]})"},
       }) {
    EXPECT_EQ(Scalar(c.field, c.text), c.result) << c.field << " " << c.text;
  }
}

TEST(ParseScalar, Refused) {
  for (const ScalarCase& c : std::vector<ScalarCase>{
           {"int32_field", "hunter2", "int32_field: expected an integer from -2147483648 to 2147483647"},
           {"int32_field", "", "int32_field: expected an integer from -2147483648 to 2147483647"},
           {"int32_field", "2147483648", "int32_field: expected an integer from -2147483648 to 2147483647"},
           {"uint32_field", "-1", "uint32_field: expected an integer from 0 to 4294967295"},
           {"double_field", "1,5", "double_field: expected a 64-bit floating point number"},
           {"bool_field", "1", "bool_field: expected true or false"},
           {"bool_field", "True", "bool_field: expected true or false"},
           {"string_field", "\xff", "string_field: expected a string of valid UTF-8"},
           {"bytes_field", "*", "bytes_field: expected a string in base64"},
           {"enum_field", "hunter2", "enum_field: expected a name or number of enum protojson_test.Color"},
           {"timestamp", "hunter2", "timestamp: expected a time such as 2006-01-02T15:04:05Z (RFC 3339)"},
           {"duration", "1", "duration: expected seconds such as 1.5s, at most 315576000000s"},
           {"field_mask", "a b", "field_mask: expected field paths in camelCase, separated by commas"},
           {"int32_wrapper", "x", "int32_wrapper: expected an integer from -2147483648 to 2147483647"},
           {"nested", "{}", "nested: cannot be given as a single value"},
           {"value", "1", "value: cannot be given as a single value"},
           {"any", "{}", "any: cannot be given as a single value"},
           {"string_map", "a", "string_map: cannot be given as a single value"},
       }) {
    EXPECT_EQ(Scalar(c.field, c.text), c.result) << c.field;
  }
}

TEST(ParseScalar, RepeatedFieldsGrow) {
  AllKinds message;
  const auto* field = AllKinds::descriptor()->FindFieldByName("string_list");
  for (const char* text : {"a", "b", ""}) ASSERT_TRUE(ParseScalar(text, &message, field).ok());
  EXPECT_EQ(Printed(message), R"({"stringList":["a","b",""]})");
}

TEST(ParseScalar, PathIsPutInFront) {
  ParseOptions options;
  options.path = "usuario";
  EXPECT_THAT(Scalar("int32_field", "x", options), HasSubstr("usuario.int32_field: expected an integer"));
}

}  // namespace
}  // namespace tomada::json
