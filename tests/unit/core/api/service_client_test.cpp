// Typed calls from one component to another in the same process. What goes through grpc_client is tested there.
#include "tomada/service_client.h"

#include <atomic>
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include "support/recording_sink.h"
#include "support/stream_service.h"
#include "support/sync.h"
#include "support/until_cancelled.h"
#include "usuarios.pb.h"

namespace tomada {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::Message;
using streams_test::Number;
using streams_test::Sum;
using testing::Await;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RecordingSink;
using testing::StreamService;
using testing::TestCall;
using testing::UntilCancelled;
using usuarios::ExportarUsuariosRequest;
using usuarios::ObterUsuarioRequest;
using usuarios::ObterUsuarioResponse;
using usuarios::Usuario;

const google::protobuf::ServiceDescriptor& Usuarios() {
  return *Usuario::descriptor()->file()->FindServiceByName("Usuarios");
}
const google::protobuf::ServiceDescriptor& Streams() { return *Number::descriptor()->file()->service(0); }

class Provider : public ServiceProvider {
 public:
  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  const std::vector<Service>& services() const override { return services_; }

 protected:
  std::vector<Service> services_;
};

// Does what the id says, and keeps what it was called with.
class UsuariosProvider : public Provider {
 public:
  UsuariosProvider() {
    services_.push_back(ServiceBuilder(Usuarios())
                            .Unary("ObterUsuario", this, &UsuariosProvider::Obter)
                            .ServerStreaming("ExportarUsuarios", this, &UsuariosProvider::Exportar)
                            .Build());
  }

  const Message* request = nullptr;
  const Message* response = nullptr;
  Deadline deadline;
  Executor* executor = nullptr;
  std::string id, via;
  std::atomic<int> waiting{0};

 private:
  Task<absl::Status> Obter(Call& call, const ObterUsuarioRequest& asked, ObterUsuarioResponse& answer) {
    request = &asked;
    response = &answer;
    deadline = call.deadline();
    executor = &call.executor();
    id = call.id();
    via = call.metadata().Find("via").value_or("");
    call.response_metadata().Add("etag", "1");
    if (asked.id() == "throws") throw std::runtime_error("senha=segredo");
    if (asked.id() == "absent") co_return absl::NotFoundError("no such user");
    if (asked.id() == "waits") {
      ++waiting;
      UntilCancelled cancelled(call);
      co_await cancelled;
      co_return call.status();
    }
    answer.mutable_usuario()->set_id(asked.id());
    co_return absl::OkStatus();
  }

  Task<absl::Status> Exportar(Call&, const ExportarUsuariosRequest&, Writer<Usuario> responses) {
    Usuario usuario;
    for (const char* each : {"a", "b", "c"}) {
      usuario.set_id(each);
      absl::Status written = co_await responses.Write(usuario);
      if (!written.ok()) co_return written;
    }
    co_return absl::OkStatus();
  }
};

// Offers ObterUsuario by descriptors and dynamic messages of its own, as those who learn of a service at run time do.
class ForeignProvider : public Provider {
 public:
  // `edit` changes what the service's file says.
  explicit ForeignProvider(std::function<void(FileDescriptorProto&)> edit = [](FileDescriptorProto&) {})
      : edit_(std::move(edit)) {
    Service service;
    service.descriptor = Copy(*Usuarios().file())->FindServiceByName("Usuarios");
    for (int i = 0; i < service.descriptor->method_count(); ++i) {
      const auto* method = service.descriptor->method(i);
      service.methods.push_back(Method{method, messages_.GetPrototype(method->input_type()),
                                       messages_.GetPrototype(method->output_type()), std::monostate()});
      if (method->name() == "ObterUsuario") service.methods.back().handler = UnaryHandler(Obter);
    }
    services_.push_back(std::move(service));
  }

 private:
  const FileDescriptor* Copy(const FileDescriptor& file) {
    for (int i = 0; i < file.dependency_count(); ++i) Copy(*file.dependency(i));
    if (const FileDescriptor* known = pool_.FindFileByName(file.name())) return known;
    FileDescriptorProto proto;
    file.CopyTo(&proto);
    if (&file == Usuarios().file()) edit_(proto);
    return pool_.BuildFile(proto);
  }

  // A user of that id; where `usuario` is no message but bytes, bytes that are no user.
  static Task<absl::Status> Obter(Call&, const Message& request, Message& response) {
    const auto* asked = request.GetDescriptor()->FindFieldByName("id");
    const auto* usuario = response.GetDescriptor()->FindFieldByName("usuario");
    const std::string id = request.GetReflection()->GetString(request, asked);
    if (usuario->type() == google::protobuf::FieldDescriptor::TYPE_BYTES) {
      response.GetReflection()->SetString(&response, usuario, "\xff");
      co_return absl::OkStatus();
    }
    Message* user = response.GetReflection()->MutableMessage(&response, usuario);
    user->GetReflection()->SetString(user, user->GetDescriptor()->FindFieldByName("id"), id);
    co_return absl::OkStatus();
  }

  const std::function<void(FileDescriptorProto&)> edit_;
  DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory messages_;
};

class ServiceClientTest : public ::testing::Test {
 protected:
  using ObterStub = UnaryStub<ObterUsuarioRequest, ObterUsuarioResponse>;
  using Providers = std::vector<std::pair<std::string, ServiceProvider*>>;

  absl::StatusOr<ServiceClient> Find(const Providers& providers) {
    return ServiceClient::Find(providers, Usuarios(), log_);
  }
  ObterStub ObterOf(ServiceProvider& provider) {
    return Find({{"x", &provider}})->Unary<ObterUsuarioRequest, ObterUsuarioResponse>("ObterUsuario");
  }
  absl::Status Obter(const ObterStub& obter, std::string id) {
    request_.set_id(std::move(id));
    return Await(obter(call_, request_, response_));
  }

  UsuariosProvider usuarios_;
  StreamService streams_;
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
  Logger log_{sink_, "pedidos"};
  TestCall call_;
  ObterUsuarioRequest request_;
  ObterUsuarioResponse response_;
};

TEST_F(ServiceClientTest, FindsTheOneProviderOfAService) {
  EXPECT_TRUE(Find({{"streams", &streams_}, {"usuarios", &usuarios_}}).ok());
  EXPECT_EQ(Find({}).status(), absl::NotFoundError("no component is wired that offers usuarios.Usuarios"));
  EXPECT_EQ(Find({{"eco", &streams_}, {"soma", &streams_}}).status(),
            absl::NotFoundError("usuarios.Usuarios is not offered by 'eco', 'soma'; wire one that does"));
  EXPECT_EQ(Find({{"perto", &usuarios_}, {"eco", &streams_}, {"longe", &usuarios_}}).status(),
            absl::FailedPreconditionError("usuarios.Usuarios is offered by 'perto' and by 'longe'; wire one of them"));
}

TEST_F(ServiceClientTest, TheHandlerGetsTheCallersMessages) {
  const ObterStub obter = ObterOf(usuarios_);
  EXPECT_EQ(Obter(obter, "ana"), absl::OkStatus());
  EXPECT_EQ(response_.usuario().id(), "ana");
  EXPECT_EQ(usuarios_.request, &request_);
  EXPECT_EQ(usuarios_.response, &response_);
  EXPECT_EQ(Obter(obter, "absent"), absl::NotFoundError("no such user"));
  EXPECT_FALSE(response_.has_usuario()) << "what an earlier answer has left is gone";
}

TEST_F(ServiceClientTest, WhatTheCallCarriesGoesAlongAndTheAnswersMetadataDoesNot) {
  class CallVia : public TestCall {
    void LoadMetadata(Metadata& metadata) override { metadata.Add("via", "1.1 a"); }
  } call;
  const ObterStub obter = ObterOf(usuarios_);
  ASSERT_TRUE(Await(obter(call, request_, response_)).ok());
  EXPECT_EQ(usuarios_.deadline, call.deadline());
  EXPECT_EQ(usuarios_.executor, &call.executor());
  EXPECT_EQ(usuarios_.id, call.id());
  EXPECT_EQ(usuarios_.via, "1.1 a");
  EXPECT_TRUE(call.response_metadata().entries().empty());
}

TEST_F(ServiceClientTest, CancelReachesTheHandler) {
  const ObterStub obter = ObterOf(usuarios_);
  std::jthread canceller([&] {
    while (usuarios_.waiting == 0) std::this_thread::yield();
    call_.Cancel(absl::DeadlineExceededError("late"));
  });
  EXPECT_EQ(Obter(obter, "waits"), absl::DeadlineExceededError("late"));
  usuarios_.request = nullptr;
  EXPECT_EQ(Obter(obter, "ana"), absl::DeadlineExceededError("late"));
  EXPECT_EQ(usuarios_.request, nullptr) << "a cancelled call is not begun";
}

TEST_F(ServiceClientTest, CancelsAndEndsAtOnce) {
  const ObterStub obter = ObterOf(usuarios_);
  for (int round = 0; round < 300; ++round) {
    TestCall call;
    request_.set_id(round % 2 == 0 ? "waits" : "ana");
    std::jthread canceller([&] { call.Cancel(absl::CancelledError("gone")); });
    absl::Status status = Await(obter(call, request_, response_));
    EXPECT_TRUE(status == absl::CancelledError("gone") || (status.ok() && round % 2 == 1)) << status;
  }
}

TEST_F(ServiceClientTest, WhatAHandlerThrowsGoesToTheLogAndNotToTheCaller) {
  EXPECT_EQ(Obter(ObterOf(usuarios_), "throws"), absl::InternalError("internal error"));
  ASSERT_EQ(sink_->lines.size(), 1u);
  EXPECT_THAT(sink_->lines[0], HasSubstr("error pedidos: handler threw method=usuarios.Usuarios.ObterUsuario call=" +
                                         call_.id() + " exception=\"senha=segredo\""));
}

TEST_F(ServiceClientTest, AMethodWithoutAHandlerIsUnimplemented) {
  const ServiceClient client = *Find({{"x", &usuarios_}});
  const auto remover = client.Unary<usuarios::RemoverUsuarioRequest, google::protobuf::Empty>("RemoverUsuario");
  google::protobuf::Empty nothing;
  EXPECT_EQ(Await(remover(call_, usuarios::RemoverUsuarioRequest(), nothing)),
            absl::UnimplementedError("usuarios.Usuarios.RemoverUsuario is not implemented"));
}

TEST_F(ServiceClientTest, RefusesWhatTheDescriptorDoesNotSay) {
  const ServiceClient client = *Find({{"x", &usuarios_}});
  EXPECT_THROW((client.Unary<ObterUsuarioRequest, ObterUsuarioResponse>("Obter")), std::logic_error);
  EXPECT_THROW((client.Unary<ObterUsuarioRequest, Usuario>("ObterUsuario")), std::logic_error);
  EXPECT_THROW((client.Unary<ExportarUsuariosRequest, Usuario>("ExportarUsuarios")), std::logic_error);
  EXPECT_THROW((client.ServerStreaming<ObterUsuarioRequest, ObterUsuarioResponse>("ObterUsuario")), std::logic_error);
  EXPECT_THROW((client.ClientStreaming<ObterUsuarioRequest, ObterUsuarioResponse>("ObterUsuario")), std::logic_error);
  EXPECT_THROW((client.BidiStreaming<ExportarUsuariosRequest, Usuario>("ExportarUsuarios")), std::logic_error);
}

TEST_F(ServiceClientTest, AStreamOfResponsesGoesToAFunctionUntilItFails) {
  const auto exportar =
      Find({{"x", &usuarios_}})->ServerStreaming<ExportarUsuariosRequest, Usuario>("ExportarUsuarios");
  std::vector<std::string> ids;
  FunctionWriter<Usuario> each([&](const Usuario& usuario) {
    ids.push_back(usuario.id());
    return ids.size() == 5 ? absl::CancelledError("enough") : absl::OkStatus();
  });
  EXPECT_EQ(Await(exportar(call_, ExportarUsuariosRequest(), each)), absl::OkStatus());
  EXPECT_EQ(Await(exportar(call_, ExportarUsuariosRequest(), each)), absl::CancelledError("enough"));
  EXPECT_THAT(ids, ElementsAre("a", "b", "c", "a", "b"));
}

// 1, 2, 3 with these texts.
FunctionReader<Number> Numbers(std::vector<std::string> texts, absl::Status end = absl::OkStatus()) {
  return FunctionReader<Number>([texts, end, given = size_t{0}](Number& number) mutable -> absl::StatusOr<bool> {
    if (given == texts.size() && !end.ok()) return end;
    if (given == texts.size()) return false;
    if (!texts[given].empty()) number.set_text(texts[given]);
    number.set_value(static_cast<int64_t>(++given));
    return true;
  });
}

TEST_F(ServiceClientTest, StreamsOfRequestsComeFromAFunction) {
  const ServiceClient client = *ServiceClient::Find({{"x", &streams_}}, Streams(), log_);
  const auto add = client.ClientStreaming<Number, Sum>("Add");
  Sum sum;
  sum.set_value(100);
  FunctionReader<Number> three = Numbers({"", "", ""});
  EXPECT_EQ(Await(add(call_, three, sum)), absl::OkStatus());
  EXPECT_EQ(sum.value(), 6);
  FunctionReader<Number> broken = Numbers({"", ""}, absl::DataLossError("half a file"));
  EXPECT_EQ(Await(add(call_, broken, sum)), absl::DataLossError("half a file"));
  FunctionReader<Number> more = Numbers({"stop", ""});
  EXPECT_EQ(Await(add(call_, more, sum)), absl::OkStatus());
  EXPECT_EQ(sum.count(), 1);

  const auto echo = client.BidiStreaming<Number, Number>("Echo");
  std::vector<int64_t> values;
  FunctionWriter<Number> each([&](const Number& number) {
    values.push_back(number.value());
    return absl::OkStatus();
  });
  FunctionReader<Number> two = Numbers({"", ""});
  EXPECT_EQ(Await(echo(call_, two, each)), absl::OkStatus());
  EXPECT_THAT(values, ElementsAre(1, 2, 2));
}

TEST(FunctionReader, IsNotAskedAfterItsEnd) {
  int asked = 0;
  FunctionReader<Number> reader([&](Number& number) -> absl::StatusOr<bool> {
    EXPECT_EQ(number.value(), 0) << "each is asked for an empty one";
    number.set_value(7);
    return ++asked < 2;
  });
  MessageReader& messages = Reader<Number>(reader).untyped();
  Number number;
  EXPECT_TRUE(*Await(messages.Read(number)));
  EXPECT_FALSE(*Await(messages.Read(number)));
  EXPECT_FALSE(*Await(messages.Read(number)));
  EXPECT_EQ(asked, 2);

  FunctionReader<Number> stopped([](Number&) -> absl::StatusOr<bool> { return absl::InternalError("asked"); });
  Reader<Number>(stopped).Stop();
  EXPECT_FALSE(*Await(Reader<Number>(stopped).Read(number)));
}

TEST_F(ServiceClientTest, AProviderWithItsOwnDescriptorsAnswersTheSameCaller) {
  ForeignProvider foreign;
  EXPECT_EQ(Obter(ObterOf(foreign), "ana"), absl::OkStatus());
  EXPECT_EQ(response_.usuario().id(), "ana");
}

TEST_F(ServiceClientTest, WhatTheCallerCannotReadIsInternal) {
  ForeignProvider foreign([](FileDescriptorProto& file) {
    for (auto& message : *file.mutable_message_type()) {
      if (message.name() != "ObterUsuarioResponse") continue;
      message.mutable_field(0)->clear_type_name();
      message.mutable_field(0)->set_type(google::protobuf::FieldDescriptorProto::TYPE_BYTES);
    }
  });
  EXPECT_EQ(Obter(ObterOf(foreign), "ana"),
            absl::InternalError("the usuarios.ObterUsuarioResponse of one side is not one to the other"));
}

TEST_F(ServiceClientTest, AMethodThatTheProviderDoesNotKnowIsUnimplemented) {
  ForeignProvider older([](FileDescriptorProto& file) { file.mutable_service(0)->mutable_method()->RemoveLast(); });
  const auto exportar = Find({{"x", &older}})->ServerStreaming<ExportarUsuariosRequest, Usuario>("ExportarUsuarios");
  FunctionWriter<Usuario> none([](const Usuario&) { return absl::InternalError("called"); });
  EXPECT_EQ(Await(exportar(call_, ExportarUsuariosRequest(), none)),
            absl::UnimplementedError("usuarios.Usuarios.ExportarUsuarios is not implemented"));
}

TEST_F(ServiceClientTest, AProviderWithAnotherMethodOfThatNameIsRefused) {
  const auto method = [](FileDescriptorProto& file) { return file.mutable_service(0)->mutable_method(1); };
  ForeignProvider other([&](FileDescriptorProto& file) { method(file)->set_output_type(".usuarios.Usuario"); });
  ForeignProvider streams([&](FileDescriptorProto& file) { method(file)->set_server_streaming(true); });
  for (ServiceProvider* provider : {&other, &streams}) {
    EXPECT_EQ(Find({{"remoto", provider}}).status(),
              absl::FailedPreconditionError(
                  "'remoto' offers usuarios.Usuarios.ObterUsuario with other messages, or streams otherwise, than its "
                  "caller was built with; build the caller with the .proto file of the service"));
  }
}

// --- a provider that is exchanged for another ---

class ExchangeTest : public ServiceClientTest {
 protected:
  ObterStub Stub() {
    return ServiceClient::Find(port_, Usuarios(), log_)
        ->Unary<ObterUsuarioRequest, ObterUsuarioResponse>("ObterUsuario");
  }

  UsuariosProvider next_;
  ServicePort port_{ServicePort::Providers{{"usuarios", &usuarios_}}};
};

TEST_F(ExchangeTest, AStubCallsTheProviderOfNow) {
  const ObterStub obter = Stub(), copy = obter;
  EXPECT_TRUE(Obter(obter, "u1").ok());
  EXPECT_NE(usuarios_.request, nullptr);
  usuarios_.request = nullptr;
  port_.Exchange({{"usuarios", &next_}});
  EXPECT_TRUE(Obter(obter, "u2").ok());
  EXPECT_TRUE(Obter(copy, "u3").ok());
  EXPECT_EQ(usuarios_.request, nullptr);
  EXPECT_NE(next_.request, nullptr);
}

TEST_F(ExchangeTest, WhatWasOfferedIsHeldUntilItsCallsHaveEnded) {
  const ObterStub obter = Stub();
  std::optional<absl::Status> ended;
  request_.set_id("waits");
  TestCall waiting;
  Spawn(obter(waiting, request_, response_), [&](absl::Status status) { ended = std::move(status); });
  const std::weak_ptr<const ServicePort::Offers> before = port_.Exchange({{"usuarios", &next_}});
  EXPECT_FALSE(before.expired());
  EXPECT_TRUE(Obter(obter, "u1").ok());
  EXPECT_FALSE(ended.has_value());
  waiting.Cancel(absl::CancelledError("enough"));
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(*ended, absl::CancelledError("enough"));
  EXPECT_TRUE(before.expired());
}

TEST_F(ExchangeTest, AServiceThatIsGoneIsUnavailableUntilItIsBack) {
  const ObterStub obter = Stub();
  port_.Exchange({{"streams", &streams_}});
  absl::Status status = Obter(obter, "u1");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("usuarios.Usuarios is not offered by 'streams'"));
  port_.Exchange({{"usuarios", &next_}});
  EXPECT_TRUE(Obter(obter, "u1").ok());
}

TEST_F(ExchangeTest, TellsThoseWhoListenAfterEachExchange) {
  std::vector<std::string> seen;
  std::shared_ptr<void> listens = port_.OnExchange([&] { seen.push_back(port_.Now()->services.at(0).provider); });
  ServicePort copy = port_;
  copy.Exchange({{"next", &next_}});
  copy.Exchange({{"usuarios", &usuarios_}});
  listens.reset();
  copy.Exchange({{"next", &next_}});
  EXPECT_THAT(seen, ElementsAre("next", "usuarios"));
}

TEST_F(ExchangeTest, UnderLoadNoCallFails) {
  const ObterStub obter = Stub();
  std::atomic<bool> stop{false};
  std::atomic<int> calls{0}, failures{0};
  std::vector<std::thread> callers;
  ForeignProvider one, other;
  port_.Exchange({{"usuarios", &one}});
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&] {
      TestCall call;
      ObterUsuarioRequest request;
      ObterUsuarioResponse response;
      request.set_id("u1");
      while (!stop) {
        ++calls;
        if (!Await(obter(call, request, response)).ok() || response.usuario().id() != "u1") ++failures;
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    port_.Exchange({{"usuarios", i % 2 == 0 ? &other : &one}});
    std::this_thread::yield();
  }
  while (calls < 1000) std::this_thread::yield();
  stop = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace tomada
