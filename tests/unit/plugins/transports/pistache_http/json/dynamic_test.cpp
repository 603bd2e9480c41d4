// Messages whose types are only known at run time, from descriptors that somebody else sent.
#include <gmock/gmock.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>

#include "codec_test.h"

namespace tomada::json {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::DynamicMessageFactory;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::Message;
using ::testing::HasSubstr;

// A pool with its own copy of a generated file and of all that this imports.
void Copy(const FileDescriptor& file, DescriptorPool* pool) {
  for (int i = 0; i < file.dependency_count(); ++i) Copy(*file.dependency(i), pool);
  if (pool->FindFileByName(file.name()) != nullptr) return;
  FileDescriptorProto proto;
  file.CopyTo(&proto);
  file.CopyJsonNameTo(&proto);
  ASSERT_NE(pool->BuildFile(proto), nullptr);
}

class Dynamic : public ::testing::Test {
 protected:
  std::unique_ptr<Message> New(const std::string& type) {
    return std::unique_ptr<Message>(factory_.GetPrototype(pool_.FindMessageTypeByName(type))->New());
  }

  std::string Canonical(const std::string& type, std::string_view text) {
    std::unique_ptr<Message> message = New(type);
    absl::Status status = Parse(text, message.get());
    return status.ok() ? Printed(*message) : What(status);
  }

  DescriptorPool pool_;
  DynamicMessageFactory factory_{&pool_};
};

constexpr char kEverything[] =
    R"({"int32Field":1,"int64Field":"2","doubleField":1.5,"stringField":"x","bytesField":"AQ==","enumField":"RED",)"
    R"("nested":{"child":{"number":1}},"int32List":[1,2],"enumList":["GREEN",9],"nestedList":[{},{"text":"é"}],)"
    R"("int32Map":{"-1":"a","2":"b"},"boolMap":{"true":""},"valueMap":{"k":[null]},"choiceNull":null,)"
    R"("optionalText":"","timestamp":"2020-01-01T00:00:00Z","duration":"1.500s","fieldMask":"a.bC",)"
    R"("struct":{"a":{"b":[1]}},"value":"v","listValue":[true],)"
    R"("any":{"@type":"x/protojson_test.Nested","number":1},"empty":{},"int64Wrapper":"5","a \"custom\" name":"y"})";

TEST_F(Dynamic, EverythingRoundTripsAsInGeneratedMessages) {
  Copy(*protojson_test::AllKinds::descriptor()->file(), &pool_);
  EXPECT_EQ(Canonical("protojson_test.AllKinds", kEverything), kEverything);
  EXPECT_EQ(json::Canonical(kEverything), kEverything);
}

TEST_F(Dynamic, AnyTypesComeFromTheGivenPool) {
  Copy(*protojson_test::AllKinds::descriptor()->file(), &pool_);
  FileDescriptorProto file;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(name: "only_here.proto" package: "only_here" syntax: "proto3"
         message_type { name: "Thing" field { name: "size" number: 1 type: TYPE_INT32 label: LABEL_OPTIONAL } })",
      &file));
  ASSERT_NE(pool_.BuildFile(file), nullptr);
  constexpr char kText[] = R"({"@type":"x/only_here.Thing","size":3})";
  // Dynamic messages look in their own pool, generated ones in the generated pool.
  EXPECT_EQ(Canonical("google.protobuf.Any", kText), kText);
  EXPECT_THAT(json::Canonical<google::protobuf::Any>(kText), HasSubstr("is unknown"));

  google::protobuf::Any any;
  ParseOptions parse;
  parse.any_types = {&pool_, &factory_};
  ASSERT_TRUE(Parse(kText, &any, parse).ok());
  PrintOptions print;
  print.any_types = {&pool_, &factory_};
  EXPECT_EQ(Printed(any, print), kText);
  EXPECT_EQ(Printed(any), R"({"@type":"x/only_here.Thing","value":"CAM="})");
}

// As of a server whose files import no more of google.protobuf than Any.
TEST_F(Dynamic, WellKnownTypesAreKnownInAnyPool) {
  Copy(*google::protobuf::Any::descriptor()->file(), &pool_);
  for (const char* text : {
           R"({"@type":"x/google.protobuf.Empty"})",
           R"({"@type":"x/google.protobuf.Duration","value":"1s"})",
           R"({"@type":"x/google.protobuf.Timestamp","value":"1970-01-01T00:00:00Z"})",
           R"({"@type":"x/google.protobuf.FieldMask","value":"a"})",
           R"({"@type":"x/google.protobuf.Struct","value":{"a":[1]}})",
           R"({"@type":"x/google.protobuf.Value","value":1})",
           R"({"@type":"x/google.protobuf.ListValue","value":[]})",
           R"({"@type":"x/google.protobuf.StringValue","value":"a"})",
           R"({"@type":"x/google.protobuf.Any","value":{"@type":"x/google.protobuf.Empty"}})",
       }) {
    EXPECT_EQ(Canonical("google.protobuf.Any", text), text);
  }
  EXPECT_THAT(Canonical("google.protobuf.Any", R"({"@type":"x/google.rpc.Status"})"), HasSubstr("is unknown"));
}

// Types with well-known names and other fields are ordinary messages: nothing may be read that they do not have.
TEST_F(Dynamic, WellKnownNamesWithOtherFields) {
  for (const char* name : {"Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue", "Any", "Int32Value",
                           "StringValue", "BytesValue", "BoolValue", "DoubleValue", "Empty"}) {
    for (const char* field : {"", R"(field { name: "f" number: 1 type: TYPE_FLOAT label: LABEL_OPTIONAL })",
                              R"(field { name: "f" number: 1 type: TYPE_FLOAT label: LABEL_REPEATED })",
                              R"(field { name: "f" number: 2 type: TYPE_FLOAT label: LABEL_OPTIONAL })"}) {
      DescriptorPool pool;
      DynamicMessageFactory factory(&pool);
      FileDescriptorProto file;
      ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
          std::string(R"(name: "f.proto" package: "google.protobuf" syntax: "proto3" message_type { name: ")") + name +
              "\" " + field + "}",
          &file));
      ASSERT_NE(pool.BuildFile(file), nullptr);
      std::unique_ptr<Message> message(
          factory.GetPrototype(pool.FindMessageTypeByName(std::string("google.protobuf.") + name))->New());
      EXPECT_TRUE(Parse("{}", message.get()).ok()) << name << field;
      EXPECT_EQ(Printed(*message), "{}") << name << field;
      EXPECT_FALSE(Parse("\"1s\"", message.get()).ok()) << name << field;
    }
  }
}

// A Value whose struct is a Value: reading it would never come to a character.
TEST_F(Dynamic, ValueThatHoldsItself) {
  FileDescriptorProto file;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(name: "f.proto" package: "google.protobuf" syntax: "proto3"
         enum_type { name: "NullValue" value { name: "NULL_VALUE" number: 0 } }
         message_type { name: "Value"
           field { name: "a" number: 1 type: TYPE_ENUM type_name: ".google.protobuf.NullValue" label: LABEL_OPTIONAL }
           field { name: "b" number: 2 type: TYPE_DOUBLE label: LABEL_OPTIONAL }
           field { name: "c" number: 3 type: TYPE_STRING label: LABEL_OPTIONAL }
           field { name: "d" number: 4 type: TYPE_BOOL label: LABEL_OPTIONAL }
           field { name: "e" number: 5 type: TYPE_MESSAGE type_name: ".google.protobuf.Value" label: LABEL_OPTIONAL }
           field { name: "f" number: 6 type: TYPE_MESSAGE type_name: ".google.protobuf.Value" label: LABEL_OPTIONAL }
         })",
      &file));
  ASSERT_NE(pool_.BuildFile(file), nullptr);
  EXPECT_EQ(Canonical("google.protobuf.Value", R"({"e":{"b":1}})"), R"({"e":{"b":1}})");
  EXPECT_THAT(Canonical("google.protobuf.Value", "[]"), HasSubstr("expected an object"));
}

}  // namespace
}  // namespace tomada::json
