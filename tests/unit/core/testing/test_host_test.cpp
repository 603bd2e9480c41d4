// Components of real plugins in a test's own process, without a host.
#include "tomada/testing/test_host.h"

#include <functional>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tomada/service_client.h"
#include "tomada/store.h"
#include "tomada/testing/await.h"
#include "tomada/testing/test_call.h"
#include "usuarios.pb.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;
using usuarios::CriarUsuarioRequest;
using usuarios::CriarUsuarioResponse;
using usuarios::Usuario;

std::string WhatThrows(const std::function<void()>& act) {
  try {
    act();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(TestHost, StartsAServiceOnARealStore) {
  TestHost host;
  auto& store = host.Start<Store>("store", "memory_store", {{"shards", "2"}, {"max_bytes", "1MiB"}});
  EXPECT_TRUE(host.board->Of("store").ready);
  auto& provider = host.Start<ServiceProvider>("usuarios", "usuarios", {}, {{"store", {{"store", &store}}}});

  const auto& descriptor = *Usuario::descriptor()->file()->FindServiceByName("Usuarios");
  const Logger log(host.log, "test");
  const auto criar = ServiceClient::Find({{"usuarios", &provider}}, descriptor, log)
                         ->Unary<CriarUsuarioRequest, CriarUsuarioResponse>("CriarUsuario");
  TestExecutor executor;
  TestCall call(executor);
  CriarUsuarioRequest request;
  request.mutable_usuario()->set_id("ana");
  request.mutable_usuario()->set_nome("Ana");
  request.mutable_usuario()->set_email("ana@example.com");
  request.mutable_usuario()->set_senha("correct horse");  // hashed on the host's blocking pool
  CriarUsuarioResponse response;
  EXPECT_EQ(executor.Run(criar(call, request, response)), absl::OkStatus());
  EXPECT_EQ(response.usuario().nome(), "Ana");
  EXPECT_EQ(executor.Run(criar(call, request, response)).code(), absl::StatusCode::kAlreadyExists);
}

TEST(TestHost, SaysWhatIsWrong) {
  TestHost host;
  EXPECT_THAT(WhatThrows([&] { host.Start<Store>("x", "no_such_store"); }), HasSubstr("libno_such_store.so"));
  EXPECT_THAT(WhatThrows([&] { host.Start<Store>("x", "../../libtomada.so"); }), HasSubstr("../../libtomada.so"));
  EXPECT_EQ(WhatThrows([&] {
              host.Start<Store>("x", "memory_store", {{"sharps", "2"}});
            }),
            "tomada::testing: there is no config key `sharps`");
  EXPECT_THAT(WhatThrows([&] {
                host.Start<Store>("x", "memory_store", {{"shards", "0"}});
              }),
              HasSubstr("config key `shards`: "));
  EXPECT_EQ(WhatThrows([&] { host.Start<Component>("u", "usuarios"); }),
            "tomada::testing: u uses nothing at its port `store`");
  EXPECT_EQ(WhatThrows([&] { host.Start<ServiceProvider>("x", "memory_store"); }), "memory_store is of another kind");
}

TEST(TestHost, LendsWhatAHostLends) {
  struct Config {
    int size = 3;
  };
  TestHost host;
  const Context context = host.MakeContext("um", Config());
  EXPECT_EQ(context.id(), "um");
  EXPECT_EQ(context.config<Config>().size, 3);
  context.logger().Info("listening", {{"address", "127.0.0.1:1"}});
  EXPECT_THAT(host.log->text(), HasSubstr("info um: listening address=127.0.0.1:1"));
  context.status().NotReady("connection refused");
  EXPECT_EQ(host.board->Of("um").reason, "connection refused");
  TestCall call;
  bool ran = false;
  EXPECT_EQ(Await(context.blocking_pool().Run(call, [&] { ran = true; })), absl::OkStatus());
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace tomada::testing
