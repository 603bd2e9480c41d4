// No password leaves the service: not in a response, an error, a log line or the store, in any usual spelling.
#include <sodium.h>

#include <google/rpc/status.pb.h>

#include <absl/strings/escaping.h>

#include "fixture.h"
#include "support/own_memory.h"
#include "tomada/status.h"

namespace tomada::usuarios {
namespace {

using testing::Canary;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCanary[] = "c4n\xc3\xa1rio+/ se~cre%to";  // each encoding changes it

class SecrecyTest : public UsuariosTest {
 protected:
  // Everything that a transport would send for this call.
  template <class Response>
  void Keep(const absl::StatusOr<Response>& response) {
    if (response.ok()) {
      seen_ += response->SerializeAsString() + response->DebugString();
    } else {
      seen_ += ToRpcStatus(response.status()).SerializeAsString() + response.status().ToString();
    }
  }

  void ExpectNoTrace() {
    std::string url;
    for (unsigned char c : std::string(kCanary)) url += absl::StrCat("%", absl::Hex(c, absl::kZeroPad2));
    for (const std::string& spelling :
         {std::string(kCanary), absl::Base64Escape(kCanary), absl::WebSafeBase64Escape(kCanary),
          absl::BytesToHexString(kCanary), url, absl::CEscape(kCanary), absl::Utf8SafeCEscape(kCanary)}) {
      // The last character of base64 depends on what follows.
      EXPECT_THAT(seen_, Not(HasSubstr(spelling.substr(0, spelling.size() - 3))));
    }
  }

  std::string seen_;
};

TEST_F(SecrecyTest, NoTraceOfAPasswordAnywhere) {
  Keep(Criar(NewUsuario("ana", "Ana", "ana@exemplo.com", kCanary)));
  Keep(Criar(NewUsuario("ana", "Ana", "b@exemplo.com", kCanary)));  // taken
  Keep(Criar(NewUsuario("b c", "", "ana", kCanary)));               // invalid all over
  Keep(Criar(NewUsuario("b", "B", "b@exemplo.com", std::string(kCanary) + "\xff")));
  Keep(Criar(NewUsuario("b", "B", "b@exemplo.com", std::string(900, 'x') + kCanary + std::string(900, 'x'))));
  api::CriarUsuarioRequest named;
  *named.mutable_usuario() = NewUsuario("", "C", "c@exemplo.com", kCanary);
  named.set_id_requisicao("req");
  Keep(Criar(named));
  Keep(Criar(named));
  seen_ += table_.last_operation->memo + table_.last_operation->request_digest;
  named.mutable_usuario()->set_nome("D");
  Keep(Criar(named));  // another request
  Keep(Atualizar(NewUsuario("ana", "", "", kCanary)));
  Keep(Atualizar(NewUsuario("ana", "Ana B", "", kCanary), {"nome", "senha", "bad"}));
  Keep(Atualizar(NewUsuario("x", "", "", kCanary)));
  Keep(Verificar("ana@exemplo.com", kCanary));
  Keep(Verificar("b@exemplo.com", kCanary));
  Keep(Verificar(kCanary, kCanary));
  Keep(Buscar("ana@exemplo.com"));
  Keep(Obter("ana"));
  Keep(Invoke<api::ObterUsuariosResponse>("ObterUsuarios", api::ObterUsuariosRequest()));
  table_.before = [](std::string_view) -> absl::Status { throw std::runtime_error("engine failure"); };
  Keep(Criar(NewUsuario("e", "E", "e@exemplo.com", kCanary)));
  Keep(Verificar("ana@exemplo.com", kCanary));
  pool_.Stop();
  Keep(Criar(NewUsuario("f", "F", "f@exemplo.com", kCanary)));
  seen_ += kept_log_->text();
  EXPECT_THAT(kept_log_->text(), HasSubstr("engine failure"));
  EXPECT_EQ(StoredUsuario("ana").email(), "ana@exemplo.com");
  seen_ += StoredRecord("ana")->value;
  ExpectNoTrace();
}

TEST_F(SecrecyTest, NoResponseHoldsTheHash) {
  ASSERT_TRUE(Criar(NewUsuario("ana", "Ana", "ana@exemplo.com", kCanary)).ok());
  Keep(Obter("ana"));
  Keep(Buscar("ana@exemplo.com"));
  Keep(Verificar("ana@exemplo.com", kCanary));
  Keep(Atualizar(NewUsuario("ana", "Ana B", "")));
  Keep(Invoke<api::ObterUsuariosResponse>("ObterUsuarios", api::ObterUsuariosRequest()));
  EXPECT_THAT(seen_, Not(HasSubstr("argon2")));
  EXPECT_THAT(StoredRecord("ana")->value, HasSubstr("$argon2id$"));
}

TEST_F(SecrecyTest, TheServiceLeavesNoCopyOfAPasswordInMemory) {
  const Canary canary(20);
  const auto unmask_into = [&canary](std::string& senha) {
    senha.reserve(64);
    canary.Write([&senha](char c) { senha += c; });
  };
  TestCall call;
  api::CriarUsuarioRequest creation;
  *creation.mutable_usuario() = NewUsuario("ana", "Ana", "ana@exemplo.com");
  creation.set_id_requisicao("req");
  unmask_into(*creation.mutable_usuario()->mutable_senha());
  ASSERT_EQ(canary.CopiesInMemory(), 1u);  // the request's own

  EXPECT_TRUE(Invoke<api::CriarUsuarioResponse>("CriarUsuario", creation, call).ok());
  std::string& in_creation = *creation.mutable_usuario()->mutable_senha();
  api::VerificarSenhaRequest verification;
  verification.set_email("ana@exemplo.com");
  unmask_into(*verification.mutable_senha());
  EXPECT_TRUE(Invoke<api::VerificarSenhaResponse>("VerificarSenha", verification, call).ok());

  sodium_memzero(in_creation.data(), in_creation.size());
  sodium_memzero(verification.mutable_senha()->data(), verification.mutable_senha()->size());
  EXPECT_EQ(canary.CopiesInMemory(), 0u);
}

}  // namespace
}  // namespace tomada::usuarios
