#include "rpc/services/descriptor_index.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>
#include <usuarios.pb.h>

namespace tomada::rpc {
namespace {

// The services of a grpc_client are in no generated pool.
class DescriptorIndexTest : public ::testing::Test {
 protected:
  void SetUp() override {
    google::protobuf::FileDescriptorProto file;
    file.set_name("dinamico.proto");
    file.set_package("dinamico");
    file.set_syntax("proto2");
    auto* empty = file.add_message_type();
    empty->set_name("Vazio");
    empty->add_extension_range()->set_start(100);
    empty->mutable_extension_range(0)->set_end(200);
    for (int number : {150, 120}) {
      auto* extension = file.add_extension();
      extension->set_name("extensao" + std::to_string(number));
      extension->set_number(number);
      extension->set_extendee(".dinamico.Vazio");
      extension->set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
      extension->set_type(google::protobuf::FieldDescriptorProto::TYPE_INT32);
    }
    auto* service = file.add_service();
    service->set_name("Servico");
    auto* method = service->add_method();
    method->set_name("Fazer");
    method->set_input_type(".dinamico.Vazio");
    method->set_output_type(".dinamico.Vazio");
    ASSERT_NE(pool_.BuildFile(file), nullptr);
    index_.Add(*usuarios::Usuario::descriptor()->file()->service(0));
    index_.Add(*pool_.FindServiceByName("dinamico.Servico"));
  }

  google::protobuf::DescriptorPool pool_;
  DescriptorIndex index_;
};

TEST_F(DescriptorIndexTest, ServesDescriptorsOfAnyPool) {
  EXPECT_THAT(index_.services(), ::testing::ElementsAre("usuarios.Usuarios", "dinamico.Servico"));
  EXPECT_EQ(index_.FileWithSymbol("dinamico.Vazio"), pool_.FindFileByName("dinamico.proto"));
  EXPECT_EQ(index_.FileWithSymbol("usuarios.Usuario"), usuarios::Usuario::descriptor()->file());
  EXPECT_EQ(index_.FileNamed("dinamico.proto"), pool_.FindFileByName("dinamico.proto"));
  EXPECT_EQ(index_.Message("dinamico.Vazio"), pool_.FindMessageTypeByName("dinamico.Vazio"));
}

TEST_F(DescriptorIndexTest, KnowsImportsAndNothingElseOfThePools) {
  EXPECT_NE(index_.FileNamed("google/protobuf/timestamp.proto"), nullptr);
  EXPECT_NE(index_.Message("google.protobuf.Timestamp"), nullptr);
  // In the generated pool, but of no service that was given.
  EXPECT_EQ(index_.FileWithSymbol("google.protobuf.Api"), nullptr);
  EXPECT_EQ(index_.Message("google.protobuf.Api"), nullptr);
  EXPECT_EQ(index_.FileNamed("google/protobuf/api.proto"), nullptr);
}

TEST_F(DescriptorIndexTest, FindsExtensions) {
  EXPECT_THAT(index_.ExtensionsOf(*index_.Message("dinamico.Vazio")), ::testing::ElementsAre(120, 150));
  EXPECT_EQ(index_.FileWithExtension("dinamico.Vazio", 120), pool_.FindFileByName("dinamico.proto"));
  EXPECT_EQ(index_.FileWithExtension("dinamico.Vazio", 121), nullptr);
  EXPECT_EQ(index_.FileWithExtension("dinamico.Nada", 120), nullptr);
}

}  // namespace
}  // namespace tomada::rpc
