// The user service through HTTP, in one process and through the gRPC client in two.
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/usuarios/stack.h"
#include "support/http_client.h"
#include "support/json.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class UsuariosHttp : public ::testing::TestWithParam<Topology> {
 protected:
  static std::unique_ptr<Stack>& shared() {
    static std::map<Topology, std::unique_ptr<Stack>> stacks;
    std::unique_ptr<Stack>& stack = stacks[GetParam()];
    if (!stack) stack = std::make_unique<Stack>(GetParam());
    return stack;
  }

  HttpResponse Post(std::string_view body) { return client_.Request("POST", "/usuarios", body); }

  Stack& stack_ = *shared();
  HttpClient client_{stack_.http_address()};
};

TEST_P(UsuariosHttp, CreatesReadsChangesAndRemoves) {
  HttpResponse created =
      Post(R"({"id": "ana", "nome": "Ana", "email": " Ana@Example.com ", "senha": "correct horse"})");
  ASSERT_EQ(created.status, 200) << created.body;
  EXPECT_EQ(created.headers["content-type"], "application/json");
  Json ana = Json::Parse(created.body);
  EXPECT_EQ(ana["id"], "ana");
  EXPECT_EQ(ana["email"], "Ana@Example.com");
  EXPECT_TRUE(ana.Has("criadoEm"));
  EXPECT_TRUE(ana.Has("versao"));
  EXPECT_FALSE(ana.Has("senha"));

  HttpResponse got = client_.Request("GET", "/usuarios/ana");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(Json::Parse(got.body)["nome"], "Ana");

  HttpResponse found = client_.Request("GET", "/usuarios:buscarPorEmail?email=ANA%40example.com");
  EXPECT_EQ(found.status, 200) << found.body;
  EXPECT_EQ(Json::Parse(found.body)["id"], "ana");

  HttpResponse changed = client_.Request("PATCH", "/usuarios/ana", R"({"nome": "Ana Maria"})");
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(Json::Parse(changed.body)["nome"], "Ana Maria");
  EXPECT_EQ(Json::Parse(changed.body)["email"], "Ana@Example.com") << "PATCH touches only what the body names";

  std::string stale = R"({"nome": "B", "versao": ")" + ana["versao"] + "\"}";
  HttpResponse conflict = client_.Request("PATCH", "/usuarios/ana", stale);
  EXPECT_EQ(conflict.status, 409) << conflict.body;

  HttpResponse removed = client_.Request("DELETE", "/usuarios/ana");
  EXPECT_EQ(removed.status, 200);
  EXPECT_EQ(removed.body, "{}");
  EXPECT_EQ(client_.Request("GET", "/usuarios/ana").status, 404);
}

// As clients do that keep a whole document: what the server alone may say in it is ignored, but for the version.
TEST_P(UsuariosHttp, WhatWasGotCanBeSentBack) {
  ASSERT_EQ(Post(R"({"id": "volta", "nome": "Volta", "email": "volta@example.com", "senha": "correct horse"})").status,
            200);
  const std::string got = client_.Request("GET", "/usuarios/volta").body;
  std::string changed = got;
  changed.replace(got.find("\"Volta\""), 7, "\"Outra\"");
  HttpResponse sent = client_.Request("PATCH", "/usuarios/volta", changed);
  ASSERT_EQ(sent.status, 200) << sent.body;
  Json before = Json::Parse(got), after = Json::Parse(sent.body);
  EXPECT_EQ(after["nome"], "Outra");
  for (const char* kept : {"id", "email", "criadoEm"}) EXPECT_EQ(after[kept], before[kept]) << kept;
  EXPECT_NE(after["versao"], before["versao"]);
  EXPECT_EQ(client_.Request("PATCH", "/usuarios/volta", got).status, 409) << "it is of an older version now";
  EXPECT_EQ(client_.Request("PATCH", "/usuarios/volta", sent.body).status, 200);
  EXPECT_EQ(client_.Request("DELETE", "/usuarios/volta").status, 200);
}

// A gRPC server refuses them for the whole connection, with everybody's calls on it.
TEST_P(UsuariosHttp, RefusesMoreHeadersThanTheServerTakes) {
  std::atomic<bool> done = false;
  std::atomic<int> answered = 0, failed = 0;
  std::vector<std::jthread> others;
  for (int i = 0; i < 4; ++i) {
    others.emplace_back([&] {
      HttpClient client(stack_.http_address());
      while (!done) ++(client.Request("GET", "/usuarios/nobody").status == 404 ? answered : failed);
    });
  }
  for (const char* name : {"Accept-Language", "Authorization", "Tracestate"}) {
    for (int i = 0; i < 20; ++i) {
      HttpClient client(stack_.http_address());
      HttpResponse refused = client.Request("GET", "/usuarios/nobody", {}, {{name, std::string(8200, 'a')}});
      EXPECT_EQ(refused.status, 431) << name << ": " << refused.body;
    }
  }
  const auto until = std::chrono::steady_clock::now() + Process::kPatience;
  while (answered < 100 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  done = true;
  others.clear();
  EXPECT_EQ(failed, 0);
  EXPECT_GE(answered, 100);
}

TEST_P(UsuariosHttp, SaysWhichIsTaken) {
  ASSERT_EQ(Post(R"({"id": "um", "nome": "Um", "email": "um@example.com"})").status, 200);
  HttpResponse id = Post(R"({"id": "um", "nome": "Um", "email": "outro@example.com"})");
  EXPECT_EQ(id.status, 409);
  EXPECT_THAT(id.body, HasSubstr("id"));
  HttpResponse email = Post(R"({"nome": "Dois", "email": "UM@example.com"})");
  EXPECT_EQ(email.status, 409);
  EXPECT_THAT(email.body, HasSubstr("email"));
  EXPECT_EQ(client_.Request("DELETE", "/usuarios/um").status, 200);
}

TEST_P(UsuariosHttp, TellsAllThatIsWrongAtOnce) {
  HttpResponse wrong = Post(R"({"nome": "", "email": "nobody", "senha": "short"})");
  EXPECT_EQ(wrong.status, 400);
  Json error = Json::Parse(wrong.body);
  EXPECT_EQ(error["code"], "3");
  EXPECT_THAT(wrong.body, HasSubstr("usuario.nome"));
  EXPECT_THAT(wrong.body, HasSubstr("usuario.email"));
  EXPECT_THAT(wrong.body, HasSubstr("usuario.senha"));
  EXPECT_THAT(wrong.body, HasSubstr("google.rpc.BadRequest"));
}

TEST_P(UsuariosHttp, PagesByAHundredUnlessAsked) {
  for (int i = 0; i < 130; ++i) {
    std::string number = std::to_string(i);
    ASSERT_EQ(Post(R"({"id": "p)" + number + R"(", "nome": "P", "email": "p)" + number + R"(@example.com"})").status,
              200);
  }
  Json first = Json::Parse(client_.Request("GET", "/usuarios").body);
  EXPECT_EQ(first.Array("usuarios").size(), 100u);
  ASSERT_TRUE(first.Has("proximoToken"));
  std::string next = "/usuarios?tamanhoPagina=1000&tokenPagina=" + first["proximoToken"];
  HttpResponse rest = client_.Request("GET", next);
  ASSERT_EQ(rest.status, 200) << rest.body;
  EXPECT_GE(Json::Parse(rest.body).Array("usuarios").size(), 30u);
  EXPECT_EQ(client_.Request("GET", "/usuarios?tamanhoPagina=1001").status, 400);

  HttpResponse all = client_.Request("GET", "/usuarios:exportar");
  EXPECT_EQ(all.status, 200);
  EXPECT_GE(std::count(all.body.begin(), all.body.end(), '\n'), 130);
  for (int i = 0; i < 130; ++i) client_.Request("DELETE", "/usuarios/p" + std::to_string(i));
}

TEST_P(UsuariosHttp, ChecksPasswordsAndNeverShowsThem) {
  const std::string canary = "canary-3f9a17c2";
  ASSERT_EQ(Post(R"({"id": "c", "nome": "C", "email": "c@example.com", "senha": ")" + canary + "\"}").status, 200);
  auto verify = [&](const std::string& email, const std::string& senha) {
    return client_.Request("POST", "/usuarios:verificarSenha",
                           R"({"email": ")" + email + R"(", "senha": ")" + senha + "\"}");
  };
  HttpResponse right = verify("C@example.com", canary);
  EXPECT_EQ(right.status, 200) << right.body;
  EXPECT_EQ(Json::Parse(right.body)["id"], "c");
  HttpResponse wrong = verify("c@example.com", canary + "x");
  HttpResponse unknown = verify("nobody@example.com", canary);
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.body, unknown.body) << "an answer must not tell whether the e-mail exists";

  HttpResponse broken = Post(R"({"nome": "D", "senha": ")" + canary + R"(", "email": )");
  EXPECT_EQ(broken.status, 400);
  for (const HttpResponse& response : {right, wrong, unknown, broken})
    EXPECT_THAT(response.body, Not(HasSubstr(canary)));
  EXPECT_THAT(stack_.output(), Not(HasSubstr(canary)));
  EXPECT_EQ(client_.Request("DELETE", "/usuarios/c").status, 200);
}

TEST_P(UsuariosHttp, AnswersWhatIsNotThere) {
  HttpResponse missing = client_.Request("GET", "/nothing");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(Json::Parse(missing.body)["code"], "5");
  HttpResponse method = client_.Request("PUT", "/usuarios/ana");
  EXPECT_EQ(method.status, 405);
  EXPECT_THAT(method.headers["allow"], HasSubstr("PATCH"));
  EXPECT_EQ(client_.Request("POST", "/usuarios", "nome=Ana", {{"Content-Type", "text/plain"}}).status, 415);
  EXPECT_EQ(client_.Request("GET", "/usuarios?desconhecido=1").status, 400);
  EXPECT_EQ(Post(R"({"nome": "A", "email": "a@example.com", "desconhecido": 1})").status, 400);
}

TEST_P(UsuariosHttp, AnswersPipelinedRequestsInOrder) {
  ASSERT_EQ(Post(R"({"id": "pipe", "nome": "Pipe", "email": "pipe@example.com"})").status, 200);
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    requests += "GET /usuarios/" + std::string(i % 2 == 0 ? "pipe" : "nobody") + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  ASSERT_TRUE(client_.Send(requests));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client_.Read().status, i % 2 == 0 ? 200 : 404) << i;
  EXPECT_EQ(client_.Request("DELETE", "/usuarios/pipe").status, 200);
}

INSTANTIATE_TEST_SUITE_P(Topologies, UsuariosHttp,
                         ::testing::Values(Topology::kOneProcess, Topology::kCached, Topology::kTwoProcesses),
                         [](const auto& topology) {
                           switch (topology.param) {
                             case Topology::kOneProcess: return "OneProcess";
                             case Topology::kCached: return "Cached";
                             default: return "TwoProcesses";
                           }
                         });

}  // namespace
}  // namespace tomada::testing
