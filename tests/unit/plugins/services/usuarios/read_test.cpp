// ObterUsuario, BuscarPorEmail, RemoverUsuario.
#include "fixture.h"

namespace tomada::usuarios {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using ReadTest = UsuariosTest;

TEST_F(ReadTest, AnUnknownIdIsNotFound) {
  EXPECT_EQ(Obter("x").status(), absl::NotFoundError("no user with this id"));
  EXPECT_EQ(Remover("x").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Remover("x").message(), "no user with this id");
  EXPECT_EQ(Buscar("x@y").status(), absl::NotFoundError("no user with this email"));
}

TEST_F(ReadTest, AnEmptyRequestNamesItsField) {
  EXPECT_THAT(ViolatedFields(Obter("").status()), ElementsAre("id"));
  EXPECT_THAT(ViolatedFields(Remover("")), ElementsAre("id"));
  EXPECT_THAT(ViolatedFields(Buscar("").status()), ElementsAre("email"));
}

TEST_F(ReadTest, FindsByEmailWithoutRegardToCaseAndSpace) {
  auto created = Criar(NewUsuario("joao", "João", "João@Exemplo.com", "segredo123"));
  ASSERT_TRUE(created.ok()) << created.status();
  for (const char* email : {"João@Exemplo.com", "  joão@exemplo.com", "JOÃO@EXEMPLO.COM\n"}) {
    auto found = Buscar(email);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->SerializeAsString(), created->SerializeAsString());
  }
}

TEST_F(ReadTest, RemovingFreesIdAndEmail) {
  auto first = Criar(NewUsuario("ana", "A", "a@b"));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Remover("ana"), absl::OkStatus());
  EXPECT_EQ(Obter("ana").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Buscar("a@b").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Remover("ana").code(), absl::StatusCode::kNotFound);
  auto second = Criar(NewUsuario("ana", "A", "a@b"));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(second->versao(), first->versao());
}

TEST_F(ReadTest, ErrorsOfTheTableReachTheClientAsTheyAre) {
  absl::Status unavailable = NotApplied(absl::UnavailableError("127.0.0.1:6379: connection refused"));
  table_.before = [&](std::string_view) { return unavailable; };
  EXPECT_EQ(Obter("x").status(), unavailable);
  EXPECT_EQ(Buscar("x@y").status(), unavailable);
  EXPECT_EQ(Remover("x"), unavailable);
  EXPECT_EQ(Criar(NewUsuario("x", "A", "a@b")).status(), unavailable);
  EXPECT_EQ(Atualizar(NewUsuario("x", "A", "a@b")).status(), unavailable);
  EXPECT_EQ(Verificar("x@y", "12345678").status(), unavailable);
}

TEST_F(ReadTest, ADamagedRecordIsNamedAndStopsNothingElse) {
  Record damaged("d", "\xff\xff\xff");
  damaged.unique_keys.emplace_back(kEmailIndex, "d@b");
  StoreRaw(damaged);
  for (const absl::Status& status : {Obter("d").status(), Buscar("d@b").status(), Verificar("d@b", "12345678").status(),
                                     Atualizar(NewUsuario("d", "A", "")).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), HasSubstr("user d "));
  }
  EXPECT_EQ(Remover("d"), absl::OkStatus());
}

TEST_F(ReadTest, AStoredFormFromALaterReleaseIsRead) {
  ASSERT_TRUE(Criar(NewUsuario("ana", "Ana", "a@b")).ok());
  Record record = *StoredRecord("ana");
  record.value += std::string("\x7a\x03new", 5);  // field 15
  StoreRaw(record);
  EXPECT_EQ(Obter("ana")->nome(), "Ana");
  // And an update by this release keeps what it does not know.
  ASSERT_TRUE(Atualizar(NewUsuario("ana", "Ana B", "")).ok());
  EXPECT_THAT(StoredRecord("ana")->value, HasSubstr(std::string("\x7a\x03new", 5)));
}

}  // namespace
}  // namespace tomada::usuarios
