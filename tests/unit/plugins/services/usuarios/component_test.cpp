#include "component.h"

#include "fixture.h"

namespace tomada::usuarios {
namespace {

using ::testing::StartsWith;

class ComponentTest : public ::testing::Test {
 protected:
  Context MakeContext() {
    Context::Parts parts;
    parts.id = "usuarios";
    parts.config = config_;
    parts.uses["store"].push_back(Context::Used{"store", &store_});
    parts.blocking_pool = &pool_;
    return Context(std::move(parts));
  }

  std::shared_ptr<Config> config_ = std::make_shared<Config>();
  memory_store::MemoryStore store_{memory_store::Config()};
  BlockingPool pool_{1, 1};
};

TEST_F(ComponentTest, OffersEveryMethodOnceStarted) {
  UsuariosComponent component(MakeContext());
  ASSERT_EQ(component.Start(), absl::OkStatus());
  ASSERT_EQ(component.services().size(), 1u);
  const Service& service = component.services().front();
  EXPECT_EQ(service.descriptor->full_name(), "usuarios.Usuarios");
  for (const Method& method : service.methods) {
    EXPECT_NE(method.handler.index(), 0u) << method.descriptor->full_name();
    EXPECT_EQ(std::holds_alternative<ServerStreamingHandler>(method.handler), method.descriptor->server_streaming());
  }
}

TEST_F(ComponentTest, ConstructionTouchesNothing) {
  UsuariosComponent component(MakeContext());
  EXPECT_TRUE(component.services().empty());
  TableOptions other(kTable);
  EXPECT_TRUE(store_.OpenTable(other).ok());
}

TEST_F(ComponentTest, AStoreThatRefusesTheTableFailsTheStart) {
  TableOptions other(kTable);
  auto opened = store_.OpenTable(other);
  ASSERT_TRUE(opened.ok());
  UsuariosComponent component(MakeContext());
  EXPECT_EQ(component.Start().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ComponentTest, StopsTwiceAndWithoutAStart) {
  UsuariosComponent component(MakeContext());
  EXPECT_EQ(component.Stop(Deadline()), absl::OkStatus());
  EXPECT_EQ(component.Stop(Deadline()), absl::OkStatus());
}

TEST_F(ComponentTest, PasswordsCostWhatTheConfigSays) {
  config_->senha_memory = ByteSize{16 << 10};
  config_->senha_passes = 3;
  UsuariosComponent component(MakeContext());
  ASSERT_EQ(component.Start(), absl::OkStatus());
  api::CriarUsuarioRequest request;
  *request.mutable_usuario() = NewUsuario("ana", "Ana", "a@b", "segredo123");
  api::CriarUsuarioResponse response;
  TestCall call;
  Logger log(std::make_shared<KeptLog>(), "usuarios");
  const Method& create = component.services().front().methods.front();
  ASSERT_EQ(Await(InvokeUnary(create, call, log, request, response)), absl::OkStatus());

  auto table = store_.OpenTable(UsersTable());
  storage::Usuario stored;
  ASSERT_TRUE(stored.ParseFromString((*Await((*table)->Get(call, "ana")))->value));
  EXPECT_THAT(stored.senha_hash(), StartsWith("$argon2id$v=19$m=16,t=3,p=1$"));
}

TEST(ConfigTest, DefaultsAreThePromisedOnes) {
  Config config;
  EXPECT_EQ(config.senha_memory.bytes, 19u << 20);
  EXPECT_EQ(config.senha_passes, 2);
  EXPECT_EQ(config.max_list_bytes.bytes, 4u << 20);
  EXPECT_EQ(PasswordCost().memory_bytes, config.senha_memory.bytes);
  EXPECT_EQ(PasswordCost().passes, 2u);
  ConfigSchema schema = ConfigSchema::Of<Config>();
  EXPECT_NE(schema.Find("senha_memory"), nullptr);
  EXPECT_NE(schema.Find("senha_passes"), nullptr);
  EXPECT_NE(schema.Find("max_list_bytes"), nullptr);
}

}  // namespace
}  // namespace tomada::usuarios
