#include <set>

#include <fmt/format.h>

#include "fixture.h"

namespace tomada::usuarios {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

using CriarUsuarioTest = UsuariosTest;

TEST_F(CriarUsuarioTest, ReturnsWhatItStored) {
  auto created = Criar(NewUsuario("ana", "Ana Maria", "Ana@Exemplo.com", "segredo123"));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->id(), "ana");
  EXPECT_EQ(created->nome(), "Ana Maria");
  EXPECT_EQ(created->email(), "Ana@Exemplo.com");
  EXPECT_EQ(created->senha(), "");
  EXPECT_EQ(TimeOf(created->criado_em()), now());
  EXPECT_EQ(TimeOf(created->atualizado_em()), now());
  EXPECT_FALSE(created->versao().empty());
  EXPECT_FALSE(created->has_expira_em());
  EXPECT_EQ(Obter("ana")->SerializeAsString(), created->SerializeAsString());
}

TEST_F(CriarUsuarioTest, MakesAnIdWhenTheClientGivesNone) {
  std::set<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    auto created = Criar(NewUsuario("", "A", fmt::format("a{}@b", i)));
    ASSERT_TRUE(created.ok()) << created.status();
    EXPECT_THAT(created->id(), MatchesRegex("[0-9a-f]+-[0-9a-f]+-7[0-9a-f]+-[89ab][0-9a-f]+-[0-9a-f]+"));
    ids.insert(created->id());
  }
  EXPECT_EQ(ids.size(), 10u);
}

TEST_F(CriarUsuarioTest, IgnoresWhatOnlyTheServiceSets) {
  api::Usuario usuario = NewUsuario("ana", "Ana", "a@b");
  usuario.mutable_criado_em()->set_seconds(1);
  usuario.mutable_atualizado_em()->set_seconds(2);
  usuario.set_versao("mine");
  auto created = Criar(usuario);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(TimeOf(created->criado_em()), now());
  EXPECT_EQ(TimeOf(created->atualizado_em()), now());
  EXPECT_NE(created->versao(), "mine");
}

TEST_F(CriarUsuarioTest, StoresAHashAndOnlyThat) {
  ASSERT_TRUE(Criar(NewUsuario("com", "A", "a@b", "segredo123")).ok());
  EXPECT_TRUE(StoredUsuario("com").senha_hash().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
  ASSERT_TRUE(Criar(NewUsuario("sem", "A", "b@b")).ok());
  EXPECT_EQ(StoredUsuario("sem").senha_hash(), "");
}

TEST_F(CriarUsuarioTest, ATakenIdIsNamed) {
  ASSERT_TRUE(Criar(NewUsuario("ana", "A", "a@b")).ok());
  absl::Status status = Criar(NewUsuario("ana", "B", "b@b")).status();
  EXPECT_EQ(TakenField(status), "id");
  EXPECT_THAT(std::string(status.message()), HasSubstr("id"));
  EXPECT_EQ(Obter("ana")->nome(), "A");
}

TEST_F(CriarUsuarioTest, ATakenEmailIsNamed) {
  ASSERT_TRUE(Criar(NewUsuario("ana", "A", " JOÃO@Exemplo.com ")).ok());
  EXPECT_EQ(Obter("ana")->email(), "JOÃO@Exemplo.com");
  for (const char* email : {"joão@exemplo.com", "\tJoão@EXEMPLO.COM", "joa\u0303o@exemplo.com"}) {
    absl::Status status = Criar(NewUsuario("other", "B", email)).status();
    EXPECT_EQ(TakenField(status), "email");
    EXPECT_THAT(std::string(status.message()), HasSubstr("email"));
  }
  EXPECT_EQ(Obter("other").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(CriarUsuarioTest, ATemporaryUserIsGoneAndItsEmailFreeAtThatInstant) {
  api::Usuario usuario = NewUsuario("t", "A", "a@b");
  ToTimestamp(now() + absl::Seconds(10), *usuario.mutable_expira_em());
  auto created = Criar(usuario);
  ASSERT_TRUE(created.ok()) << created.status();
  absl::Time expiry = TimeOf(created->expira_em());
  EXPECT_EQ(expiry, ToExpiry(now() + absl::Seconds(10)));
  EXPECT_EQ(TimeOf(Obter("t")->expira_em()), expiry);

  Advance(expiry - now() - absl::Milliseconds(1));
  EXPECT_TRUE(Obter("t").ok());
  EXPECT_EQ(TakenField(Criar(NewUsuario("n", "B", "a@b")).status()), "email");
  Advance(absl::Milliseconds(1));
  EXPECT_EQ(Obter("t").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Buscar("a@b").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Criar(NewUsuario("n", "B", "a@b")).ok());
  EXPECT_TRUE(Criar(NewUsuario("t", "C", "c@b")).ok());
}

TEST_F(CriarUsuarioTest, NothingIsStoredOfAnInvalidRequest) {
  EXPECT_THAT(ViolatedFields(Criar(NewUsuario("ana", "", "a@b")).status()), ElementsAre("usuario.nome"));
  EXPECT_EQ(StoredRecord("ana"), nullptr);
}

class RetriedCreateTest : public UsuariosTest {
 protected:
  static api::CriarUsuarioRequest Request(std::string id = "") {
    api::CriarUsuarioRequest request;
    *request.mutable_usuario() = NewUsuario(std::move(id), "Ana", "ana@exemplo.com", "segredo123");
    request.set_id_requisicao("req-1");
    return request;
  }
};

TEST_F(RetriedCreateTest, IsAppliedOnceAndAnswersTheSame) {
  auto first = Criar(Request());
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(first->id(), MatchesRegex("[0-9a-f]+-[0-9a-f]+-8[0-9a-f]+-[89ab][0-9a-f]+-[0-9a-f]+"));
  std::string stored = StoredRecord(first->id())->value;
  Advance(absl::Minutes(59));
  auto second = Criar(Request());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(StoredRecord(first->id())->value, stored);
}

TEST_F(RetriedCreateTest, AnswersTheFirstResultAfterAnUpdateAndAfterARemove) {
  auto first = Criar(Request("ana"));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->id(), "ana");
  ASSERT_TRUE(Atualizar(NewUsuario("ana", "Outra", "outra@exemplo.com")).ok());
  EXPECT_EQ(Criar(Request("ana"))->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Obter("ana")->nome(), "Outra");
  ASSERT_TRUE(Remover("ana").ok());
  EXPECT_EQ(Criar(Request("ana"))->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Obter("ana").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RetriedCreateTest, AnswersTheSameForATemporaryUser) {
  api::CriarUsuarioRequest request = Request();
  ToTimestamp(now() + absl::Hours(1), *request.mutable_usuario()->mutable_expira_em());
  auto first = Criar(request);
  Advance(absl::Seconds(1));
  EXPECT_EQ(Criar(request)->SerializeAsString(), first->SerializeAsString());
}

TEST_F(RetriedCreateTest, AnotherRequestWithTheSameIdIsRefused) {
  ASSERT_TRUE(Criar(Request()).ok());
  auto refused = [this](auto change) {
    api::CriarUsuarioRequest request = Request();
    change(*request.mutable_usuario());
    EXPECT_THAT(ViolatedFields(Criar(request).status()), ElementsAre("id_requisicao"));
  };
  refused([](auto& usuario) { usuario.set_nome("Ana B"); });
  refused([](auto& usuario) { usuario.set_email("b@exemplo.com"); });
  refused([](auto& usuario) { usuario.clear_senha(); });
  refused([](auto& usuario) { usuario.mutable_expira_em()->set_seconds(4'000'000'000); });
}

// On every store, whether it remembers operations by record or by table.
TEST_F(RetriedCreateTest, IdRequisicaoCountsForTheIdItComesWith) {
  ASSERT_TRUE(Criar(Request("ana")).ok());
  api::CriarUsuarioRequest other = Request("bia");
  EXPECT_EQ(TakenField(Criar(other).status()), "email");
  other.mutable_usuario()->set_email("bia@exemplo.com");
  auto created = Criar(other);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->id(), "bia");
  EXPECT_EQ(Criar(other)->SerializeAsString(), created->SerializeAsString());
  other.mutable_usuario()->set_id("ana");
  EXPECT_THAT(ViolatedFields(Criar(other).status()), ElementsAre("id_requisicao"));
}

TEST_F(RetriedCreateTest, OfATemporaryUserCanBeRepeatedUntilItExpires) {
  api::CriarUsuarioRequest request = Request();
  ToTimestamp(now() + absl::Minutes(1), *request.mutable_usuario()->mutable_expira_em());
  ASSERT_TRUE(Criar(request).ok());
  Advance(absl::Minutes(2));
  EXPECT_THAT(ViolatedFields(Criar(request).status()), ElementsAre("usuario.expira_em"));
}

TEST_F(RetriedCreateTest, OtherRequestsMakeOtherUsers) {
  auto first = Criar(Request());
  api::CriarUsuarioRequest other = Request();
  other.set_id_requisicao("req-2");
  other.mutable_usuario()->set_email("b@exemplo.com");
  auto second = Criar(other);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(first->id(), second->id());
}

TEST_F(RetriedCreateTest, AFailedFirstAttemptIsNotRemembered) {
  table_.before = [](std::string_view) { return absl::UnavailableError("connection refused"); };
  EXPECT_EQ(Criar(Request()).status(), absl::UnavailableError("connection refused"));
  table_.before = [](std::string_view) { return absl::OkStatus(); };
  EXPECT_TRUE(Criar(Request()).ok());
}

TEST_F(RetriedCreateTest, WithoutIdRequisicaoEachRequestIsItsOwn) {
  api::CriarUsuarioRequest request = Request("ana");
  request.clear_id_requisicao();
  ASSERT_TRUE(Criar(request).ok());
  EXPECT_EQ(TakenField(Criar(request).status()), "id");
}

// What is remembered of a request is stored as long as the operation is.
TEST_F(RetriedCreateTest, TheRememberedDigestDoesNotDependOnThePassword) {
  ASSERT_TRUE(Criar(Request()).ok());
  Operation first = *table_.last_operation;
  api::CriarUsuarioRequest request = Request();
  request.mutable_usuario()->set_senha("outrosegredo");
  ASSERT_TRUE(Criar(request).ok());
  EXPECT_EQ(table_.last_operation->request_digest, first.request_digest);
  EXPECT_EQ(first.request_digest.size(), 32u);
}

}  // namespace
}  // namespace tomada::usuarios
