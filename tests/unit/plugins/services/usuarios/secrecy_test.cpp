// No password leaves the service: not in a response, an error, a log line or the store, in any usual spelling.
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include <google/rpc/status.pb.h>

#include <absl/strings/escaping.h>

#include "fixture.h"
#include "tomada/status.h"

namespace tomada::usuarios {
namespace {

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

// How often `masked`, each byte of it xor 0xff, is found unmasked in the writable memory of this process.
int CopiesInMemory(const std::string& masked) {
  int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  std::ifstream maps("/proc/self/maps");
  int copies = 0;
  std::vector<char> buffer(1 << 20);
  for (std::string line; std::getline(maps, line);) {
    uint64_t begin = 0, end = 0;
    char dash = 0;
    std::string mode;
    std::istringstream(line) >> std::hex >> begin >> dash >> end >> mode;
    // What is larger is address space that a sanitizer keeps for itself.
    if (!mode.starts_with("rw") || end - begin > (uint64_t{1} << 30)) continue;
    for (uint64_t at = begin; at < end; at += buffer.size() - masked.size()) {
      ssize_t size = pread(memory, buffer.data(), std::min<uint64_t>(buffer.size(), end - at), static_cast<off_t>(at));
      if (size <= 0) break;
      auto differs_by_mask = [](char a, char b) { return a == static_cast<char>(~b); };
      auto found = std::search(buffer.begin(), buffer.begin() + size, masked.begin(), masked.end(), differs_by_mask);
      if (found != buffer.begin() + size) ++copies;
      sodium_memzero(buffer.data(), buffer.size());
    }
  }
  close(memory);
  return copies;
}

TEST_F(SecrecyTest, TheServiceLeavesNoCopyOfAPasswordInMemory) {
  std::string masked(48, '\0');
  for (char& c : masked) c = static_cast<char>(~('a' + randombytes_uniform(26)));
  auto unmask_into = [&masked](std::string& senha) {
    senha.resize(masked.size());
    std::transform(masked.begin(), masked.end(), senha.begin(), [](char c) { return static_cast<char>(~c); });
  };
  TestCall call;
  api::CriarUsuarioRequest creation;
  *creation.mutable_usuario() = NewUsuario("ana", "Ana", "ana@exemplo.com");
  creation.set_id_requisicao("req");
  unmask_into(*creation.mutable_usuario()->mutable_senha());
  ASSERT_EQ(CopiesInMemory(masked), 1);  // the request's own

  EXPECT_TRUE(Invoke<api::CriarUsuarioResponse>("CriarUsuario", creation, call).ok());
  std::string& in_creation = *creation.mutable_usuario()->mutable_senha();
  api::VerificarSenhaRequest verification;
  verification.set_email("ana@exemplo.com");
  unmask_into(*verification.mutable_senha());
  EXPECT_TRUE(Invoke<api::VerificarSenhaResponse>("VerificarSenha", verification, call).ok());

  sodium_memzero(in_creation.data(), in_creation.size());
  sodium_memzero(verification.mutable_senha()->data(), verification.mutable_senha()->size());
  EXPECT_EQ(CopiesInMemory(masked), 0);
}

}  // namespace
}  // namespace tomada::usuarios
