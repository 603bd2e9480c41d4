#include "rpc/method_path.h"

#include <gtest/gtest.h>
#include <usuarios.pb.h>

namespace tomada::rpc {
namespace {

TEST(MethodPathTest, IsServiceAndMethod) {
  EXPECT_EQ(PathOf(*usuarios::Usuario::descriptor()->file()->service(0)->FindMethodByName("ObterUsuario")),
            "/usuarios.Usuarios/ObterUsuario");
}

}  // namespace
}  // namespace tomada::rpc
