// The plugin as it is built, with a real store, without a host.
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encurtador.pb.h"
#include "tomada/service_client.h"
#include "tomada/store.h"
#include "tomada/testing/await.h"
#include "tomada/testing/test_call.h"
#include "tomada/testing/test_host.h"

namespace encurtador {
namespace {

using google::protobuf::Empty;
using tomada::testing::TestCall;

class EncurtadorTest : public ::testing::Test {
 protected:
  absl::Status Criar(const std::string& destino, const std::string& apelido, Link* link = nullptr, int segundos = 0) {
    CriarLinkRequest request;
    request.set_destino(destino);
    request.set_apelido(apelido);
    if (segundos != 0) request.mutable_validade()->set_seconds(segundos);
    Link answer;
    absl::Status status = executor_.Run(client_.Unary<CriarLinkRequest, Link>("CriarLink")(call_, request, answer));
    if (link != nullptr) *link = answer;
    return status;
  }
  absl::Status Abrir(const std::string& apelido, Link& link) {
    AbrirLinkRequest request;
    request.set_apelido(apelido);
    return executor_.Run(client_.Unary<AbrirLinkRequest, Link>("AbrirLink")(call_, request, link));
  }
  tomada::Task<absl::Status> AbrirTodos(std::vector<std::string> apelidos) {
    const auto abrir = client_.Unary<AbrirLinkRequest, Link>("AbrirLink");
    for (const std::string& apelido : apelidos) {
      AbrirLinkRequest request;
      request.set_apelido(apelido);
      Link link;
      absl::Status status = co_await abrir(call_, request, link);
      if (!status.ok()) co_return status;
    }
    co_return absl::OkStatus();
  }
  tomada::Task<absl::Status> Encerrar() {
    dynamic_cast<tomada::Drainable&>(provider_).Drain();
    co_return absl::OkStatus();
  }
  // Of the link "a".
  tomada::Task<absl::Status> Acompanhar(TestCall& call, tomada::Writer<Visita> each) {
    AcompanharVisitasRequest request;
    request.set_apelido("a");
    const auto acompanhar = client_.ServerStreaming<AcompanharVisitasRequest, Visita>("AcompanharVisitas");
    co_return co_await acompanhar(call, request, each);
  }

  tomada::testing::TestHost host_;
  tomada::Store& store_ = host_.Start<tomada::Store>("store", "memory_store");
  tomada::ServiceProvider& provider_ =
      host_.Start<tomada::ServiceProvider>("encurtador", ENCURTADOR_PLUGIN, {}, {{"store", {{"store", &store_}}}});
  tomada::ServiceClient client_ =
      tomada::ServiceClient::Find({{"encurtador", &provider_}},
                                  *Link::descriptor()->file()->FindServiceByName("Encurtador"),
                                  tomada::Logger(host_.log, "test"))
          .value();
  tomada::testing::TestExecutor executor_;
  TestCall call_{executor_};
};

TEST_F(EncurtadorTest, ALinkLeadsWhereItWasMadeFor) {
  Link made, found;
  EXPECT_EQ(Criar("https://example.com/longo", "curto", &made), absl::OkStatus());
  EXPECT_EQ(made.apelido(), "curto");
  EXPECT_EQ(Abrir("curto", found), absl::OkStatus());
  EXPECT_EQ(found.destino(), "https://example.com/longo");
  EXPECT_EQ(Abrir("outro", found).code(), absl::StatusCode::kNotFound);
}

TEST_F(EncurtadorTest, AnAliasIsTakenOnce) {
  EXPECT_EQ(Criar("https://a.example", "a"), absl::OkStatus());
  EXPECT_EQ(Criar("https://b.example", "a").code(), absl::StatusCode::kAlreadyExists);
  Link first, second;
  EXPECT_EQ(Criar("https://a.example", "", &first), absl::OkStatus());
  EXPECT_EQ(Criar("https://a.example", "", &second), absl::OkStatus());
  EXPECT_NE(first.apelido(), second.apelido());
}

TEST_F(EncurtadorTest, WhatIsWrongIsNamed) {
  for (const char* destino : {"", "example.com", "javascript:alert(1)", "https://", "https://a b"}) {
    EXPECT_THAT(Criar(destino, "a").ToString(), ::testing::HasSubstr("destino")) << destino;
  }
  EXPECT_EQ(Criar("https://a.example", "a/b").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Criar("https://a.example", "a", nullptr, -1).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(EncurtadorTest, ALinkEnds) {
  Link link;
  EXPECT_EQ(Criar("https://a.example", "a", &link, 1), absl::OkStatus());
  EXPECT_TRUE(link.has_expira_em());
  EXPECT_EQ(Abrir("a", link), absl::OkStatus());
  std::this_thread::sleep_for(std::chrono::milliseconds(1050));
  EXPECT_EQ(Abrir("a", link).code(), absl::StatusCode::kNotFound);
}

TEST_F(EncurtadorTest, VisitsAreToldAsTheyHappen) {
  EXPECT_EQ(Criar("https://a.example", "a"), absl::OkStatus());
  EXPECT_EQ(Criar("https://b.example", "b"), absl::OkStatus());
  std::vector<std::string> visitas;
  tomada::FunctionWriter<Visita> each([&](const Visita& visita) {
    visitas.push_back(visita.apelido());
    return visitas.size() < 2 ? absl::OkStatus() : absl::CancelledError("enough");
  });
  TestCall watching(executor_);
  const auto [watched, visited] =
      executor_.Run(tomada::Both(Acompanhar(watching, each), AbrirTodos({"b", "a", "b", "a", "a"})));
  EXPECT_EQ(watched, absl::CancelledError("enough"));
  EXPECT_EQ(visited, absl::OkStatus());
  EXPECT_EQ(visitas, (std::vector<std::string>{"a", "a"}));
}

TEST_F(EncurtadorTest, WhoWatchesIsToldOfTheEnd) {
  EXPECT_EQ(Criar("https://a.example", "a"), absl::OkStatus());
  TestCall watching(executor_);
  tomada::FunctionWriter<Visita> each([](const Visita&) { return absl::OkStatus(); });
  const auto [watched, drained] = executor_.Run(tomada::Both(Acompanhar(watching, each), Encerrar()));
  EXPECT_EQ(watched, absl::UnavailableError("the server is stopping"));
  EXPECT_EQ(drained, absl::OkStatus());
}

}  // namespace
}  // namespace encurtador
