#include "transcode/binding.h"

#include <usuarios.pb.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transcode/error_body.h"
#include "transcode/target.h"

namespace tomada::pistache_http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(ParseTargetTest, Forms) {
  auto target = ParseTarget("/a/b?x=1?y");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a/b");
  EXPECT_EQ(target->query, "x=1?y");
  EXPECT_EQ(ParseTarget("http://host:80/a?b")->path, "/a");
  EXPECT_EQ(ParseTarget("HTTPS://host?b")->path, "/");
  EXPECT_EQ(ParseTarget("http://host")->path, "/");
  EXPECT_EQ(ParseTarget("*")->path, "*");
  EXPECT_EQ(ParseTarget("/a?u=http://b/c")->path, "/a");
  for (std::string_view bad : {"", "a", "host:443", "?a"}) EXPECT_FALSE(ParseTarget(bad)) << bad;
}

TEST(ParseQueryTest, KeepsOrderAndRepetition) {
  EXPECT_THAT(*ParseQuery("a=1&b=2&a=3&&c&=x&d=%26+%2B"), ElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("a", "3"),
                                                                      Pair("c", ""), Pair("", "x"), Pair("d", "& +")));
  EXPECT_THAT(*ParseQuery(""), ElementsAre());
  EXPECT_FALSE(ParseQuery("a=%"));
  EXPECT_FALSE(ParseQuery("%zz=1"));
}

template <class Request>
class Bound {
 public:
  Bound(const HttpRule& rule, Binding::Options options = {})
      : binding_(Binding::Make(*Request::descriptor(), rule, *PathTemplate::Parse(rule.path), options).value()) {}

  absl::Status Bind(const std::vector<std::string>& path, std::string_view query, std::string_view body) {
    message.Clear();
    return binding_.Bind(path, ParseQuery(query).value(), Content{"", body}, &message);
  }

  Request message;

 private:
  Binding binding_;
};

using usuarios::AtualizarUsuarioRequest;
using usuarios::CriarUsuarioRequest;
using usuarios::ObterUsuariosRequest;
using usuarios::VerificarSenhaRequest;

TEST(BindingTest, QueryFillsLeavesByEitherName) {
  Bound<ObterUsuariosRequest> bound({"GET", "/u", "", ""});
  EXPECT_TRUE(bound.Bind({}, "tamanhoPagina=7&token_pagina=t", "").ok());
  EXPECT_EQ(bound.message.tamanho_pagina(), 7);
  EXPECT_EQ(bound.message.token_pagina(), "t");
}

TEST(BindingTest, QueryReachesNestedFieldsOfEveryKind) {
  Bound<AtualizarUsuarioRequest> bound({"GET", "/u", "", ""});
  absl::Status status = bound.Bind(
      {}, "usuario.nome=Ana&usuario.expiraEm=2030-01-02T03:04:05Z&mascara=nome,expiraEm&usuario.criado_em=", "");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << "an empty timestamp";
  status = bound.Bind({}, "usuario.nome=Ana&usuario.expiraEm=2030-01-02T03:04:05Z&mascara=nome,expiraEm", "");
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(bound.message.usuario().nome(), "Ana");
  EXPECT_EQ(bound.message.usuario().expira_em().seconds(), 1893553445);
  EXPECT_THAT(bound.message.mascara().paths(), ElementsAre("nome", "expira_em"));
}

TEST(BindingTest, QueryMistakes) {
  Bound<AtualizarUsuarioRequest> bound({"GET", "/u", "", ""});
  for (auto [query, message] : std::vector<std::pair<std::string, std::string>>{
           {"nada=1", "nada: is no query parameter"},
           {"usuario=1", "usuario: is no query parameter"},
           {"usuario.nada=1", "usuario.nada: is no query parameter"},
           {"usuario.nome.x=1", "usuario.nome.x: is no query parameter"},
           {"usuario.expira_em=2030-01-01T00:00:00Z&usuario.nome=a&usuario.nome=b",
            "usuario.nome: is given twice with different values"},
           {"=1", "is no query parameter"},
           {".=1", "is no query parameter"},
           {"%0Aforged=1", "?forged: is no query parameter"}}) {
    absl::Status status = bound.Bind({}, query, "");
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << query;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message)) << query;
  }
}

TEST(BindingTest, UnknownParametersCanBeAllowed) {
  Bound<ObterUsuariosRequest> bound({"GET", "/u", "", ""}, {.ignore_unknown_query = true});
  EXPECT_TRUE(bound.Bind({}, "nada=1&tamanho_pagina=2", "").ok());
  EXPECT_EQ(bound.message.tamanho_pagina(), 2);
}

TEST(BindingTest, WithBodyStarThereIsNoQuery) {
  Bound<VerificarSenhaRequest> bound({"POST", "/u", "*", ""});
  EXPECT_TRUE(bound.Bind({}, "", R"({"email":"a","senha":"b"})").ok());
  EXPECT_EQ(bound.message.senha(), "b");
  EXPECT_THAT(std::string(bound.Bind({}, "email=a", "{}").message()), HasSubstr("belongs in the body"));
  EXPECT_TRUE(bound.Bind({}, "", "").ok()) << "an empty body is an empty message";
}

TEST(BindingTest, BodyFieldAndTheRestFromTheQuery) {
  Bound<CriarUsuarioRequest> bound({"POST", "/u", "usuario", ""});
  EXPECT_TRUE(bound.Bind({}, "id_requisicao=r", R"({"nome":"Ana"})").ok());
  EXPECT_EQ(bound.message.usuario().nome(), "Ana");
  EXPECT_EQ(bound.message.id_requisicao(), "r");
  absl::Status status = bound.Bind({}, "", R"({"nome":1})");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("usuario.nome"));
}

TEST(BindingTest, ThePathWins) {
  Bound<AtualizarUsuarioRequest> bound({"PATCH", "/u/{usuario.id}", "usuario", ""});
  EXPECT_TRUE(bound.Bind({"a"}, "", R"({"id":"b","nome":"Ana"})").ok());
  EXPECT_EQ(bound.message.usuario().id(), "a");
  EXPECT_THAT(bound.message.mascara().paths(), ElementsAre("nome"));
}

TEST(BindingTest, OnlyPatchFillsTheMask) {
  Bound<AtualizarUsuarioRequest> bound({"PUT", "/u/{usuario.id}", "usuario", ""});
  EXPECT_TRUE(bound.Bind({"a"}, "", R"({"nome":"Ana"})").ok());
  EXPECT_EQ(bound.message.mascara().paths_size(), 0);
}

// What was got can be sent back (AIP-203).
TEST(BindingTest, OutputOnlyFieldsAreLeftOutOfTheMaskThatTheBodyMakes) {
  const json::Fields output_only{usuarios::Usuario::descriptor()->FindFieldByName("criado_em"),
                                 usuarios::Usuario::descriptor()->FindFieldByName("atualizado_em")};
  const std::string got = R"({"id":"a","nome":"Ana","criadoEm":"2030-01-02T03:04:05Z","versao":"1"})";
  Bound<AtualizarUsuarioRequest> bound({"PATCH", "/u/{usuario.id}", "usuario", ""}, {.output_only = &output_only});
  EXPECT_TRUE(bound.Bind({"a"}, "", got).ok());
  EXPECT_THAT(bound.message.mascara().paths(), ElementsAre("nome", "versao"));
  EXPECT_FALSE(bound.message.usuario().has_criado_em());
  EXPECT_TRUE(bound.Bind({"a"}, "", R"({"criadoEm":"2030-01-02T03:04:05Z"})").ok());
  EXPECT_TRUE(bound.message.has_mascara());
  EXPECT_EQ(bound.message.mascara().paths_size(), 0) << "nothing is to change";
  EXPECT_EQ(bound.message.usuario().ByteSizeLong(), 3u) << "but the id";

  EXPECT_TRUE(bound.Bind({"a"}, "mascara=criadoEm", got).ok());
  EXPECT_THAT(bound.message.mascara().paths(), ElementsAre("criado_em")) << "whoever names it is told";
  EXPECT_TRUE(bound.message.usuario().has_criado_em());
}

TEST(BindingTest, PathValuesAreChecked) {
  Bound<ObterUsuariosRequest> bound({"GET", "/u/{tamanho_pagina}", "", ""});
  EXPECT_TRUE(bound.Bind({"5"}, "", "").ok());
  EXPECT_EQ(bound.message.tamanho_pagina(), 5);
  EXPECT_THAT(std::string(bound.Bind({"cinco"}, "", "").message()), HasSubstr("tamanho_pagina"));
}

}  // namespace
}  // namespace tomada::pistache_http
