#include "descriptor_set.h"

#include <gmock/gmock.h>

#include <google/protobuf/descriptor.pb.h>

#include "support/temp_dir.h"

namespace tomada::grpc_client {
namespace {

using google::protobuf::FileDescriptorSet;
using ::testing::HasSubstr;
using tomada::testing::ReadFile;
using tomada::testing::TempDir;

FileDescriptorSet Usuarios() {
  FileDescriptorSet files;
  EXPECT_TRUE(files.ParseFromString(ReadFile(USUARIOS_DESCRIPTOR_SET)));
  return files;
}

TEST(DescriptorSetTest, ServicesAndMessagesAreItsOwn) {
  auto set = DescriptorSet::Load(USUARIOS_DESCRIPTOR_SET);
  ASSERT_TRUE(set.ok()) << set.status();
  auto services = (*set)->Services({});
  ASSERT_TRUE(services.ok());
  ASSERT_EQ(services->size(), 1u);
  const auto* service = services->front();
  EXPECT_NE(service->file()->pool(), google::protobuf::DescriptorPool::generated_pool());
  const auto* type = service->FindMethodByName("CriarUsuario")->input_type();
  std::unique_ptr<google::protobuf::Message> message((*set)->Prototype(*type)->New());
  EXPECT_EQ(message->GetDescriptor(), type);
}

TEST(DescriptorSetTest, OrderOfTheFilesDoesNotMatter) {
  FileDescriptorSet files = Usuarios(), reversed;
  for (int i = files.file_size() - 1; i >= 0; --i) *reversed.add_file() = files.file(i);
  TempDir dir;
  auto set = DescriptorSet::Load(dir.Write("x.binpb", reversed.SerializeAsString()));
  EXPECT_TRUE(set.ok()) << set.status();
}

TEST(DescriptorSetTest, ServicesAreChosenByName) {
  auto set = DescriptorSet::Load(USUARIOS_DESCRIPTOR_SET);
  ASSERT_TRUE(set.ok());
  EXPECT_EQ((*set)->Services({"usuarios.Usuarios"})->size(), 1u);
  absl::Status status = (*set)->Services({"usuarios.Outro"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has no service usuarios.Outro; it has usuarios.Usuarios"));
}

TEST(DescriptorSetTest, MissingFileIsNamedWithWhatToDo) {
  absl::Status status = DescriptorSet::Load("/nao/existe.binpb").status();
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("cannot read the descriptor set /nao/existe.binpb: No such file or directory; make it with protoc"));
}

TEST(DescriptorSetTest, OtherFileIsRefused) {
  TempDir dir;
  const std::string file = dir.Write("x.binpb", "syntax = \"proto3\";");
  EXPECT_THAT(std::string(DescriptorSet::Load(file).status().message()), HasSubstr("x.binpb is not a descriptor set"));
  const std::string empty = dir.Write("y.binpb", "");
  EXPECT_THAT(std::string(DescriptorSet::Load(empty).status().message()), HasSubstr("y.binpb is not a descriptor set"));
}

TEST(DescriptorSetTest, MissingImportIsNamed) {
  FileDescriptorSet files = Usuarios(), alone;
  for (const auto& file : files.file()) {
    if (file.name() == "usuarios.proto") *alone.add_file() = file;
  }
  TempDir dir;
  absl::Status status = DescriptorSet::Load(dir.Write("x.binpb", alone.SerializeAsString())).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("x.binpb is not complete: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("google/"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("--include_imports"));
}

TEST(DescriptorSetTest, SetWithoutServicesIsRefused) {
  FileDescriptorSet files;
  files.add_file()->set_name("vazio.proto");
  TempDir dir;
  absl::Status status = DescriptorSet::Load(dir.Write("x.binpb", files.SerializeAsString())).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("x.binpb has no service"));
}

}  // namespace
}  // namespace tomada::grpc_client
