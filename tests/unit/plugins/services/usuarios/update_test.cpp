#include "fixture.h"

namespace tomada::usuarios {
namespace {

using ::testing::ElementsAre;

class AtualizarUsuarioTest : public UsuariosTest {
 protected:
  void SetUp() override {
    auto created = Criar(NewUsuario("ana", "Ana", "ana@exemplo.com", "segredo123"));
    ASSERT_TRUE(created.ok()) << created.status();
    created_ = *created;
    Advance(absl::Seconds(5));
  }
  api::Usuario created_;
};

TEST_F(AtualizarUsuarioTest, ChangesWhatTheMaskNames) {
  auto updated = Atualizar(NewUsuario("ana", "Ana Maria", "nova@exemplo.com"), {"nome"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->nome(), "Ana Maria");
  EXPECT_EQ(updated->email(), "ana@exemplo.com");
  EXPECT_EQ(TimeOf(updated->criado_em()), TimeOf(created_.criado_em()));
  EXPECT_EQ(TimeOf(updated->atualizado_em()), now());
  EXPECT_NE(updated->versao(), created_.versao());
  EXPECT_EQ(Obter("ana")->SerializeAsString(), updated->SerializeAsString());
  EXPECT_TRUE(Verificar("ana@exemplo.com", "segredo123").ok());
}

TEST_F(AtualizarUsuarioTest, WithoutAMaskChangesWhatIsSet) {
  auto updated = Atualizar(NewUsuario("ana", "Ana Maria", ""));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->nome(), "Ana Maria");
  EXPECT_EQ(updated->email(), "ana@exemplo.com");
}

TEST_F(AtualizarUsuarioTest, AStarReplacesAllButAPasswordThatIsNotGiven) {
  api::Usuario usuario = NewUsuario("ana", "Ana Maria", "nova@exemplo.com");
  ToTimestamp(now() + absl::Hours(1), *usuario.mutable_expira_em());
  ASSERT_TRUE(Atualizar(usuario, {"expira_em"}).ok());
  usuario.clear_expira_em();
  auto updated = Atualizar(usuario, {"*"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->nome(), "Ana Maria");
  EXPECT_FALSE(updated->has_expira_em());
  EXPECT_TRUE(Verificar("nova@exemplo.com", "segredo123").ok());
  usuario.set_senha("outra senha");
  ASSERT_TRUE(Atualizar(usuario, {"*"}).ok());
  EXPECT_TRUE(Verificar("nova@exemplo.com", "outra senha").ok());
  EXPECT_EQ(Atualizar(NewUsuario("ana", "", "nova@exemplo.com"), {"*"}).status().code(),
            absl::StatusCode::kInvalidArgument)
      << "nome is replaced too";
}

TEST_F(AtualizarUsuarioTest, WithNothingToChangeAnswersTheUserAsItIs) {
  EXPECT_EQ(Atualizar(NewUsuario("ana", "", ""))->SerializeAsString(), created_.SerializeAsString());
  EXPECT_EQ(Atualizar(NewUsuario("ana", "X", ""), {"id", "versao"})->SerializeAsString(), created_.SerializeAsString());
  EXPECT_EQ(Atualizar(NewUsuario("x", "", "")).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(AtualizarUsuarioTest, ANewEmailFreesTheOldOne) {
  auto updated = Atualizar(NewUsuario("ana", "", " Nova@Exemplo.com "));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->email(), "Nova@Exemplo.com");
  EXPECT_EQ(Buscar("nova@exemplo.com")->id(), "ana");
  EXPECT_EQ(Buscar("ana@exemplo.com").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Criar(NewUsuario("b", "B", "ana@exemplo.com")).ok());
}

TEST_F(AtualizarUsuarioTest, ATakenEmailIsNamed) {
  ASSERT_TRUE(Criar(NewUsuario("b", "B", "b@exemplo.com")).ok());
  EXPECT_EQ(TakenField(Atualizar(NewUsuario("ana", "", "B@exemplo.com")).status()), "email");
  EXPECT_EQ(Obter("ana")->SerializeAsString(), created_.SerializeAsString());
}

TEST_F(AtualizarUsuarioTest, TheCaseOfOnesOwnEmailMayChange) {
  EXPECT_EQ(Atualizar(NewUsuario("ana", "", "ANA@exemplo.com"))->email(), "ANA@exemplo.com");
}

TEST_F(AtualizarUsuarioTest, ANewPasswordReplacesTheOldOne) {
  auto updated = Atualizar(NewUsuario("ana", "", "", "outrosegredo"));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->senha(), "");
  EXPECT_TRUE(Verificar("ana@exemplo.com", "outrosegredo").ok());
  EXPECT_EQ(Verificar("ana@exemplo.com", "segredo123").status().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(AtualizarUsuarioTest, ThePasswordOfAnUnknownUserIsNotHashed) {
  pool_.Stop();
  EXPECT_EQ(Atualizar(NewUsuario("x", "", "", "outrosegredo")).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(AtualizarUsuarioTest, SetsKeepsAndClearsTheExpiry) {
  api::Usuario usuario = NewUsuario("ana", "", "");
  absl::Time expiry = ToExpiry(now() + absl::Minutes(1));
  ToTimestamp(expiry, *usuario.mutable_expira_em());
  EXPECT_EQ(TimeOf(Atualizar(usuario)->expira_em()), expiry);
  EXPECT_EQ(TimeOf(Atualizar(NewUsuario("ana", "Ana B", ""))->expira_em()), expiry);
  EXPECT_EQ(*StoredRecord("ana")->expires_at, expiry);
  EXPECT_FALSE(Atualizar(NewUsuario("ana", "", ""), {"expira_em"})->has_expira_em());
  Advance(absl::Hours(24));
  EXPECT_TRUE(Obter("ana").ok());
}

TEST_F(AtualizarUsuarioTest, AnExpiryInThePastIsRefused) {
  api::Usuario usuario = NewUsuario("ana", "", "");
  ToTimestamp(now(), *usuario.mutable_expira_em());
  EXPECT_THAT(ViolatedFields(Atualizar(usuario).status()), ElementsAre("usuario.expira_em"));
}

TEST_F(AtualizarUsuarioTest, TheVersionLocks) {
  api::Usuario mine = NewUsuario("ana", "Minha", "");
  mine.set_versao(created_.versao());
  auto first = Atualizar(mine);
  ASSERT_TRUE(first.ok()) << first.status();
  // Somebody else who read the same version.
  mine.set_nome("Outra");
  EXPECT_EQ(Atualizar(mine).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Obter("ana")->nome(), "Minha");
  mine.set_versao(first->versao());
  EXPECT_TRUE(Atualizar(mine).ok());
}

TEST_F(AtualizarUsuarioTest, TheVersionLocksWithNothingToChangeToo) {
  api::Usuario usuario = NewUsuario("ana", "", "");
  usuario.set_versao("stale");
  EXPECT_EQ(Atualizar(usuario).status().code(), absl::StatusCode::kAborted);
}

TEST_F(AtualizarUsuarioTest, TheVersionLocksUpToTheWrite) {
  api::Usuario mine = NewUsuario("ana", "Minha", "");
  mine.set_versao(created_.versao());
  bool changed = false;
  table_.before = [&](std::string_view call) {
    if (call == "Update" && !std::exchange(changed, true)) {
      EXPECT_TRUE(Atualizar(NewUsuario("ana", "", "outra@exemplo.com")).ok());
    }
    return absl::OkStatus();
  };
  EXPECT_EQ(Atualizar(mine).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Obter("ana")->nome(), "Ana");
}

TEST_F(AtualizarUsuarioTest, WithoutAVersionBothOfTwoUpdatesCount) {
  bool changed = false;
  table_.before = [&](std::string_view call) {
    if (call == "Update" && !std::exchange(changed, true)) {
      EXPECT_TRUE(Atualizar(NewUsuario("ana", "", "outra@exemplo.com")).ok());
    }
    return absl::OkStatus();
  };
  ASSERT_TRUE(Atualizar(NewUsuario("ana", "Minha", "")).ok());
  EXPECT_EQ(Obter("ana")->nome(), "Minha");
  EXPECT_EQ(Obter("ana")->email(), "outra@exemplo.com");
}

TEST_F(AtualizarUsuarioTest, WithoutAVersionTriesABoundedNumberOfTimes) {
  int updates = 0;
  table_.before = [&](std::string_view call) {
    if (call != "Update") return absl::OkStatus();
    ++updates;
    return absl::AbortedError("another version");
  };
  EXPECT_EQ(Atualizar(NewUsuario("ana", "Minha", "")).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(updates, 16);
}

TEST_F(AtualizarUsuarioTest, AUserRemovedMeanwhileIsNotFound) {
  table_.before = [&](std::string_view call) {
    if (call == "Update") {
      EXPECT_EQ(Remover("ana"), absl::OkStatus());
    }
    return absl::OkStatus();
  };
  EXPECT_EQ(Atualizar(NewUsuario("ana", "Minha", "")).status(), absl::NotFoundError("no user with this id"));
}

}  // namespace
}  // namespace tomada::usuarios
