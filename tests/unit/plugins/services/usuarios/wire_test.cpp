// The bytes that clients of the system this one replaces send and read. Written by hand: generated code would agree
// with itself whatever the numbers.
#include <google/protobuf/unknown_field_set.h>

#include "fixture.h"

namespace tomada::usuarios {
namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// Usuario{1: "ana", 2: "Ana", 3: "a@b.c", 4: "segredo123"}
constexpr char kUsuario[] =
    "\x0a\x03"
    "ana"
    "\x12\x03"
    "Ana"
    "\x1a\x05"
    "a@b.c"
    "\x22\x0a"
    "segredo123";
constexpr size_t kUsuarioSize = sizeof kUsuario - 1;

std::string OldCreation() {
  return std::string("\x0a") + static_cast<char>(kUsuarioSize) + std::string(kUsuario, kUsuarioSize);
}

// The only field `number` of `bytes`, which is a string or a message.
std::string TextField(const std::string& bytes, int number) {
  UnknownFieldSet fields;
  EXPECT_TRUE(fields.ParseFromString(bytes));
  std::string text;
  int found = 0;
  for (int i = 0; i < fields.field_count(); ++i) {
    if (fields.field(i).number() != number) continue;
    EXPECT_EQ(fields.field(i).type(), UnknownField::TYPE_LENGTH_DELIMITED);
    text = fields.field(i).length_delimited();
    ++found;
  }
  EXPECT_LE(found, 1);
  return text;
}

class WireTest : public UsuariosTest {
 protected:
  // The response's bytes to a request given as bytes, through the prototypes as a transport would.
  std::string InvokeBytes(std::string_view name, const std::string& bytes) {
    const Method& method = MethodNamed(name);
    std::unique_ptr<google::protobuf::Message> request(method.request_prototype->New());
    std::unique_ptr<google::protobuf::Message> response(method.response_prototype->New());
    EXPECT_TRUE(request->ParseFromString(bytes));
    TestCall call;
    EXPECT_EQ(Await(InvokeUnary(method, call, log_, *request, *response)), absl::OkStatus());
    return response->SerializeAsString();
  }
};

TEST_F(WireTest, AnOldClientCreatesAUser) {
  std::string usuario = TextField(InvokeBytes("CriarUsuario", OldCreation()), 1);
  EXPECT_EQ(TextField(usuario, 1), "ana");
  EXPECT_EQ(TextField(usuario, 2), "Ana");
  EXPECT_EQ(TextField(usuario, 3), "a@b.c");
  EXPECT_EQ(TextField(usuario, 4), "");
  EXPECT_TRUE(Verificar("a@b.c", "segredo123").ok());
}

TEST_F(WireTest, AnOldClientListsUsers) {
  EXPECT_EQ(InvokeBytes("ObterUsuarios", ""), "");
  InvokeBytes("CriarUsuario", OldCreation());
  std::string list = InvokeBytes("ObterUsuarios", "");
  EXPECT_EQ(TextField(TextField(list, 1), 3), "a@b.c");
  EXPECT_EQ(TextField(list, 2), "");
}

TEST_F(WireTest, TheServiceAndItsOldMethodsKeepTheirNames) {
  EXPECT_EQ(MethodNamed("CriarUsuario").descriptor->full_name(), "usuarios.Usuarios.CriarUsuario");
  EXPECT_EQ(MethodNamed("ObterUsuarios").descriptor->full_name(), "usuarios.Usuarios.ObterUsuarios");
}

TEST_F(WireTest, NewFieldsHaveTheirNumbers) {
  const google::protobuf::Descriptor& usuario = *api::Usuario::descriptor();
  EXPECT_EQ(usuario.FindFieldByName("criado_em")->number(), 5);
  EXPECT_EQ(usuario.FindFieldByName("atualizado_em")->number(), 6);
  EXPECT_EQ(usuario.FindFieldByName("versao")->number(), 7);
  EXPECT_EQ(usuario.FindFieldByName("expira_em")->number(), 8);
  EXPECT_EQ(api::CriarUsuarioRequest::descriptor()->FindFieldByName("id_requisicao")->number(), 2);
  EXPECT_EQ(api::ObterUsuariosRequest::descriptor()->FindFieldByName("tamanho_pagina")->number(), 1);
  EXPECT_EQ(api::ObterUsuariosRequest::descriptor()->FindFieldByName("token_pagina")->number(), 2);
  EXPECT_EQ(api::ObterUsuariosResponse::descriptor()->FindFieldByName("proximo_token")->number(), 2);
}

// Stores outlive releases: a user stored by this form must be read for ever.
TEST_F(WireTest, TheStoredFormIsRead) {
  Record record("ana", std::string("\x0a\x03"
                                   "Ana"
                                   "\x12\x05"
                                   "a@b.c"
                                   "\x20\xc0\x84\x3d"
                                   "\x28\x80\x89\x7a",
                                   20));
  record.unique_keys.emplace_back("email", "a@b.c");
  StoreRaw(record);
  auto usuario = Buscar("A@B.C");
  ASSERT_TRUE(usuario.ok()) << usuario.status();
  EXPECT_EQ(usuario->nome(), "Ana");
  EXPECT_EQ(usuario->email(), "a@b.c");
  EXPECT_EQ(TimeOf(usuario->criado_em()), absl::FromUnixSeconds(1));
  EXPECT_EQ(TimeOf(usuario->atualizado_em()), absl::FromUnixSeconds(2));
}

}  // namespace
}  // namespace tomada::usuarios
