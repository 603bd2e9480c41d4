#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server_fixture.h"

namespace tomada::testing {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;

// Both versions of the protocol, by the same tests.
struct V1 {
  using Stub = grpc::reflection::v1::ServerReflection;
  using Request = grpc::reflection::v1::ServerReflectionRequest;
  using Response = grpc::reflection::v1::ServerReflectionResponse;
};
struct V1Alpha {
  using Stub = grpc::reflection::v1alpha::ServerReflection;
  using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = grpc::reflection::v1alpha::ServerReflectionResponse;
};

template <class Version>
class ReflectionTest : public GrpcServerTest {
 protected:
  using Request = typename Version::Request;
  using Response = typename Version::Response;

  void SetUp() override { StartServer(); }

  // Sends the requests on one stream.
  std::vector<Response> Ask(const std::vector<Request>& requests) {
    grpc::ClientContext context;
    Limit(context);
    auto stub = Version::Stub::NewStub(channel_);
    auto stream = stub->ServerReflectionInfo(&context);
    std::vector<Response> responses;
    for (const Request& request : requests) {
      EXPECT_TRUE(stream->Write(request));
      EXPECT_TRUE(stream->Read(&responses.emplace_back()));
    }
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
    return responses;
  }
  Response Ask(const Request& request) { return Ask(std::vector<Request>{request}).front(); }
};

using Versions = ::testing::Types<V1, V1Alpha>;
TYPED_TEST_SUITE(ReflectionTest, Versions);

TYPED_TEST(ReflectionTest, ListsEveryService) {
  typename TypeParam::Request request;
  request.set_host("localhost");
  request.set_list_services("*");
  const auto response = this->Ask(request);
  std::vector<std::string> names;
  for (const auto& service : response.list_services_response().service()) names.push_back(service.name());
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("usuarios.Usuarios", "grpc.health.v1.Health",
                                                     "grpc.reflection.v1.ServerReflection",
                                                     "grpc.reflection.v1alpha.ServerReflection"));
  EXPECT_EQ(response.valid_host(), "localhost");
  EXPECT_EQ(response.original_request().list_services(), "*");
}

TYPED_TEST(ReflectionTest, FilesHaveTheirComments) {
  typename TypeParam::Request request;
  request.set_file_containing_symbol("usuarios.Usuarios");
  EXPECT_THAT(this->Ask(request).file_descriptor_response().file_descriptor_proto(0),
              ::testing::HasSubstr("Streams every user."));
}

TYPED_TEST(ReflectionTest, WhatIsNotThereIsAnErrorAndTheStreamGoesOn) {
  typename TypeParam::Request symbol, file, extension, type, nothing, list;
  symbol.set_file_containing_symbol("usuarios.Nada");
  file.set_file_by_filename("nada.proto");
  extension.mutable_file_containing_extension()->set_containing_type("usuarios.Usuario");
  extension.mutable_file_containing_extension()->set_extension_number(100);
  type.set_all_extension_numbers_of_type("usuarios.Nada");
  list.set_list_services("");
  const auto responses = this->Ask(std::vector{symbol, file, extension, type, nothing, list});
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(responses[i].error_response().error_code(), grpc::StatusCode::NOT_FOUND) << i;
  }
  EXPECT_EQ(responses[4].error_response().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(responses[5].has_list_services_response());
}

TYPED_TEST(ReflectionTest, OpenStreamDoesNotHoldTheDrainUp) {
  grpc::ClientContext context;
  this->Limit(context);
  auto stub = TypeParam::Stub::NewStub(this->channel_);
  auto stream = stub->ServerReflectionInfo(&context);
  typename TypeParam::Request request;
  request.set_list_services("");
  typename TypeParam::Response response;
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(this->server_->Stop(begun + std::chrono::seconds(30)).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

class ReflectionAdmissionTest : public GrpcServerTest {};

TEST_F(ReflectionAdmissionTest, IsCountedAndLimitedAsOtherCallsAre) {
  Config config;
  config.max_concurrent_calls = 1;
  StartServer(config);
  auto stub = grpc::reflection::v1::ServerReflection::NewStub(channel_);
  grpc::reflection::v1::ServerReflectionRequest request;
  request.set_list_services("");
  grpc::reflection::v1::ServerReflectionResponse response;
  grpc::ClientContext first, second;
  Limit(first);
  Limit(second);
  auto open = stub->ServerReflectionInfo(&first);
  ASSERT_TRUE(open->Write(request));
  ASSERT_TRUE(open->Read(&response));
  EXPECT_EQ(Obter("u1").error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << "the stream takes the only slot";
  auto refused = stub->ServerReflectionInfo(&second);
  EXPECT_FALSE(refused->Read(&response));
  EXPECT_EQ(refused->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  open->WritesDone();
  EXPECT_TRUE(open->Finish().ok());
  EXPECT_TRUE(Eventually([&] { return Obter("u1").ok(); }));
  std::map<std::string, double> ended;
  for (const MetricFamily& family : host_.metrics->Collect()) {
    if (family.name != "tomada_requests_total") continue;
    for (const MetricSample& sample : family.samples) {
      const std::map<std::string, std::string> labels(sample.labels.begin(), sample.labels.end());
      if (labels.at("service") == "grpc.reflection.v1.ServerReflection") ended[labels.at("code")] = sample.value;
    }
  }
  EXPECT_EQ(ended, (std::map<std::string, double>{{"OK", 1}, {"RESOURCE_EXHAUSTED", 1}}));
}

// Who has no key may see nothing but `open`.
class GuardedService : public TestService {
 public:
  explicit GuardedService(std::string open) : open_(std::move(open)), guarded_(TestService::services()) {
    guarded_[0].visible = [this](Call& call, const google::protobuf::MethodDescriptor& method) {
      return Sees(call, method);
    };
  }
  const std::vector<Service>& services() const override { return guarded_; }

 private:
  Task<bool> Sees(Call& call, const google::protobuf::MethodDescriptor& method) {
    Hop hop(call.executor());
    co_await hop;
    co_return call.metadata().Find("authorization") == "chave" || method.name() == open_;
  }

  const std::string open_;
  std::vector<Service> guarded_;
};

class ReflectionVisibilityTest : public GrpcServerTest {
 protected:
  using Request = V1::Request;

  void Start(const std::string& open) {
    guarded_ = std::make_unique<GuardedService>(open);
    providers_ = {{"usuarios", guarded_.get()}};
    StartServer();
  }

  V1::Response Ask(const Request& request, const std::string& key = "") {
    grpc::ClientContext context;
    Limit(context);
    if (!key.empty()) context.AddMetadata("authorization", key);
    auto stub = V1::Stub::NewStub(channel_);
    auto stream = stub->ServerReflectionInfo(&context);
    V1::Response response;
    EXPECT_TRUE(stream->Write(request) && stream->Read(&response));
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
    return response;
  }

  std::vector<std::string> Services(const std::string& key = "") {
    Request request;
    request.set_list_services("*");
    const V1::Response response = Ask(request, key);
    std::vector<std::string> names;
    for (const auto& service : response.list_services_response().service()) names.push_back(service.name());
    return names;
  }

  // The methods of all services in usuarios.proto, by the file that has the symbol; nothing when there is none.
  std::optional<std::vector<std::string>> Methods(const std::string& symbol, const std::string& key = "") {
    Request request;
    request.set_file_containing_symbol(symbol);
    const V1::Response response = Ask(request, key);
    if (!response.has_file_descriptor_response()) {
      EXPECT_EQ(response.error_response().error_code(), grpc::StatusCode::NOT_FOUND);
      return std::nullopt;
    }
    std::vector<std::string> names;
    for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      EXPECT_TRUE(file.ParseFromString(bytes));
      for (const auto& service : file.service()) {
        for (const auto& method : service.method()) names.push_back(method.name());
      }
    }
    return names;
  }

  std::unique_ptr<GuardedService> guarded_;
};

TEST_F(ReflectionVisibilityTest, ShowsTheMethodsThatTheCallerMaySee) {
  using ::testing::ElementsAre;
  Start("ObterUsuario");
  EXPECT_THAT(Services(), Contains("usuarios.Usuarios"));
  for (const char* symbol : {"usuarios.Usuarios", "usuarios.Usuarios.ObterUsuario", "usuarios.Usuario"})
    EXPECT_THAT(Methods(symbol), ::testing::Optional(ElementsAre("ObterUsuario"))) << symbol;
  EXPECT_EQ(Methods("usuarios.Usuarios.ExportarUsuarios"), std::nullopt);
  EXPECT_THAT(Methods("usuarios.Usuarios.ExportarUsuarios", "chave"),
              ::testing::Optional(IsSupersetOf({"CriarUsuario", "ObterUsuario", "ExportarUsuarios"})));
}

TEST_F(ReflectionVisibilityTest, ShowsNoServiceOfWhichNothingMayBeSeen) {
  Start("");
  EXPECT_THAT(Services(), ::testing::Not(Contains("usuarios.Usuarios")));
  EXPECT_THAT(Services(), Contains("grpc.health.v1.Health"));
  EXPECT_THAT(Services("chave"), Contains("usuarios.Usuarios"));
  EXPECT_EQ(Methods("usuarios.Usuarios"), std::nullopt);
  EXPECT_THAT(Methods("usuarios.Usuario"), ::testing::Optional(::testing::IsEmpty())) << "messages are everybody's";
}

class NoReflectionTest : public GrpcServerTest {};

TEST_F(NoReflectionTest, CanBeTurnedOff) {
  Config config;
  config.reflection = false;
  StartServer(config);
  grpc::ClientContext context;
  Limit(context);
  auto stub = grpc::reflection::v1::ServerReflection::NewStub(channel_);
  auto stream = stub->ServerReflectionInfo(&context);
  stream->WritesDone();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace tomada::testing
