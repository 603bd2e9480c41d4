// A component that asks its server for its services.
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "client_fixture.h"
#include "scripted_reflection.h"
#include "support/temp_dir.h"

namespace tomada::testing {
namespace {

using google::protobuf::FileDescriptorSet;
using ::testing::HasSubstr;

class DiscoveryTest : public GrpcClientTest {
 protected:
  // By reflection, with a cache unless `cached` is false. What Start gave.
  absl::Status Discover(bool cached = true, absl::Duration timeout = absl::Seconds(20)) {
    Config config;
    config.target = address_;
    config.reflection = true;
    config.reflection_timeout = timeout;
    if (cached) config.descriptor_cache = cache_;
    client_ = std::make_unique<grpc_client::GrpcClient>(host_.MakeContext("cliente", config));
    return client_->Start();
  }
  // An address without a server, to be had by StartServer later.
  void FindAddress() {
    StartServer();
    StopServer();
  }
  // The cache of an earlier run, when the service had one method less.
  void WriteOlderCache() {
    FileDescriptorSet files;
    EXPECT_TRUE(files.ParseFromString(ReadFile(USUARIOS_DESCRIPTOR_SET)));
    for (auto& file : *files.mutable_file()) {
      for (auto& service : *file.mutable_service()) service.mutable_method()->RemoveLast();
    }
    std::filesystem::create_directories(std::filesystem::path(cache_).parent_path());
    std::ofstream(cache_, std::ios::binary) << files.SerializeAsString();
  }
  size_t methods() const { return client_->services().at(0).methods.size(); }
  bool Logged(const std::string& text) {
    return Eventually([&] { return host_.log->text().find(text) != std::string::npos; });
  }

  TempDir directory_;
  const std::string cache_ = directory_.path() / "gateway" / "x.binpb";
};

TEST_F(DiscoveryTest, OffersWhatTheServerOffers) {
  StartServer();
  ASSERT_TRUE(Discover(false).ok());
  ASSERT_EQ(client_->services().size(), 1u);
  EXPECT_EQ(client_->services()[0].descriptor->full_name(), "usuarios.Usuarios");
  EXPECT_EQ(methods(), 8u);
  usuarios::Usuario user;
  absl::Status status = Obter("u1", &user);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(user.nome(), "Ana");
}

TEST_F(DiscoveryTest, AServiceThatCannotBeUnderstoodLeavesTheOthers) {
  FileDescriptorSet files;
  ASSERT_TRUE(files.ParseFromString(ReadFile(USUARIOS_DESCRIPTOR_SET)));
  ReflectionScript script;
  for (const auto& file : files.file()) script.Add(file);
  google::protobuf::FileDescriptorProto edition;
  edition.set_name("novo.proto");
  edition.set_package("novo");
  edition.set_syntax("editions");
  edition.add_service()->set_name("S");
  script.Add(edition);
  script.services = {"novo.S", "usuarios.Usuarios"};
  ScriptedReflection server(script);
  address_ = server.address();
  ASSERT_TRUE(Discover(false).ok());
  ASSERT_EQ(client_->services().size(), 1u);
  EXPECT_EQ(client_->services()[0].descriptor->full_name(), "usuarios.Usuarios");
  EXPECT_THAT(host_.log->text(), HasSubstr("a service is left out"));
  EXPECT_THAT(host_.log->text(), HasSubstr("novo.S: novo.proto: Unrecognized syntax: editions"));
}

TEST_F(DiscoveryTest, WaitsForItsServer) {
  FindAddress();
  std::thread later([&] {
    EXPECT_TRUE(Logged("waiting for a server"));
    StartServer(address_);
  });
  absl::Status started = Discover();  // there is no cache yet
  later.join();
  EXPECT_TRUE(started.ok()) << started;
  EXPECT_THAT(host_.log->text(), HasSubstr(address_ + " cannot be asked for its services: Connection refused"));
}

TEST_F(DiscoveryTest, ServerThatDoesNotComeFailsTheStartWithWhatToDo) {
  FindAddress();
  absl::Status started = Discover(false, absl::Milliseconds(300));
  EXPECT_EQ(started.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(
      std::string(started.message()),
      HasSubstr(
          address_ +
          " cannot be asked for its services: Connection refused; nothing is known of it from earlier: start it"));
}

TEST_F(DiscoveryTest, ServerWithoutReflectionIsNamedAtOnceWithWhatToDo) {
  ReflectionScript script;
  script.v1 = script.v1alpha = false;
  ScriptedReflection server(script);
  address_ = server.address();
  EXPECT_EQ(
      Discover(false, absl::Minutes(1)),
      absl::UnimplementedError(address_ + " does not offer reflection: switch it on there, or give a descriptor_set"));
}

TEST_F(DiscoveryTest, ServerThatSaysTooMuchIsNamedWithWhatToDo) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("loja.proto");
  file.set_package("loja");
  file.add_service()->set_name("Loja");
  for (int i = 0; i < 500'000; ++i) file.add_message_type();
  ReflectionScript script;
  script.services = {"loja.Loja"};
  script.Add(file);
  ScriptedReflection server(script);
  address_ = server.address();
  EXPECT_EQ(Discover(false, absl::Minutes(1)),
            absl::ResourceExhaustedError(address_ +
                                         " cannot be asked for its services: it describes them with more than 64 MiB: "
                                         "name those to offer in `services`, or give a descriptor_set"));
}

TEST_F(DiscoveryTest, StartsFromTheCacheWithoutTheServerAndFollowsIt) {
  StartServer();
  ASSERT_TRUE(Discover().ok());
  ASSERT_TRUE(client_->Stop(std::chrono::steady_clock::now()).ok());
  StopServer();

  const auto begun = std::chrono::steady_clock::now();
  absl::Status started = Discover();
  ASSERT_TRUE(started.ok()) << started;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));  // not the whole timeout
  EXPECT_EQ(methods(), 8u);
  EXPECT_TRUE(Logged("offering what a server said earlier"));
  EXPECT_FALSE(host_.board->Of("cliente").ready);
  EXPECT_EQ(Obter("u1").code(), absl::StatusCode::kUnavailable);

  StartServer(address_);
  ASSERT_TRUE(Eventually([&] { return host_.board->Of("cliente").ready; }));
  EXPECT_TRUE(Obter("u1").ok());
}

TEST_F(DiscoveryTest, CacheIsADescriptorSet) {
  StartServer();
  ASSERT_TRUE(Discover().ok());
  auto set = grpc_client::DescriptorSet::Load(cache_);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ((*set)->Services({})->size(), 1u);
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(cache_).parent_path())) {
    EXPECT_EQ(entry.path(), cache_);  // nothing half-written beside it
  }
}

TEST_F(DiscoveryTest, ServerThatOffersSomethingElseThanTheCacheIsReported) {
  FindAddress();
  WriteOlderCache();
  ASSERT_TRUE(Discover().ok());
  EXPECT_EQ(methods(), 7u);
  StartServer(address_);
  ASSERT_TRUE(Logged("the server's services have changed: restart to offer them as they are now"));
  EXPECT_EQ(methods(), 7u);
  ASSERT_TRUE(client_->Stop(std::chrono::steady_clock::now()).ok());
  StopServer();
  ASSERT_TRUE(Discover().ok());
  EXPECT_EQ(methods(), 8u);
}

TEST_F(DiscoveryTest, ServerThatComesBackAsItWasIsNot) {
  StartServer();
  ASSERT_TRUE(Discover().ok());
  StopServer();
  ASSERT_TRUE(Eventually([&] { return !host_.board->Of("cliente").ready; }));
  StartServer(address_);
  ASSERT_TRUE(Logged("the server's services are those offered"));
  EXPECT_THAT(host_.log->text(), ::testing::Not(HasSubstr("changed")));
}

TEST_F(DiscoveryTest, NeitherServerNorReadableCacheIsAnErrorThatNamesBoth) {
  FindAddress();
  directory_.Write("gateway/x.binpb", "something else");
  absl::Status started = Discover();
  EXPECT_EQ(started.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(started.message()), HasSubstr(address_ + " cannot be asked for its services: "));
  EXPECT_THAT(std::string(started.message()), HasSubstr(cache_ + " is not a descriptor set"));
}

TEST_F(DiscoveryTest, CacheThatCannotBeWrittenIsNoReasonNotToStart) {
  directory_.Write("gateway", "a file where the folder should be");
  StartServer();
  EXPECT_TRUE(Discover().ok());
  EXPECT_THAT(host_.log->text(), HasSubstr("cannot write the descriptor cache"));
}

TEST_F(DiscoveryTest, StopDoesNotWaitForAServerThatNeverAnswers) {
  ReflectionScript script;
  script.never_answers = true;
  ScriptedReflection server(script);
  address_ = server.address();
  WriteOlderCache();
  absl::Status started = Discover(true, absl::Milliseconds(300));
  ASSERT_TRUE(started.ok()) << started;
  ASSERT_TRUE(Logged(" connected "));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(client_->Stop(begun).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
}

}  // namespace
}  // namespace tomada::testing
