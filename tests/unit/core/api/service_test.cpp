#include "tomada/service.h"

#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/recording_sink.h"
#include "support/sync.h"
#include "usuarios.pb.h"

namespace tomada {
namespace {

using testing::Await;
using testing::RecordingSink;
using testing::TestCall;
using usuarios::ExportarUsuariosRequest;
using usuarios::ObterUsuarioRequest;
using usuarios::ObterUsuarioResponse;
using usuarios::Usuario;

struct NotAnException {};

// Answers, or throws, by the id that is asked for.
class Handlers {
 public:
  Task<absl::Status> Obter(Call&, const ObterUsuarioRequest& request, ObterUsuarioResponse& response) {
    if (request.id() == "std") throw std::runtime_error("senha=segredo");
    if (request.id() == "other") throw NotAnException();
    if (request.id() == "absent") co_return absl::NotFoundError("no such user");
    response.mutable_usuario()->set_id(request.id());
    co_return absl::OkStatus();
  }

  // No coroutine: throws before there is a task.
  Task<absl::Status> ThrowsEarly(Call&, const ObterUsuarioRequest&, ObterUsuarioResponse&) {
    throw std::runtime_error("early");
  }

  Task<absl::Status> Exportar(Call&, const ExportarUsuariosRequest&, Writer<Usuario> responses) {
    Usuario usuario;
    for (const char* id : {"a", "b", "throw"}) {
      usuario.set_id(id);
      absl::Status written = co_await responses.Write(usuario);
      if (!written.ok()) co_return written;
    }
    throw NotAnException();
  }
};

class RecordingWriter : public MessageWriter {
 public:
  explicit RecordingWriter(size_t limit) : limit_(limit) {}
  Task<absl::Status> Write(const google::protobuf::Message& message) override {
    if (ids.size() == limit_) co_return absl::CancelledError("the client is gone");
    ids.push_back(static_cast<const Usuario&>(message).id());
    co_return absl::OkStatus();
  }
  std::vector<std::string> ids;

 private:
  const size_t limit_;
};

const google::protobuf::ServiceDescriptor& Descriptor() {
  return *Usuario::descriptor()->file()->FindServiceByName("Usuarios");
}

class InvokeTest : public ::testing::Test {
 protected:
  InvokeTest()
      : service_(ServiceBuilder(Descriptor())
                     .Unary("ObterUsuario", &handlers_, &Handlers::Obter)
                     .ServerStreaming("ExportarUsuarios", &handlers_, &Handlers::Exportar)
                     .Build()) {}

  const Method& method(std::string_view name) {
    for (const Method& method : service_.methods) {
      if (method.descriptor->name() == name) return method;
    }
    throw std::logic_error("no such method");
  }

  absl::Status Obter(std::string id) {
    ObterUsuarioRequest request;
    request.set_id(std::move(id));
    return Await(InvokeUnary(method("ObterUsuario"), call_, log_, request, response_));
  }

  Handlers handlers_;
  Service service_;
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
  Logger log_{sink_, "grpc"};
  TestCall call_;
  ObterUsuarioResponse response_;
};

TEST_F(InvokeTest, AServiceHasEveryMethodOfItsDescriptorInOrder) {
  ASSERT_EQ(service_.methods.size(), static_cast<size_t>(Descriptor().method_count()));
  for (int i = 0; i < Descriptor().method_count(); ++i) {
    EXPECT_EQ(service_.methods[i].descriptor, Descriptor().method(i));
    EXPECT_EQ(service_.methods[i].request_prototype->GetDescriptor(), Descriptor().method(i)->input_type());
    EXPECT_EQ(service_.methods[i].response_prototype->GetDescriptor(), Descriptor().method(i)->output_type());
  }
}

TEST_F(InvokeTest, AHandlerAnswersWithResponseOrStatus) {
  EXPECT_EQ(Obter("ana"), absl::OkStatus());
  EXPECT_EQ(response_.usuario().id(), "ana");
  EXPECT_EQ(Obter("absent"), absl::NotFoundError("no such user"));
  EXPECT_TRUE(sink_->lines.empty());
}

TEST_F(InvokeTest, WhatAHandlerThrowsGoesToTheLogAndNotToTheClient) {
  EXPECT_EQ(Obter("std"), absl::InternalError("internal error"));
  EXPECT_EQ(Obter("other"), absl::InternalError("internal error"));
  ASSERT_EQ(sink_->lines.size(), 2u);
  EXPECT_THAT(sink_->lines[0], ::testing::HasSubstr("error grpc: handler threw"));
  EXPECT_THAT(sink_->lines[0], ::testing::HasSubstr("method=usuarios.Usuarios.ObterUsuario"));
  EXPECT_THAT(sink_->lines[0], ::testing::HasSubstr("call=" + call_.id()));
  EXPECT_THAT(sink_->lines[0], ::testing::HasSubstr(R"(exception="senha=segredo")"));
  EXPECT_THAT(sink_->lines[1], ::testing::HasSubstr(R"(exception="not a std::exception")"));
}

TEST_F(InvokeTest, AHandlerThatThrowsBeforeItsTaskExistsIsCaughtToo) {
  const Service service =
      ServiceBuilder(Descriptor()).Unary("ObterUsuario", &handlers_, &Handlers::ThrowsEarly).Build();
  for (const Method& method : service.methods) {
    if (method.descriptor->name() != "ObterUsuario") continue;
    EXPECT_EQ(Await(InvokeUnary(method, call_, log_, ObterUsuarioRequest(), response_)),
              absl::InternalError("internal error"));
  }
  EXPECT_EQ(sink_->lines.size(), 1u);
}

TEST_F(InvokeTest, ACancelledCallIsNotHandled) {
  call_.Cancel(absl::DeadlineExceededError("late"));
  EXPECT_EQ(Obter("ana"), absl::DeadlineExceededError("late"));
  EXPECT_FALSE(response_.has_usuario());
  RecordingWriter writer(10);
  EXPECT_EQ(Await(InvokeServerStreaming(method("ExportarUsuarios"), call_, log_, ExportarUsuariosRequest(), writer)),
            absl::DeadlineExceededError("late"));
  EXPECT_TRUE(writer.ids.empty());
}

TEST_F(InvokeTest, AMethodWithoutSuchAHandlerIsUnimplemented) {
  usuarios::RemoverUsuarioRequest request;
  absl::Status status = Await(InvokeUnary(method("RemoverUsuario"), call_, log_, request, response_));
  EXPECT_EQ(status, absl::UnimplementedError("usuarios.Usuarios.RemoverUsuario is not implemented"));
  status = Await(InvokeUnary(method("ExportarUsuarios"), call_, log_, ExportarUsuariosRequest(), response_));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  RecordingWriter writer(1);
  status = Await(InvokeServerStreaming(method("ObterUsuario"), call_, log_, ObterUsuarioRequest(), writer));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
}

TEST_F(InvokeTest, AStreamEndsWithItsClientOrItsException) {
  RecordingWriter impatient(1), patient(10);
  const Method& exportar = method("ExportarUsuarios");
  EXPECT_EQ(Await(InvokeServerStreaming(exportar, call_, log_, ExportarUsuariosRequest(), impatient)),
            absl::CancelledError("the client is gone"));
  EXPECT_EQ(Await(InvokeServerStreaming(exportar, call_, log_, ExportarUsuariosRequest(), patient)),
            absl::InternalError("internal error"));
  EXPECT_THAT(patient.ids, ::testing::ElementsAre("a", "b", "throw"));
  EXPECT_EQ(sink_->lines.size(), 1u);
}

class Mistakes {
 public:
  Task<absl::Status> Obter(Call&, const ObterUsuarioRequest&, ObterUsuarioResponse&) { co_return absl::OkStatus(); }
  Task<absl::Status> OtherTypes(Call&, const ObterUsuarioRequest&, Usuario&) { co_return absl::OkStatus(); }
  Task<absl::Status> NoStream(Call&, const ExportarUsuariosRequest&, Usuario&) { co_return absl::OkStatus(); }
  Task<absl::Status> Stream(Call&, const ObterUsuarioRequest&, Writer<ObterUsuarioResponse>) {
    co_return absl::OkStatus();
  }
};

TEST(ServiceBuilder, RefusesWhatTheDescriptorDoesNotSay) {
  Mistakes mistakes;
  EXPECT_THROW(ServiceBuilder(Descriptor()).Unary("Obter", &mistakes, &Mistakes::Obter), std::logic_error);
  EXPECT_THROW(ServiceBuilder(Descriptor()).Unary("ObterUsuario", &mistakes, &Mistakes::OtherTypes), std::logic_error);
  EXPECT_THROW(ServiceBuilder(Descriptor()).Unary("ExportarUsuarios", &mistakes, &Mistakes::NoStream),
               std::logic_error);
  EXPECT_THROW(ServiceBuilder(Descriptor()).ServerStreaming("ObterUsuario", &mistakes, &Mistakes::Stream),
               std::logic_error);
  ServiceBuilder builder(Descriptor());
  builder.Unary("ObterUsuario", &mistakes, &Mistakes::Obter);
  EXPECT_THROW(builder.Unary("ObterUsuario", &mistakes, &Mistakes::Obter), std::logic_error);
}

TEST(CheckExposure, InternalServicesStayOnLoopback) {
  Service service;
  service.descriptor = usuarios::Usuario::descriptor()->file()->FindServiceByName("Usuarios");
  const HostPort everywhere{"0.0.0.0", 9901};
  EXPECT_TRUE(CheckExposure(service, "usuarios", everywhere, "expose_internal").ok());
  service.internal = true;
  EXPECT_EQ(CheckExposure(service, "admin", everywhere, "expose_internal"),
            absl::PermissionDeniedError("usuarios.Usuarios of 'admin' is internal and 0.0.0.0:9901 is no loopback "
                                        "address: listen on 127.0.0.1, or say expose_internal: true"));
  for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "localhost"})
    EXPECT_TRUE(CheckExposure(service, "admin", HostPort{host, 1}, "").ok()) << host;
  for (const char* host : {"::", "10.0.0.1", "128.0.0.1", "::ffff:1.2.3.4", "example.com", "localhost.example.com"})
    EXPECT_FALSE(CheckExposure(service, "admin", HostPort{host, 1}, "").ok()) << host;
}

class VisibilityTest : public ::testing::Test {
 protected:
  VisibilityTest() : service_(ServiceBuilder(Descriptor()).Build()) {
    service_.visible = [](Call& call, const google::protobuf::MethodDescriptor& method) -> Task<bool> {
      if (method.name() == "CriarUsuario") throw std::runtime_error("segredo");
      co_return call.principal() != nullptr || method.name() == "ObterUsuario";
    };
  }

  bool Sees(const std::string& method) {
    return Await(MaySee(service_, call_, *Descriptor().FindMethodByName(method), log_));
  }

  Service service_;
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
  Logger log_{sink_, "grpc"};
  TestCall call_;
};

TEST_F(VisibilityTest, IsWhatTheServiceSays) {
  EXPECT_TRUE(Sees("ObterUsuario"));
  EXPECT_FALSE(Sees("ExportarUsuarios"));
  call_.set_principal(std::make_shared<Principal>());
  EXPECT_TRUE(Sees("ExportarUsuarios"));
  EXPECT_TRUE(sink_->lines.empty());
}

TEST_F(VisibilityTest, WhoseQuestionThrowsIsHidden) {
  EXPECT_FALSE(Sees("CriarUsuario"));
  service_.visible = [](Call&, const google::protobuf::MethodDescriptor&) -> Task<bool> { throw NotAnException(); };
  EXPECT_FALSE(Sees("ObterUsuario")) << "before there is a task";
  ASSERT_EQ(sink_->lines.size(), 2u);
  EXPECT_THAT(sink_->lines[0], ::testing::HasSubstr("who may see a method method=usuarios.Usuarios.CriarUsuario call=" +
                                                    call_.id() + " exception=segredo"));
}

TEST_F(VisibilityTest, ACallThatIsCancelledSeesNothing) {
  const Service open = ServiceBuilder(Descriptor()).Build();
  EXPECT_TRUE(Await(MaySee(open, call_, *Descriptor().method(0), log_)));
  call_.Cancel(absl::CancelledError("the client is gone"));
  EXPECT_FALSE(Await(MaySee(open, call_, *Descriptor().method(0), log_)));
  EXPECT_FALSE(Sees("ObterUsuario"));
}

TEST_F(VisibilityTest, WhatIsHiddenIsFoundForAllServices) {
  const Service open = ServiceBuilder(Descriptor()).Build();
  const auto hidden = Await(HiddenFrom(call_, {&open, &service_}, log_));
  EXPECT_EQ(hidden.size(), static_cast<size_t>(Descriptor().method_count()) - 1);
  EXPECT_FALSE(hidden.contains(Descriptor().FindMethodByName("ObterUsuario")));
  EXPECT_TRUE(Await(HiddenFrom(call_, {&open}, log_)).empty());
}

}  // namespace
}  // namespace tomada
