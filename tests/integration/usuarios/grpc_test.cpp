// The user service through gRPC, with the client that grpc++ generates.
#include <gmock/gmock.h>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "integration/usuarios/stack.h"
#include "support/http_client.h"
#include "usuarios.grpc.pb.h"

namespace tomada::testing {
namespace {

using namespace ::usuarios;  // NOLINT: the messages under test
using ::testing::HasSubstr;
using ::testing::Not;

std::unique_ptr<Usuarios::Stub> StubFor(const Stack& stack) {
  return Usuarios::NewStub(grpc::CreateChannel(stack.grpc_address(), grpc::InsecureChannelCredentials()));
}

class UsuariosGrpc : public ::testing::TestWithParam<Topology> {
 protected:
  static Stack& shared() {
    static std::map<Topology, std::unique_ptr<Stack>> stacks;
    std::unique_ptr<Stack>& stack = stacks[GetParam()];
    if (stack == nullptr) stack = std::make_unique<Stack>(GetParam());
    return *stack;
  }

  grpc::Status Create(Usuario* usuario, const std::string& id_requisicao = "") {
    grpc::ClientContext context;
    CriarUsuarioRequest request;
    *request.mutable_usuario() = *usuario;
    request.set_id_requisicao(id_requisicao);
    CriarUsuarioResponse response;
    grpc::Status status = stub_->CriarUsuario(&context, request, &response);
    if (status.ok()) *usuario = response.usuario();
    return status;
  }

  static Usuario Named(const std::string& nome, const std::string& email) {
    Usuario usuario;
    usuario.set_nome(nome);
    usuario.set_email(email);
    return usuario;
  }

  Stack& stack_ = shared();
  std::unique_ptr<Usuarios::Stub> stub_ = StubFor(stack_);
};

TEST_P(UsuariosGrpc, AnOldClientSeesWhatItSawBefore) {
  Usuario ana = Named("Ana", "old@example.com");
  ana.set_senha("correct horse");
  ASSERT_TRUE(Create(&ana).ok());
  EXPECT_THAT(ana.senha(), ::testing::IsEmpty());
  EXPECT_EQ(ana.id().size(), 36u) << "a UUID";

  grpc::ClientContext context;
  ObterUsuariosResponse all;
  ASSERT_TRUE(stub_->ObterUsuarios(&context, {}, &all).ok());
  EXPECT_TRUE(
      std::any_of(all.usuarios().begin(), all.usuarios().end(), [&](const Usuario& u) { return u.id() == ana.id(); }));
  EXPECT_THAT(all.proximo_token(), ::testing::IsEmpty()) << "every user, not a first page";
}

TEST_P(UsuariosGrpc, TellsAllThatIsWrongInTheDetails) {
  Usuario wrong = Named("", "nobody");
  grpc::Status status = Create(&wrong);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  ASSERT_EQ(details.details_size(), 1);
  google::rpc::BadRequest bad;
  ASSERT_TRUE(details.details(0).UnpackTo(&bad));
  std::set<std::string> fields;
  for (const auto& violation : bad.field_violations()) fields.insert(violation.field());
  EXPECT_EQ(fields, (std::set<std::string>{"usuario.nome", "usuario.email"}));
}

TEST_P(UsuariosGrpc, ARetriedCreateIsAppliedOnce) {
  Usuario first = Named("Retry", "retry@example.com");
  first.set_senha("correct horse");
  Usuario again = first, other = first;
  ASSERT_TRUE(Create(&first, "requisicao-1").ok());
  ASSERT_TRUE(Create(&again, "requisicao-1").ok());
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  other.set_nome("Somebody else");
  EXPECT_EQ(Create(&other, "requisicao-1").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_P(UsuariosGrpc, OneWinnerForAnEmail) {
  std::atomic<int> won = 0, taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      Usuario usuario = Named("Race", "race@example.com");
      grpc::Status status = Create(&usuario);
      won += status.ok();
      taken += status.error_code() == grpc::StatusCode::ALREADY_EXISTS &&
               status.error_message().find("email") != std::string::npos;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(taken, 7);
}

TEST_P(UsuariosGrpc, ADeadlineThatExpiresEndsTheCall) {
  Usuario ana = Named("Slow", "slow@example.com");
  ana.set_senha("correct horse");
  ASSERT_TRUE(Create(&ana).ok());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(2));
  VerificarSenhaRequest request;
  request.set_email("slow@example.com");
  request.set_senha("correct horse");
  VerificarSenhaResponse response;
  EXPECT_EQ(stub_->VerificarSenha(&context, request, &response).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

// Hashing is the bottleneck on purpose: what waits beyond the queue is refused, what the client gave up is not done.
TEST_P(UsuariosGrpc, AFloodOfPasswordsIsRefusedAtOnceAndCancelledCallsAreDropped) {
  using std::chrono::steady_clock;
  Usuario before = Named("Before", "before@example.com");
  before.set_senha("correct horse");
  const auto begin = steady_clock::now();
  ASSERT_TRUE(Create(&before).ok());
  const auto hash = steady_clock::now() - begin;

  constexpr int kCalls = 300;
  std::atomic<int> finished = 0, exhausted = 0;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  VerificarSenhaRequest request;
  request.set_email("nobody@example.com");
  request.set_senha("correct horse");
  std::vector<VerificarSenhaResponse> responses(kCalls);
  for (int i = 0; i < kCalls; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    stub_->async()->VerificarSenha(contexts.back().get(), &request, &responses[i], [&](grpc::Status status) {
      exhausted += status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
      ++finished;
      finished.notify_all();
    });
  }
  for (auto& context : contexts) context->TryCancel();
  for (int seen = 0; seen < kCalls; seen = finished) finished.wait(seen);
  // The calls have ended here before the server knows. Then it answers again: nothing of the flood is left to do, which
  // would take its two threads sixteen hashes.
  Usuario after = Named("After", "after@example.com");
  after.set_senha("correct horse");
  const auto patience = steady_clock::now() + 8 * hash;
  grpc::Status created;
  do {
    created = Create(&after);
  } while (created.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED && steady_clock::now() < patience);
  EXPECT_TRUE(created.ok()) << created.error_message();
  EXPECT_LT(steady_clock::now(), patience);
  EXPECT_TRUE(stack_.servidor().running());
}

TEST_P(UsuariosGrpc, ExportsEveryUser) {
  for (int i = 0; i < 250; ++i) {
    Usuario usuario = Named("Export", "export" + std::to_string(i) + "@example.com");
    ASSERT_TRUE(Create(&usuario).ok());
  }
  grpc::ClientContext context;
  auto reader = stub_->ExportarUsuarios(&context, {});
  std::set<std::string> exported;
  for (Usuario usuario; reader->Read(&usuario);) {
    EXPECT_TRUE(exported.insert(usuario.id()).second) << "twice";
    EXPECT_THAT(usuario.senha(), ::testing::IsEmpty());
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_GE(exported.size(), 250u);
}

INSTANTIATE_TEST_SUITE_P(Topologies, UsuariosGrpc, ::testing::Values(Topology::kOneProcess, Topology::kTwoProcesses),
                         [](const auto& topology) {
                           return topology.param == Topology::kOneProcess ? "OneProcess" : "TwoProcesses";
                         });

TEST(UsuariosGrpcLimits, AListThatDoesNotFitSaysHowToPage) {
  Stack stack(Topology::kOneProcess, {"--set", "components.usuarios.config.max_list_bytes=4KiB"});
  auto stub = StubFor(stack);
  for (int i = 0; i < 100; ++i) {
    grpc::ClientContext context;
    CriarUsuarioRequest request;
    request.mutable_usuario()->set_nome("Fill");
    request.mutable_usuario()->set_email("fill" + std::to_string(i) + "@example.com");
    CriarUsuarioResponse response;
    ASSERT_TRUE(stub->CriarUsuario(&context, request, &response).ok());
  }
  grpc::ClientContext context;
  ObterUsuariosResponse response;
  grpc::Status status = stub->ObterUsuarios(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("tamanho_pagina"));
  EXPECT_THAT(status.error_message(), HasSubstr("token_pagina"));
}

// The front end in its own process, while the server is away.
TEST(UsuariosTwoProcesses, TheFrontEndSaysThatTheServerIsDown) {
  Stack stack(Topology::kTwoProcesses);
  stack.servidor().Signal(SIGKILL);
  stack.servidor().Wait();
  HttpClient client(stack.http_address());
  HttpResponse response = client.Request("GET", "/usuarios/ana");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr(stack.grpc_address())) << "the operator learns what cannot be reached";
}

}  // namespace
}  // namespace tomada::testing
