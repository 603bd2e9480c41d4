// Examples in the live documentation: what comments give, and that all of it works when it is sent.
#include "openapi/examples.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <mapping_test.pb.h>
#include <protojson_proto2_test.pb.h>
#include <protojson_test.pb.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/parse.h"

namespace tomada::pistache_http {
namespace {

namespace pb = google::protobuf;

using Field = pb::FieldDescriptorProto;

// A file as a server's descriptor set brings it.
class FileWithComments {
 public:
  void AddMessage(const std::string& name) { file_.add_message_type()->set_name(name); }

  // To the last message. `type` names one for TYPE_MESSAGE.
  Field& AddField(const std::string& name, Field::Type kind, const std::string& comment, const std::string& type = "") {
    auto& message = *file_.mutable_message_type(file_.message_type_size() - 1);
    Field& field = *message.add_field();
    field.set_name(name);
    field.set_number(message.field_size());
    field.set_type(kind);
    field.set_label(Field::LABEL_OPTIONAL);
    if (!type.empty()) field.set_type_name(type);
    auto& location = *file_.mutable_source_code_info()->add_location();
    for (int step : {4, file_.message_type_size() - 1, 2, message.field_size() - 1}) location.add_path(step);
    for (int i = 0; i < 3; ++i) location.add_span(0);
    location.set_leading_comments(comment);
    return field;
  }

  pb::FileDescriptorProto& file() { return file_; }

 private:
  pb::FileDescriptorProto file_;
};

class ExamplesTest : public ::testing::Test {
 protected:
  ExamplesTest() {
    FileWithComments added;
    added.file().set_name("pessoas.proto");
    added.AddMessage("Pessoa");
    added.AddField("id", Field::TYPE_STRING, " Who.\n Example: ana\n");
    added.AddField("criado", Field::TYPE_STRING, " Output only. When.\n Example: \"never\"\n");
    added.AddField("senha", Field::TYPE_STRING, " Input only.\n Example: correct horse\n");
    added.AddField("versao", Field::TYPE_STRING, "");
    added.AddField("pontos", Field::TYPE_INT64, " Example: 7\n");
    added.AddField("nomes", Field::TYPE_STRING, " Example: [\"a\", \"b\"]\n").set_label(Field::LABEL_REPEATED);
    added.AddField("idade", Field::TYPE_INT32, " Example: not a number\n");
    added.AddField("mae", Field::TYPE_MESSAGE, "", ".Pessoa");
    added.AddMessage("Pedido");
    added.AddField("pessoa", Field::TYPE_MESSAGE, "", ".Pessoa");
    added.AddField("chave", Field::TYPE_STRING, "");
    added.AddMessage("Opcoes");
    added.AddField("lido", Field::TYPE_STRING, "").mutable_options()->mutable_unknown_fields()->AddVarint(1052, 3);
    auto* packed = added.AddField("escrito", Field::TYPE_STRING, "").mutable_options()->mutable_unknown_fields();
    packed->AddLengthDelimited(1052, "\2\4");
    added.AddField("comum", Field::TYPE_STRING, "");
    pool_.BuildFile(added.file());
  }
  const pb::Descriptor& Type(const std::string& name) { return *pool_.FindMessageTypeByName(name); }

  pb::DescriptorPool pool_;
  const Comments comments_;
  Examples examples_{comments_, false, false};
};

TEST_F(ExamplesTest, OfARequestHasWhatCommentsGive) {
  EXPECT_EQ(examples_.Request(Type("Pessoa"), nullptr, {}),
            R"({"id":"ana","senha":"correct horse","pontos":"7","nomes":["a","b"],"idade":1})");
  EXPECT_EQ(examples_.Request(Type("Pedido"), nullptr, {Type("Pessoa").FindFieldByName("id")}),
            R"({"pessoa":{"senha":"correct horse","pontos":"7","nomes":["a","b"],"idade":1}})");
  EXPECT_EQ(examples_.Request(Type("Pedido"), Type("Pedido").FindFieldByName("chave"), {}), R"("string")");
}

TEST_F(ExamplesTest, OfAResponseHasAllButWhatIsInputOnly) {
  EXPECT_EQ(examples_.Response(Type("Pessoa"), nullptr),
            R"({"id":"ana","criado":"never","versao":"string","pontos":"7","nomes":["a","b"],"idade":1})");
}

TEST_F(ExamplesTest, OfAResponseHasEmptyListsWhereAnAnswerHas) {
  Examples with_lists(comments_, false, true);
  // Its list is of the type itself.
  const pb::Descriptor& legacy = *protojson_proto2_test::Legacy::descriptor();
  EXPECT_THAT(with_lists.Response(legacy, nullptr), ::testing::HasSubstr(R"("parts":[])"));
  EXPECT_THAT(examples_.Response(legacy, nullptr), ::testing::Not(::testing::HasSubstr("parts")));
  EXPECT_THAT(with_lists.Request(legacy, nullptr, {}), ::testing::Not(::testing::HasSubstr("parts")));
}

TEST_F(ExamplesTest, HeedTheOptionFieldBehavior) {
  EXPECT_EQ(examples_.Request(Type("Opcoes"), nullptr, {}), R"({"escrito":"string","comum":"string"})");
  EXPECT_EQ(examples_.Response(Type("Opcoes"), nullptr), R"({"lido":"string","comum":"string"})");
}

TEST_F(ExamplesTest, OneOfAOneofAndNoneWhenItIsElsewhere) {
  const pb::Descriptor& choices = *mapping_test::Params::descriptor();
  EXPECT_THAT(examples_.Request(choices, nullptr, {}), ::testing::EndsWith(R"("choiceA":"string"})"));
  EXPECT_THAT(examples_.Request(choices, nullptr, {choices.FindFieldByName("choice_b")}),
              ::testing::Not(::testing::HasSubstr("choice")));
}

TEST_F(ExamplesTest, WhatIsNoExampleIsNotGiven) {
  EXPECT_EQ(examples_.GivenFor(*Type("Pessoa").FindFieldByName("idade")), "");
  EXPECT_EQ(examples_.GivenFor(*Type("Pessoa").FindFieldByName("versao")), "");
  EXPECT_EQ(examples_.GivenFor(*Type("Pessoa").FindFieldByName("pontos")), "\"7\"");
}

TEST_F(ExamplesTest, OfEveryTypeAreReadBack) {
  const pb::FileDescriptor* files[] = {mapping_test::Params::descriptor()->file(),
                                       protojson_test::AllKinds::descriptor()->file()};
  for (const pb::FileDescriptor* file : files) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      const pb::Descriptor& type = *file->message_type(i);
      const std::string example = examples_.Request(type, nullptr, {});
      std::unique_ptr<pb::Message> message(pb::MessageFactory::generated_factory()->GetPrototype(&type)->New());
      absl::Status read = json::Parse(example, message.get());
      EXPECT_TRUE(read.ok()) << type.full_name() << ": " << read << "\n" << example;
    }
  }
}

}  // namespace
}  // namespace tomada::pistache_http
