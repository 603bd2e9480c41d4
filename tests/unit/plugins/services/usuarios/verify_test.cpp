#include <algorithm>
#include <chrono>

#include "fixture.h"

namespace tomada::usuarios {
namespace {

using ::testing::ElementsAre;

using VerificarSenhaTest = UsuariosTest;

TEST_F(VerificarSenhaTest, AnswersTheUser) {
  auto created = Criar(NewUsuario("ana", "Ana", "ana@exemplo.com", "segredo123"));
  ASSERT_TRUE(created.ok()) << created.status();
  for (const char* email : {"ana@exemplo.com", " ANA@Exemplo.com "}) {
    auto verified = Verificar(email, "segredo123");
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(verified->SerializeAsString(), created->SerializeAsString());
  }
}

TEST_F(VerificarSenhaTest, DoesNotSayWhichOfTheTwoIsWrong) {
  ASSERT_TRUE(Criar(NewUsuario("ana", "Ana", "ana@exemplo.com", "segredo123")).ok());
  ASSERT_TRUE(Criar(NewUsuario("sem", "Sem", "sem@exemplo.com")).ok());
  absl::Status wrong = Verificar("ana@exemplo.com", "segredo124").status();
  EXPECT_EQ(wrong.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Verificar("ninguem@exemplo.com", "segredo123").status(), wrong);
  EXPECT_EQ(Verificar("sem@exemplo.com", "segredo123").status(), wrong);
  EXPECT_EQ(Verificar("ana@exemplo.com", "x").status(), wrong);
}

TEST_F(VerificarSenhaTest, AMissingFieldIsNamed) {
  EXPECT_THAT(ViolatedFields(Verificar("", "").status()), ElementsAre("email", "senha"));
  EXPECT_THAT(ViolatedFields(Verificar("ana", std::string(1025, 's')).status()), ElementsAre("email", "senha"));
}

TEST_F(VerificarSenhaTest, AMalformedHashMatchesNothing) {
  storage::Usuario stored;
  stored.set_email("ana@exemplo.com");
  stored.set_senha_hash("$argon2id$v=19$broken");
  StoreRaw(MakeRecord("ana", stored, absl::InfiniteFuture()));
  EXPECT_EQ(Verificar("ana@exemplo.com", "segredo123").status().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(VerificarSenhaTest, IsRefusedAtOnceWhenTheHostIsStopping) {
  pool_.Stop();
  EXPECT_EQ(Verificar("ana@exemplo.com", "segredo123").status().code(), absl::StatusCode::kUnavailable);
}

// Users whose hash was made at another cost.
class UpgradeTest : public UsuariosTest {
 protected:
  void SetUp() override {
    PasswordCost old = CheapCost();
    old.passes = 3;
    PasswordHasher hasher(pool_, old);
    TestCall call;
    storage::Usuario stored;
    stored.set_nome("Ana");
    stored.set_email("ana@exemplo.com");
    stored.set_senha_hash(*Await(hasher.Hash(call, "ana@exemplo.com", "segredo123")));
    expiry_ = ToExpiry(now() + absl::Hours(1));
    StoreRaw(MakeRecord("ana", stored, expiry_));
    old_hash_ = stored.senha_hash();
  }
  absl::Time expiry_;
  std::string old_hash_;
};

TEST_F(UpgradeTest, HashesAnewAtTheNextSuccess) {
  EXPECT_FALSE(Verificar("ana@exemplo.com", "wrong").ok());
  EXPECT_EQ(StoredUsuario("ana").senha_hash(), old_hash_);

  auto verified = Verificar("ana@exemplo.com", "segredo123");
  ASSERT_TRUE(verified.ok()) << verified.status();
  storage::Usuario stored = StoredUsuario("ana");
  EXPECT_TRUE(stored.senha_hash().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
  EXPECT_EQ(*StoredRecord("ana")->expires_at, expiry_);
  EXPECT_EQ(verified->SerializeAsString(), Obter("ana")->SerializeAsString());

  ASSERT_TRUE(Verificar("ana@exemplo.com", "segredo123").ok());
  EXPECT_EQ(StoredUsuario("ana").senha_hash(), stored.senha_hash());
}

TEST_F(UpgradeTest, AFailedUpgradeDoesNotFailTheVerification) {
  table_.before = [](std::string_view call) {
    return call == "Update" ? absl::UnavailableError("connection refused") : absl::OkStatus();
  };
  auto verified = Verificar("ana@exemplo.com", "segredo123");
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->versao(), StoredRecord("ana")->version);
  EXPECT_EQ(StoredUsuario("ana").senha_hash(), old_hash_);
}

TEST_F(UpgradeTest, APasswordChangedMeanwhileStays) {
  bool changed = false;
  table_.before = [&](std::string_view call) {
    if (call == "Update" && !std::exchange(changed, true)) {
      EXPECT_TRUE(Atualizar(NewUsuario("ana", "", "", "outrosegredo")).ok());
    }
    return absl::OkStatus();
  };
  EXPECT_TRUE(Verificar("ana@exemplo.com", "segredo123").ok());
  EXPECT_TRUE(Verificar("ana@exemplo.com", "outrosegredo").ok());
  EXPECT_FALSE(Verificar("ana@exemplo.com", "segredo123").ok());
}

class TimingTest : public UsuariosTest {
 protected:
  static PasswordCost Cost() {
    PasswordCost cost;
    cost.memory_bytes = 2 << 20;
    cost.passes = 2;
    return cost;
  }
  TimingTest() : UsuariosTest(Cost()) {}

  double Seconds(const std::string& email) {
    auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(Verificar(email, "segredo999").ok());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  static double Median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
    return values[values.size() / 2];
  }
};

TEST_F(TimingTest, IsTheSameForAnUnknownEmailAndAUserWithoutPassword) {
  ASSERT_TRUE(Criar(NewUsuario("ana", "Ana", "ana@exemplo.com", "segredo123")).ok());
  ASSERT_TRUE(Criar(NewUsuario("sem", "Sem", "sem@exemplo.com")).ok());
  // Taken in turns, so that whatever else the machine does meets all three alike.
  std::vector<double> wrong, unknown, without;
  for (int i = 0; i < 101; ++i) {
    wrong.push_back(Seconds("ana@exemplo.com"));
    unknown.push_back(Seconds("ninguem@exemplo.com"));
    without.push_back(Seconds("sem@exemplo.com"));
  }
  // Without the same work, unknown and without would take a hundredth of the time.
  EXPECT_NEAR(Median(unknown) / Median(wrong), 1, 0.25);
  EXPECT_NEAR(Median(without) / Median(wrong), 1, 0.25);
}

}  // namespace
}  // namespace tomada::usuarios
