#include "tomada/proto_comments.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/timestamp.pb.h>
#include <gtest/gtest.h>

#include "usuarios.pb.h"

namespace tomada {
namespace {

namespace pb = google::protobuf;

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// Of a method, by its place in the file.
std::string CommentOf(const pb::MethodDescriptor& method, const pb::FileDescriptorProto& file) {
  for (const auto& location : file.source_code_info().location()) {
    if (std::ranges::equal(location.path(), std::vector<int>{6, method.service()->index(), 2, method.index()}))
      return location.leading_comments();
  }
  return "none";
}

std::vector<std::string> CommentsOf(const pb::FileDescriptorProto& file) {
  std::vector<std::string> comments;
  for (const auto& location : file.source_code_info().location())
    comments.push_back(location.leading_comments() + location.trailing_comments());
  return comments;
}

TEST(ProtoComments, OfGeneratedCodeAreInItsLibrary) {
  const pb::FileDescriptor& file = *usuarios::Usuario::descriptor()->file();
  const pb::FileDescriptorProto told = WithComments(file);
  EXPECT_EQ(CommentOf(*file.FindServiceByName("Usuarios")->FindMethodByName("ExportarUsuarios"), told),
            " Streams every user.\n");
  EXPECT_THAT(CommentsOf(told), Contains(HasSubstr("1 to 200 characters.")));
  EXPECT_THAT(CommentsOf(told), Not(Contains("")));

  pb::FileDescriptorProto plain = told, copy;
  plain.clear_source_code_info();
  file.CopyTo(&copy);
  EXPECT_EQ(plain.SerializeAsString(), copy.SerializeAsString());
}

TEST(ProtoComments, OfAFileThatIsImportedAreInItsOwnLibrary) {
  const pb::FileDescriptor* http = pb::DescriptorPool::generated_pool()->FindFileByName("google/api/http.proto");
  ASSERT_NE(http, nullptr);
  EXPECT_THAT(CommentsOf(WithComments(*http)), Contains(HasSubstr("HTTP")));
}

// Which are in libtomada, as protobuf's library has none.
TEST(ProtoComments, OfWellKnownTypesAreThereToo) {
  const pb::FileDescriptorProto told = WithComments(*pb::Timestamp::descriptor()->file());
  EXPECT_THAT(CommentsOf(told), Contains(HasSubstr("nanosecond")));
}

TEST(ProtoComments, OfALibraryThatHasNoneAreNone) {
  const pb::FileDescriptorProto told = WithComments(*pb::FileDescriptorProto::descriptor()->file());
  EXPECT_EQ(told.name(), "google/protobuf/descriptor.proto");
  EXPECT_FALSE(told.has_source_code_info());
}

// Whatever generated code of the same name says: another server's file may be another version.
TEST(ProtoComments, OfAFileThatCameAtRunTimeAreItsOwn) {
  pb::FileDescriptorProto file;
  file.set_name("usuarios.proto");
  file.add_message_type()->set_name("Usuario");
  pb::DescriptorPool without;
  EXPECT_FALSE(WithComments(*without.BuildFile(file)).has_source_code_info());

  auto& message = *file.mutable_source_code_info()->add_location();
  for (int step : {4, 0}) message.add_path(step);
  for (int i = 0; i < 3; ++i) message.add_span(0);
  message.set_trailing_comments(" Theirs.\n");
  *file.mutable_source_code_info()->add_location() = message;
  file.mutable_source_code_info()->mutable_location(1)->clear_trailing_comments();
  pb::DescriptorPool with;
  EXPECT_THAT(CommentsOf(WithComments(*with.BuildFile(file))), ::testing::ElementsAre(" Theirs.\n"));
}

}  // namespace
}  // namespace tomada
