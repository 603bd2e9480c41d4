#include "validation.h"

#include "fixture.h"

namespace tomada::usuarios {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'750'000'000);

api::CriarUsuarioRequest CreationOf(const api::Usuario& usuario) {
  api::CriarUsuarioRequest request;
  *request.mutable_usuario() = usuario;
  return request;
}

absl::Status CheckNew(const api::Usuario& usuario) { return Validate(CreationOf(usuario), kNow); }

std::string Repeat(std::string_view text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

TEST(ValidationTest, AcceptsTheSmallestAndTheLargest) {
  EXPECT_EQ(CheckNew(NewUsuario("", "A", "a@b")), absl::OkStatus());
  EXPECT_EQ(CheckNew(NewUsuario("u", "A", "a@b", "12345678")), absl::OkStatus());
  EXPECT_EQ(CheckNew(NewUsuario(std::string(128, '-'), Repeat("\U0001F600", 200), "a@b", std::string(1024, 's'))),
            absl::OkStatus());
  EXPECT_EQ(CheckNew(NewUsuario("aZ09_-", "A", "  a@b  ")), absl::OkStatus());
}

TEST(ValidationTest, NamesEachFieldThatIsOutOfBounds) {
  api::Usuario good = NewUsuario("u", "A", "a@b", "12345678");
  auto fields = [&](auto change) {
    api::Usuario usuario = good;
    change(usuario);
    return ViolatedFields(CheckNew(usuario));
  };
  EXPECT_THAT(fields([](auto& u) { u.set_id(std::string(129, 'a')); }), ElementsAre("usuario.id"));
  for (const char* id : {" ", "a b", "á", "a/b", "a.b", "\xff", "a\n"}) {
    EXPECT_THAT(fields([&](auto& u) { u.set_id(id); }), ElementsAre("usuario.id")) << id;
  }
  EXPECT_THAT(fields([](auto& u) { u.set_nome(""); }), ElementsAre("usuario.nome"));
  EXPECT_THAT(fields([](auto& u) { u.set_nome(Repeat("é", 201)); }), ElementsAre("usuario.nome"));
  EXPECT_THAT(fields([](auto& u) { u.set_nome("\xff"); }), ElementsAre("usuario.nome"));
  EXPECT_THAT(fields([](auto& u) { u.set_email(""); }), ElementsAre("usuario.email"));
  EXPECT_THAT(fields([](auto& u) { u.set_email("ana"); }), ElementsAre("usuario.email"));
  EXPECT_THAT(fields([](auto& u) { u.set_email("a@" + std::string(253, 'b')); }), ElementsAre("usuario.email"));
  EXPECT_THAT(fields([](auto& u) { u.set_email("\xff@b"); }), ElementsAre("usuario.email"));
  EXPECT_THAT(fields([](auto& u) { u.set_senha("1234567"); }), ElementsAre("usuario.senha"));
  EXPECT_THAT(fields([](auto& u) { u.set_senha(std::string(1025, 's')); }), ElementsAre("usuario.senha"));
  EXPECT_THAT(fields([](auto& u) { u.set_senha("1234567\xff"); }), ElementsAre("usuario.senha"));
}

TEST(ValidationTest, ReportsEverythingAtOnceAndRepeatsNoValue) {
  api::CriarUsuarioRequest request = CreationOf(NewUsuario("a canary", "", "canary", "canary"));
  request.mutable_usuario()->mutable_expira_em()->set_seconds(1);
  request.set_id_requisicao(std::string(129, 'r'));
  absl::Status status = Validate(request, kNow);
  EXPECT_THAT(ViolatedFields(status), ElementsAre("id_requisicao", "usuario.email", "usuario.expira_em", "usuario.id",
                                                  "usuario.nome", "usuario.senha"));
  for (const auto& [field, description] : ViolationsOf(status)) {
    EXPECT_THAT(description, Not(IsEmpty()));
    EXPECT_THAT(status.message(), HasSubstr(field));
  }
  EXPECT_THAT(status.ToString(), Not(HasSubstr("canary")));
}

TEST(ValidationTest, WantsAUsuario) {
  EXPECT_THAT(ViolatedFields(Validate(api::CriarUsuarioRequest(), kNow)), ElementsAre("usuario"));
  EXPECT_THAT(ViolatedFields(Validate(api::AtualizarUsuarioRequest(), kNow)), ElementsAre("usuario"));
}

TEST(ValidationTest, WantsExpiryInTheFuture) {
  auto fields = [](absl::Time expiry) {
    api::Usuario usuario = NewUsuario("u", "A", "a@b");
    ToTimestamp(expiry, *usuario.mutable_expira_em());
    absl::Status status = CheckNew(usuario);
    return status.ok() ? std::vector<std::string>() : ViolatedFields(status);
  };
  EXPECT_THAT(fields(kNow - absl::Seconds(1)), ElementsAre("usuario.expira_em"));
  EXPECT_THAT(fields(kNow), ElementsAre("usuario.expira_em"));
  // Stores keep milliseconds: this one would be over at once.
  EXPECT_THAT(fields(kNow + absl::Microseconds(999)), ElementsAre("usuario.expira_em"));
  EXPECT_THAT(fields(kNow + absl::Milliseconds(1)), IsEmpty());
  EXPECT_THAT(fields(absl::FromUnixSeconds(253402300799)), IsEmpty());
}

TEST(ValidationTest, RefusesATimestampOutOfRange) {
  api::Usuario usuario = NewUsuario("u", "A", "a@b");
  usuario.mutable_expira_em()->set_seconds(253402300800);
  EXPECT_THAT(ViolatedFields(CheckNew(usuario)), ElementsAre("usuario.expira_em"));
  usuario.mutable_expira_em()->set_seconds(absl::ToUnixSeconds(kNow) + 10);
  usuario.mutable_expira_em()->set_nanos(-1);
  EXPECT_THAT(ViolatedFields(CheckNew(usuario)), ElementsAre("usuario.expira_em"));
}

TEST(ValidationTest, ChecksIdRequisicao) {
  api::CriarUsuarioRequest request = CreationOf(NewUsuario("", "A", "a@b"));
  request.set_id_requisicao(std::string(128, 'r'));
  EXPECT_EQ(Validate(request, kNow), absl::OkStatus());
  request.set_id_requisicao("\xff");
  EXPECT_THAT(ViolatedFields(Validate(request, kNow)), ElementsAre("id_requisicao"));
}

TEST(ValidationTest, ChecksIdsOfReads) {
  EXPECT_THAT(ViolatedFields(Validate(api::ObterUsuarioRequest())), ElementsAre("id"));
  EXPECT_THAT(ViolatedFields(Validate(api::RemoverUsuarioRequest())), ElementsAre("id"));
  EXPECT_THAT(ViolatedFields(Validate(api::BuscarPorEmailRequest())), ElementsAre("email"));
}

TEST(ValidationTest, ChecksPageSize) {
  api::ObterUsuariosRequest request;
  for (int size : {0, 1, 1000}) {
    request.set_tamanho_pagina(size);
    EXPECT_EQ(Validate(request), absl::OkStatus()) << size;
  }
  for (int size : {-1, 1001, INT32_MAX, INT32_MIN}) {
    request.set_tamanho_pagina(size);
    EXPECT_THAT(ViolatedFields(Validate(request)), ElementsAre("tamanho_pagina")) << size;
  }
}

TEST(ValidationTest, ChecksCredentials) {
  api::VerificarSenhaRequest request;
  EXPECT_THAT(ViolatedFields(Validate(request)), ElementsAre("email", "senha"));
  request.set_email("a@b");
  request.set_senha("x");
  EXPECT_EQ(Validate(request), absl::OkStatus());
  request.set_senha(std::string(1025, 'x'));
  EXPECT_THAT(ViolatedFields(Validate(request)), ElementsAre("senha"));
}

api::AtualizarUsuarioRequest UpdateOf(const api::Usuario& usuario, const std::vector<std::string>& mascara) {
  api::AtualizarUsuarioRequest request;
  *request.mutable_usuario() = usuario;
  for (const std::string& path : mascara) request.mutable_mascara()->add_paths(path);
  return request;
}

TEST(ValidationTest, ChecksOnlyWhatAnUpdateChanges) {
  api::Usuario usuario = NewUsuario("u", "", "bad", "short");
  EXPECT_EQ(Validate(UpdateOf(usuario, {"expira_em"}), kNow), absl::OkStatus());
  EXPECT_EQ(Validate(UpdateOf(usuario, {"id", "versao"}), kNow), absl::OkStatus());
  EXPECT_THAT(ViolatedFields(Validate(UpdateOf(usuario, {"nome", "email", "senha"}), kNow)),
              ElementsAre("usuario.email", "usuario.nome", "usuario.senha"));
  EXPECT_THAT(ViolatedFields(Validate(UpdateOf(usuario, {}), kNow)), ElementsAre("usuario.email", "usuario.senha"));
  EXPECT_THAT(ViolatedFields(Validate(UpdateOf(NewUsuario("", "A", ""), {}), kNow)), ElementsAre("usuario.id"));
}

TEST(ValidationTest, RefusesAnEmptyPasswordInAnUpdate) {
  EXPECT_THAT(ViolatedFields(Validate(UpdateOf(NewUsuario("u", "", ""), {"senha"}), kNow)),
              ElementsAre("usuario.senha"));
}

TEST(ValidationTest, RefusesPathsThatCannotBeChanged) {
  api::Usuario usuario = NewUsuario("u", "A", "a@b");
  for (const char* path :
       {"criado_em", "atualizado_em", "usuario.nome", "senha_hash", "**", "", "Nome", "expira_em.seconds"}) {
    EXPECT_THAT(ViolatedFields(Validate(UpdateOf(usuario, {"nome", path}), kNow)), ElementsAre("mascara")) << path;
  }
}

}  // namespace
}  // namespace tomada::usuarios
