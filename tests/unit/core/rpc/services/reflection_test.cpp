#include "rpc/services/reflection.h"

#include <future>

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpc/reflection/v1alpha/reflection.pb.h>
#include <gtest/gtest.h>
#include <usuarios.pb.h>

#include "support/eventually.h"
#include "support/sync.h"
#include "tomada/service_client.h"
#include "tomada/testing/test_host.h"
#include "tomada/thread_executor.h"
#include "tomada/wait.h"

namespace tomada::rpc {
namespace {

using testing::Await;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::Eventually;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using testing::TestCall;

// Both versions of the protocol, by the same tests.
struct V1 {
  static constexpr size_t kIndex = 0;
  using Request = grpc::reflection::v1::ServerReflectionRequest;
  using Response = grpc::reflection::v1::ServerReflectionResponse;
};
struct V1Alpha {
  static constexpr size_t kIndex = 1;
  using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = grpc::reflection::v1alpha::ServerReflectionResponse;
};

// Nothing of it is ever called: it is told of.
Service Usuarios() { return ServiceBuilder(*usuarios::Usuario::descriptor()->file()->service(0)).Build(); }

// A client that sends nothing and goes on listening.
class SilentClient final : public MessageReader {
 public:
  explicit SilentClient(Call& call) : call_(call) {}
  Task<absl::StatusOr<bool>> Read(google::protobuf::Message&) override {
    waiting = true;
    absl::Status stopped = co_await stopped_.Wait(call_);
    if (!stopped.ok()) co_return stopped;
    co_return false;
  }
  void Stop() override { stopped_.Set(); }

  std::atomic<bool> waiting{false};

 private:
  Call& call_;
  Event stopped_;
};

template <class Version>
class ReflectionServiceTest : public ::testing::Test {
 protected:
  using Request = typename Version::Request;
  using Response = typename Version::Response;

  void SetUp() override {
    reflection_.Add(usuarios_);
    for (const Service& service : descriptions_) reflection_.Add(service);
  }

  const Method& method() const { return descriptions_[Version::kIndex].methods[0]; }

  // Sends the requests on one stream, whose client has this key.
  std::vector<Response> Ask(const std::vector<Request>& requests, const std::string& key = "") {
    TestCall call;
    if (!key.empty()) call.sent.Add("authorization", key);
    std::vector<Response> responses;
    FunctionReader<Request> reader([&](Request& request) {
      if (responses.size() == requests.size()) return false;
      request = requests[responses.size()];
      return true;
    });
    FunctionWriter<Response> writer([&](const Response& response) {
      responses.push_back(response);
      return absl::OkStatus();
    });
    EXPECT_EQ(Await(InvokeBidiStreaming(method(), call, log_, reader, writer)), absl::OkStatus());
    EXPECT_EQ(responses.size(), requests.size());
    responses.resize(requests.size());
    return responses;
  }
  Response Ask(const Request& request, const std::string& key = "") {
    return Ask(std::vector<Request>{request}, key).front();
  }

  std::vector<std::string> Services(const std::string& key = "") {
    Request request;
    request.set_list_services("*");
    const Response response = Ask(request, key);
    std::vector<std::string> names;
    for (const auto& service : response.list_services_response().service()) names.push_back(service.name());
    return names;
  }

  static std::vector<google::protobuf::FileDescriptorProto> Files(const Response& response) {
    std::vector<google::protobuf::FileDescriptorProto> files;
    for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
      EXPECT_TRUE(files.emplace_back().ParseFromString(bytes));
    }
    return files;
  }
  static std::vector<std::string> FileNames(const Response& response) {
    std::vector<std::string> names;
    for (const auto& file : Files(response)) names.push_back(file.name());
    return names;
  }

  // Who has no key may see nothing but `open`.
  void Guard(std::string open) {
    usuarios_.visible = [open = std::move(open)](Call& call, const google::protobuf::MethodDescriptor& method) {
      return Sees(call.metadata().Find("authorization") == "chave" || method.name() == open);
    };
  }
  static Task<bool> Sees(bool sees) { co_return sees; }

  // The methods of all services in the file that has the symbol; nothing when there is none.
  std::optional<std::vector<std::string>> Methods(const std::string& symbol, const std::string& key = "") {
    Request request;
    request.set_file_containing_symbol(symbol);
    const Response response = Ask(request, key);
    if (!response.has_file_descriptor_response()) {
      EXPECT_EQ(response.error_response().error_code(), static_cast<int>(absl::StatusCode::kNotFound));
      return std::nullopt;
    }
    std::vector<std::string> names;
    for (const auto& file : Files(response)) {
      for (const auto& service : file.service()) {
        for (const auto& method : service.method()) names.push_back(method.name());
      }
    }
    return names;
  }

  Service usuarios_ = Usuarios();
  const Logger log_{std::make_shared<testing::TestLog>(), "transporte"};
  ReflectionService reflection_{log_};
  const std::vector<Service> descriptions_ = reflection_.Describe();
};

using Versions = ::testing::Types<V1, V1Alpha>;
TYPED_TEST_SUITE(ReflectionServiceTest, Versions);

TYPED_TEST(ReflectionServiceTest, ListsTheServicesInTheirOrder) {
  EXPECT_THAT(this->Services(), ElementsAre("usuarios.Usuarios", "grpc.reflection.v1.ServerReflection",
                                            "grpc.reflection.v1alpha.ServerReflection"));
  typename TypeParam::Request request;
  request.set_host("localhost");
  request.set_list_services("*");
  const auto response = this->Ask(request);
  EXPECT_EQ(response.valid_host(), "localhost");
  EXPECT_EQ(response.original_request().list_services(), "*");
}

TYPED_TEST(ReflectionServiceTest, GivesFilesWithTheirImports) {
  for (const char* symbol : {"usuarios.Usuarios", "usuarios.Usuarios.ObterUsuario", "usuarios.Usuario"}) {
    typename TypeParam::Request request;
    request.set_file_containing_symbol(symbol);
    EXPECT_THAT(this->FileNames(this->Ask(request)),
                IsSupersetOf({"usuarios.proto", "google/api/annotations.proto", "google/api/http.proto",
                              "google/protobuf/descriptor.proto", "google/protobuf/timestamp.proto"}))
        << symbol;
  }
  typename TypeParam::Request by_name, by_extension, numbers;
  by_name.set_file_by_filename("google/protobuf/timestamp.proto");
  by_extension.mutable_file_containing_extension()->set_containing_type("google.protobuf.MethodOptions");
  by_extension.mutable_file_containing_extension()->set_extension_number(72295728);  // google.api.http
  numbers.set_all_extension_numbers_of_type("google.protobuf.MethodOptions");
  const auto responses = this->Ask({by_name, by_extension, numbers});
  EXPECT_THAT(this->FileNames(responses[0]), ElementsAre("google/protobuf/timestamp.proto"));
  EXPECT_THAT(this->FileNames(responses[1]), Contains("google/api/annotations.proto"));
  EXPECT_EQ(responses[2].all_extension_numbers_response().base_type_name(), "google.protobuf.MethodOptions");
  EXPECT_THAT(responses[2].all_extension_numbers_response().extension_number(), Contains(72295728));
}

TYPED_TEST(ReflectionServiceTest, WhatIsNotThereIsAnErrorAndTheStreamGoesOn) {
  typename TypeParam::Request symbol, file, extension, type, nothing, list;
  symbol.set_file_containing_symbol("usuarios.Nada");
  file.set_file_by_filename("nada.proto");
  extension.mutable_file_containing_extension()->set_containing_type("usuarios.Usuario");
  extension.mutable_file_containing_extension()->set_extension_number(100);
  type.set_all_extension_numbers_of_type("usuarios.Nada");
  list.set_list_services("");
  const auto responses = this->Ask({symbol, file, extension, type, nothing, list});
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(responses[i].error_response().error_code(), static_cast<int>(absl::StatusCode::kNotFound)) << i;
  }
  EXPECT_EQ(responses[4].error_response().error_code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_TRUE(responses[5].has_list_services_response());
}

TYPED_TEST(ReflectionServiceTest, ShowsWhatTheCallerMaySee) {
  this->Guard("ObterUsuario");
  EXPECT_THAT(this->Services(), Contains("usuarios.Usuarios"));
  for (const char* symbol : {"usuarios.Usuarios", "usuarios.Usuarios.ObterUsuario", "usuarios.Usuario"})
    EXPECT_THAT(this->Methods(symbol), ::testing::Optional(ElementsAre("ObterUsuario"))) << symbol;
  EXPECT_EQ(this->Methods("usuarios.Usuarios.ExportarUsuarios"), std::nullopt);
  EXPECT_THAT(this->Methods("usuarios.Usuarios.ExportarUsuarios", "chave"),
              ::testing::Optional(IsSupersetOf({"CriarUsuario", "ObterUsuario", "ExportarUsuarios"})));
}

TYPED_TEST(ReflectionServiceTest, ShowsNoServiceOfWhichNothingMayBeSeen) {
  this->Guard("");
  EXPECT_THAT(this->Services(), Not(Contains("usuarios.Usuarios")));
  EXPECT_THAT(this->Services("chave"), Contains("usuarios.Usuarios"));
  EXPECT_EQ(this->Methods("usuarios.Usuarios"), std::nullopt);
  EXPECT_THAT(this->Methods("usuarios.Usuario"), ::testing::Optional(IsEmpty())) << "messages are everybody's";
}

TYPED_TEST(ReflectionServiceTest, EndsWithWhatEitherEndFailsWith) {
  using Request = typename TypeParam::Request;
  using Response = typename TypeParam::Response;
  TestCall call;
  FunctionReader<Request> broken([](Request&) { return absl::InvalidArgumentError("no such message"); });
  FunctionReader<Request> endless([](Request& request) {
    request.set_list_services("");
    return true;
  });
  FunctionWriter<Response> gone([](const Response&) { return absl::CancelledError("the client is gone"); });
  EXPECT_EQ(Await(InvokeBidiStreaming(this->method(), call, this->log_, broken, gone)),
            absl::InvalidArgumentError("no such message"));
  EXPECT_EQ(Await(InvokeBidiStreaming(this->method(), call, this->log_, endless, gone)),
            absl::CancelledError("the client is gone"));
}

TYPED_TEST(ReflectionServiceTest, StopEndsOpenStreamsAndNewOnes) {
  using Response = typename TypeParam::Response;
  ThreadExecutor executor;
  TestCall call(executor);
  SilentClient client(call);
  FunctionWriter<Response> nothing([](const Response&) { return absl::InternalError("nothing was asked"); });
  std::promise<absl::Status> end;
  Spawn(InvokeBidiStreaming(this->method(), call, this->log_, client, nothing),
        [&end](const absl::Status& status) { end.set_value(status); });
  ASSERT_TRUE(Eventually([&] { return client.waiting.load(); }));
  this->reflection_.Stop();
  this->reflection_.Stop();
  EXPECT_TRUE(absl::IsUnavailable(end.get_future().get()));

  TestCall later;
  SilentClient other(later);
  EXPECT_TRUE(absl::IsUnavailable(Await(InvokeBidiStreaming(this->method(), later, this->log_, other, nothing))));
}

}  // namespace
}  // namespace tomada::rpc
