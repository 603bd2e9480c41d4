#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>

#include <fmt/format.h>

#include "fixture.h"

namespace tomada::usuarios {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ListTest : public UsuariosTest {
 protected:
  explicit ListTest(ServiceOptions options = {}) : UsuariosTest(CheapCost(), options) {}

  void Fill(int count) {
    for (int i = 0; i < count; ++i) {
      std::string id = fmt::format("u{}", i);
      ASSERT_TRUE(Criar(NewUsuario(id, "Usuário " + id, id + "@exemplo.com")).ok());
      ids_.insert(id);
    }
  }

  absl::StatusOr<api::ObterUsuariosResponse> List(int size, const std::string& token, Call& call) {
    api::ObterUsuariosRequest request;
    request.set_tamanho_pagina(size);
    request.set_token_pagina(token);
    return Invoke<api::ObterUsuariosResponse>("ObterUsuarios", request, call);
  }
  absl::StatusOr<api::ObterUsuariosResponse> List(int size = 0, const std::string& token = "") {
    TestCall call;
    return List(size, token, call);
  }

  std::set<std::string> ids_;
};

TEST_F(ListTest, AnEmptyTableGivesAnEmptyList) {
  auto list = List();
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->ByteSizeLong(), 0u);
}

TEST_F(ListTest, AnOldClientGetsEveryUser) {
  Fill(1100);
  auto list = List();
  ASSERT_TRUE(list.ok()) << list.status();
  std::set<std::string> seen;
  for (const api::Usuario& usuario : list->usuarios()) EXPECT_TRUE(seen.insert(usuario.id()).second);
  EXPECT_EQ(seen, ids_);
  EXPECT_EQ(list->proximo_token(), "");
  EXPECT_EQ(list->usuarios(7).SerializeAsString(), Obter(list->usuarios(7).id())->SerializeAsString());
}

TEST_F(ListTest, PagesGiveEachUserOnce) {
  Fill(250);
  std::multiset<std::string> seen;
  std::string token;
  do {
    auto page = List(7, token);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->usuarios_size(), 7);
    for (const api::Usuario& usuario : page->usuarios()) seen.insert(usuario.id());
    token = page->proximo_token();
  } while (!token.empty());
  EXPECT_EQ(seen, std::multiset<std::string>(ids_.begin(), ids_.end()));
}

TEST_F(ListTest, OverHttpPagesBy100) {
  Fill(250);
  for (const char* via : {"1.1 tomada", "1.1 nginx, 1.1 tomada", "2 tomada, 1.1 proxy"}) {
    CallVia call(via);
    auto page = List(0, "", call);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->usuarios_size(), 100);
    EXPECT_NE(page->proximo_token(), "");
  }
  CallVia call("1.1 nginx", "1.1 tomada");
  EXPECT_EQ(List(0, "", call)->usuarios_size(), 100);
}

// An old client behind a proxy of its own still gets every user: never a silent prefix.
TEST_F(ListTest, OtherGatewaysDoNotCountAsHttp) {
  Fill(150);
  for (const char* via : {"2 envoy", "1.1 nginx", "1.1 tomada-proxy"}) {
    CallVia call(via);
    EXPECT_EQ(List(0, "", call)->usuarios_size(), 150) << via;
  }
}

TEST_F(ListTest, ATokenWithoutASizeGoesOnBy100) {
  Fill(250);
  auto first = List(10);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(List(0, first->proximo_token())->usuarios_size(), 100);
}

TEST_F(ListTest, NamesTheFieldThatIsWrong) {
  EXPECT_THAT(ViolatedFields(List(1001).status()), ElementsAre("tamanho_pagina"));
  EXPECT_THAT(ViolatedFields(List(-1).status()), ElementsAre("tamanho_pagina"));
  EXPECT_THAT(ViolatedFields(List(10, "made up").status()), ElementsAre("token_pagina"));
}

TEST_F(ListTest, ErrorsOfTheTableReachTheClientAsTheyAre) {
  table_.before = [](std::string_view) { return absl::UnavailableError("connection refused"); };
  EXPECT_EQ(List().status(), absl::UnavailableError("connection refused"));
  EXPECT_EQ(List(10).status(), absl::UnavailableError("connection refused"));
}

TEST_F(ListTest, LeavesOutUsersWhoseTimeIsOver) {
  Fill(3);
  api::Usuario usuario = NewUsuario("t", "A", "a@b");
  ToTimestamp(now() + absl::Seconds(1), *usuario.mutable_expira_em());
  ASSERT_TRUE(Criar(usuario).ok());
  EXPECT_EQ(List()->usuarios_size(), 4);
  Advance(absl::Seconds(1));
  EXPECT_EQ(List()->usuarios_size(), 3);
}

class BoundedListTest : public ListTest {
 protected:
  static constexpr uint64_t kLimit = 4'000;
  static ServiceOptions Options() {
    ServiceOptions options;
    options.max_list_bytes = kLimit;
    return options;
  }
  BoundedListTest() : ListTest(Options()) {}
};

TEST_F(BoundedListTest, RefusesWhatDoesNotFitAndSaysWhatToDo) {
  // One by one, so that the limit is met to the byte.
  int fitted = 0;
  for (int i = 0;; ++i) {
    std::string id = fmt::format("u{}", i);
    ASSERT_TRUE(Criar(NewUsuario(id, "Ana", id + "@exemplo.com")).ok());
    auto list = List();
    if (!list.ok()) {
      EXPECT_EQ(list.status().code(), absl::StatusCode::kResourceExhausted);
      EXPECT_THAT(std::string(list.status().message()),
                  AllOf(HasSubstr("4000"), HasSubstr("tamanho_pagina"), HasSubstr("token_pagina")));
      break;
    }
    ASSERT_EQ(list->usuarios_size(), i + 1);
    ASSERT_LE(list->ByteSizeLong(), kLimit);
    fitted = static_cast<int>(list->ByteSizeLong());
  }
  EXPECT_GT(fitted, kLimit - 200);
}

TEST_F(BoundedListTest, StopsReadingOnceItDoesNotFit) {
  Fill(1100);
  table_.pages_read.clear();
  api::ObterUsuariosResponse response;
  TestCall call;
  absl::Status status =
      Await(InvokeUnary(MethodNamed("ObterUsuarios"), call, log_, api::ObterUsuariosRequest(), response));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(response.usuarios_size(), 0);
  EXPECT_EQ(table_.pages_read.size(), 1u);
}

// The table holds more than fits.
class LargeTableTest : public ListTest {
 protected:
  static ServiceOptions Options() {
    ServiceOptions options;
    options.max_list_bytes = 1 << 20;
    return options;
  }
  LargeTableTest() : ListTest(Options()) {
    storage::Usuario stored;
    stored.set_nome("Ana");
    for (int i = 0; i < 20'000; ++i) {
      stored.set_email(fmt::format("ana.maria.{}@exemplo.com", i));
      StoreRaw(MakeRecord(fmt::format("user-{}", i), stored, absl::InfiniteFuture()));
    }
  }
};

TEST_F(LargeTableTest, ARefusalTakesTheMemoryOfAPageAndTheTimeOfWhatFits) {
  google::protobuf::Arena arena;
  auto& response = *google::protobuf::Arena::CreateMessage<api::ObterUsuariosResponse>(&arena);
  TestCall call;
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(Await(InvokeUnary(MethodNamed("ObterUsuarios"), call, log_, api::ObterUsuariosRequest(), response)).code(),
            absl::StatusCode::kResourceExhausted);
  std::printf("refused after %.1f ms, %zu pages and %zu bytes\n",
              std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count(),
              table_.pages_read.size(), static_cast<size_t>(arena.SpaceUsed()));
  EXPECT_LT(arena.SpaceUsed(), 100'000u);
  EXPECT_LE(table_.pages_read.size(), 20u);
}

TEST_F(BoundedListTest, PagesAreNotBounded) {
  Fill(1000);
  auto page = List(1000);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->usuarios_size(), 1000);
}

// Counts, keeps only ids, and can turn its reader away.
class KeptIds : public MessageWriter {
 public:
  Task<absl::Status> Write(const google::protobuf::Message& message) override {
    if (ids.size() == until) co_return absl::CancelledError("the client is gone");
    ids.insert(static_cast<const api::Usuario&>(message).id());
    co_return absl::OkStatus();
  }
  std::multiset<std::string> ids;
  size_t until = SIZE_MAX;
};

TEST_F(ListTest, ExportsEveryUserInPagesOf100) {
  Fill(1100);
  table_.pages_read.clear();
  KeptIds writer;
  TestCall call;
  EXPECT_EQ(
      Await(InvokeServerStreaming(MethodNamed("ExportarUsuarios"), call, log_, api::ExportarUsuariosRequest(), writer)),
      absl::OkStatus());
  EXPECT_EQ(writer.ids, std::multiset<std::string>(ids_.begin(), ids_.end()));
  EXPECT_THAT(table_.pages_read, Each(100));
}

TEST_F(ListTest, AnExportEndsWithItsClient) {
  Fill(500);
  table_.pages_read.clear();
  KeptIds writer;
  writer.until = 150;
  TestCall call;
  EXPECT_EQ(
      Await(InvokeServerStreaming(MethodNamed("ExportarUsuarios"), call, log_, api::ExportarUsuariosRequest(), writer)),
      absl::CancelledError("the client is gone"));
  EXPECT_EQ(writer.ids.size(), 150u);
  EXPECT_LE(table_.pages_read.size(), 3u);
}

}  // namespace
}  // namespace tomada::usuarios
