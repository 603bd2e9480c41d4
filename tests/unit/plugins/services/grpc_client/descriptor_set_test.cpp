#include "descriptor_set.h"

#include <gmock/gmock.h>

#include <google/protobuf/descriptor.pb.h>

#include "support/temp_dir.h"

namespace tomada::grpc_client {
namespace {

using google::protobuf::FileDescriptorProto;
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

TEST(DescriptorSetTest, FileThatIsTooLargeIsNamed) {
  EXPECT_EQ(DescriptorSet::Load("/dev/zero").status(),
            absl::InvalidArgumentError("the descriptor set /dev/zero is larger than 64 MiB; make it with protoc "
                                       "--include_imports --descriptor_set_out=FILE"));
}

// protobuf follows imports by recursion: a few thousand would end the process.
TEST(DescriptorSetTest, ImportsMayBeNestedDeeply) {
  FileDescriptorSet files;
  constexpr int kFiles = 10'000;
  for (int i = 0; i < kFiles; ++i) {
    FileDescriptorProto& file = *files.add_file();
    file.set_name(std::to_string(i));
    if (i > 0) files.mutable_file(i - 1)->add_dependency(file.name());
  }
  files.mutable_file(0)->add_service()->set_name("S");
  EXPECT_TRUE(DescriptorSet::FromReflection(files, "127.0.0.1:1").ok());
  FileDescriptorSet closed = files;
  closed.mutable_file(kFiles - 1)->add_dependency("0");
  EXPECT_THAT(std::string(DescriptorSet::FromReflection(closed, "127.0.0.1:1").status().message()),
              HasSubstr("0: recursively imports itself"));
  files.add_file()->set_name("more");
  EXPECT_EQ(DescriptorSet::FromReflection(files, "127.0.0.1:1").status(),
            absl::InvalidArgumentError("the reflection of 127.0.0.1:1 has more than 10000 files"));
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

// A file with a service `package.S` of its own.
FileDescriptorProto Good(const std::string& package) {
  FileDescriptorProto file;
  file.set_name(package + ".proto");
  file.set_package(package);
  file.set_syntax("proto3");
  file.add_message_type()->set_name("M");
  file.add_service()->set_name("S");
  auto* method = file.mutable_service(0)->add_method();
  method->set_name("Do");
  method->set_input_type("." + package + ".M");
  method->set_output_type("." + package + ".M");
  return file;
}

// One file that cannot be understood, or two, beside a good one.
struct BrokenCase {
  std::vector<FileDescriptorProto> files;
  std::map<std::string, std::string> left_out;  // with a part of the cause
};

std::vector<BrokenCase> BrokenCases() {
  FileDescriptorProto edition = Good("novo"), importer = Good("longe"), one = Good("um"), other = Good("dois");
  edition.set_syntax("editions");
  importer.add_dependency("ausente.proto");
  one.add_dependency("dois.proto");
  other.add_dependency("um.proto");
  FileDescriptorProto of_edition = Good("atras"), same = Good("mesmo"), bad_type = Good("tipo"), twin = Good("bom");
  of_edition.add_dependency("novo.proto");
  same.set_name("copia.proto");
  same.set_package("bom");
  bad_type.mutable_service(0)->mutable_method(0)->set_input_type(".tipo.Nada");
  twin.mutable_message_type(0)->set_name("Outra");
  return {{{edition}, {{"novo.S", "novo.proto: Unrecognized syntax: editions"}}},
          {{importer}, {{"longe.S", "longe.proto: ausente.proto: Import \"ausente.proto\" was not found"}}},
          {{of_edition, edition}, {{"novo.S", "Unrecognized syntax"}, {"atras.S", "Import \"novo.proto\" was not"}}},
          {{one, other}, {{"um.S", "um.proto: recursively imports itself"}, {"dois.S", "dois.proto: recursively"}}},
          {{bad_type}, {{"tipo.S", "tipo.proto: tipo.S.Do: \".tipo.Nada\" is not defined"}}},
          {{same}, {{"bom.S", "copia.proto: bom.M: \"bom.M\" is already defined in file \"bom.proto\""}}},
          {{twin}, {}}};
}

TEST(DescriptorSetTest, WhatCannotBeUnderstoodLeavesTheOthers) {
  TempDir dir;
  for (const BrokenCase& broken : BrokenCases()) {
    FileDescriptorSet files;
    *files.add_file() = Good("bom");
    for (const FileDescriptorProto& file : broken.files) *files.add_file() = file;
    ::testing::internal::CaptureStderr();
    auto from_file = DescriptorSet::Load(dir.Write("x.binpb", files.SerializeAsString()));
    auto reflected = DescriptorSet::FromReflection(files, "127.0.0.1:1");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "protobuf prints nothing";
    for (auto* set : {&from_file, &reflected}) {
      ASSERT_TRUE(set->ok()) << set->status();
      auto services = (**set)->Services({});
      ASSERT_EQ(services->size(), 1u);
      EXPECT_EQ(services->front()->full_name(), "bom.S");
      EXPECT_EQ((**set)->left_out().size(), broken.left_out.size());
      for (const auto& [service, cause] : broken.left_out) {
        ASSERT_EQ((**set)->left_out().count(service), 1u) << service;
        EXPECT_THAT((**set)->left_out().at(service), HasSubstr(cause));
      }
    }
  }
}

TEST(DescriptorSetTest, AServiceThatIsNamedMustBeUnderstood) {
  FileDescriptorSet files;
  *files.add_file() = Good("bom");
  *files.add_file() = BrokenCases().front().files.front();
  auto set = DescriptorSet::FromReflection(files, "127.0.0.1:1");
  ASSERT_TRUE(set.ok()) << set.status();
  absl::Status status = (*set)->Services({"novo.S"}).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("novo.proto: Unrecognized syntax: editions; give a descriptor"));
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
