// The profile `local` keeps its users, however it ends.
#include <signal.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/usuarios/stack.h"
#include "support/http_client.h"
#include "support/json.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;

TEST(UsuariosRestart, UsersAreThereAfterAStopAndAfterAKill) {
  Stack stack(Topology::kOneProcess);
  const std::string ana = R"({"id": "ana", "nome": "Ana", "email": "ana@example.com", "senha": "correct horse"})";
  HttpResponse created = HttpClient(stack.http_address()).Request("POST", "/usuarios", ana);
  ASSERT_EQ(created.status, 200) << created.body;

  EXPECT_EQ(stack.Restart(SIGTERM), 0);
  HttpClient after_stop(stack.http_address());
  HttpResponse read = after_stop.Request("GET", "/usuarios/ana");
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(Json::Parse(read.body)["versao"], Json::Parse(created.body)["versao"]);
  EXPECT_EQ(after_stop.Request("POST", "/usuarios", R"({"nome": "B", "email": "ANA@example.com"})").status, 409);
  EXPECT_EQ(after_stop.Request("POST", "/usuarios", R"({"id": "bia", "nome": "B", "email": "b@x.br"})").status, 200);
  EXPECT_EQ(after_stop.Request("DELETE", "/usuarios/ana").status, 200);

  EXPECT_EQ(stack.Restart(SIGKILL), 128 + SIGKILL);
  HttpClient after_kill(stack.http_address());
  EXPECT_EQ(after_kill.Request("GET", "/usuarios/ana").status, 404);
  read = after_kill.Request("GET", "/usuarios:buscarPorEmail?email=b%40x.br");
  EXPECT_EQ(read.status, 200) << read.body;
  EXPECT_EQ(Json::Parse(read.body)["id"], "bia");
}

TEST(UsuariosRestart, ASecondHostOnTheSameDataSaysWhoHasIt) {
  TempDir data;
  Process::Options options;
  options.environment["TOMADA_DATA"] = data.path();
  const std::vector<std::string> command = {TomadaBinary(), "run",
                                            "--profile",    "local",
                                            "--set",        "components.grpc.config.listen=127.0.0.1:0",
                                            "--set",        "components.http.config.listen=127.0.0.1:0"};
  Process first(command, options);
  first.WaitForLine("http: listening");
  Process second(command, options);
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_THAT(second.output(), HasSubstr("/usuarios is in use by process " + std::to_string(first.pid())));
}

}  // namespace
}  // namespace tomada::testing
