// What AskForServices makes of servers as they are.
#include "reflection.h"

#include <gmock/gmock.h>
#include <google/api/annotations.pb.h>

#include <thread>

#include "client_fixture.h"
#include "descriptor_set.h"
#include "scripted_reflection.h"
#include "support/process_usage.h"
#include "support/temp_dir.h"

namespace tomada::testing {
namespace {

using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using grpc_client::AskForServices;
using grpc_client::DescriptorSet;
using grpc_client::Reflected;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Deadline In(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

grpc_client::Config ConfigFor(const std::string& address) {
  grpc_client::Config config;
  config.target = address;
  return config;
}

// Asks one server, by connections of its own.
class Asker {
 public:
  explicit Asker(const std::string& address) : wire_(ConfigFor(address), nullptr, Logger(TestHost().log, "test")) {}

  absl::StatusOr<Reflected> Ask(const std::vector<std::string>& names, std::chrono::milliseconds time,
                                std::stop_token stop = {}) {
    return AskForServices(wire_, *wire_.backends().front(), names, In(time), std::move(stop));
  }

 private:
  grpc_client::Wire wire_;
};

absl::StatusOr<Reflected> Ask(const std::string& address, const std::vector<std::string>& names = {}) {
  return Asker(address).Ask(names, std::chrono::seconds(20));
}
absl::StatusOr<Reflected> Ask(const ReflectionScript& script, const std::vector<std::string>& names = {}) {
  ScriptedReflection server(script);
  return Ask(server.address(), names);
}

// "usuarios.Usuarios" and the like, of a set that is complete.
std::vector<std::string> ServicesOf(const absl::StatusOr<Reflected>& reflected) {
  EXPECT_TRUE(reflected.ok()) << reflected.status();
  if (!reflected.ok()) return {};
  auto set = DescriptorSet::FromReflection(reflected->files, "x");
  EXPECT_TRUE(set.ok()) << set.status();
  if (!set.ok()) return {};
  std::vector<std::string> names;
  const auto services = (*set)->Services({});
  for (const auto* service : *services) names.push_back(service->full_name());
  return names;
}

// A server of usuarios.Usuarios with all its files, each given alone.
ReflectionScript Usuarios() {
  FileDescriptorSet files;
  EXPECT_TRUE(files.ParseFromString(ReadFile(USUARIOS_DESCRIPTOR_SET)));
  ReflectionScript script;
  script.services = {"usuarios.Usuarios"};
  for (const FileDescriptorProto& file : files.file()) script.Add(file);
  return script;
}

ReflectionScript WithoutWellKnown(ReflectionScript script) {
  EXPECT_GT(std::erase_if(script.files, [](const auto& file) { return file.first.starts_with("google/protobuf/"); }),
            0u);
  return script;
}

class ReflectionTest : public GrpcClientTest {};

TEST_F(ReflectionTest, GivesWhatAServerOffersButItsOwnTools) {
  StartServer();
  EXPECT_THAT(ServicesOf(Ask(address_)), ElementsAre("usuarios.Usuarios"));
}

TEST_F(ReflectionTest, OptionsOfOthersComeAlong) {
  StartServer();
  auto reflected = Ask(address_);
  ASSERT_TRUE(reflected.ok()) << reflected.status();
  for (const FileDescriptorProto& file : reflected->files.file()) {
    if (file.service().empty()) continue;
    EXPECT_EQ(file.service(0).method(1).options().GetExtension(google::api::http).get(), "/usuarios/{id}");
  }
}

TEST_F(ReflectionTest, TwoAnswersThatSayTheSameAreEqual) {
  ReflectionScript script = WithoutWellKnown(Usuarios());
  auto alone = Ask(script);
  script.with_imports = true;
  auto together = Ask(script);
  ASSERT_TRUE(alone.ok() && together.ok());
  EXPECT_EQ(alone->files.SerializeAsString(), together->files.SerializeAsString());
}

TEST_F(ReflectionTest, ToolsAreOfferedWhenNamed) {
  StartServer();
  EXPECT_THAT(ServicesOf(Ask(address_, {"grpc.health.v1.Health"})), ElementsAre("grpc.health.v1.Health"));
}

TEST_F(ReflectionTest, ServerWithV1AlphaAloneIsAskedByIt) {
  ReflectionScript script = Usuarios();
  script.v1 = false;
  EXPECT_THAT(ServicesOf(Ask(script)), ElementsAre("usuarios.Usuarios"));
}

TEST_F(ReflectionTest, ServerWithoutReflectionIsUnimplemented) {
  ReflectionScript script = Usuarios();
  script.v1 = script.v1alpha = false;
  EXPECT_EQ(Ask(script).status().code(), absl::StatusCode::kUnimplemented);
}

TEST_F(ReflectionTest, WellKnownTypesNeedNotBeGiven) {
  EXPECT_THAT(ServicesOf(Ask(WithoutWellKnown(Usuarios()))), ElementsAre("usuarios.Usuarios"));
}

// As servers built without googleapis or gogoproto in their registry.
TEST_F(ReflectionTest, ImportOfOptionsNeedNotBeGiven) {
  for (bool ends : {false, true}) {
    ReflectionScript script = Usuarios();
    script.ends_on_absent = ends;
    ASSERT_EQ(script.files.erase("google/api/annotations.proto"), 1u);
    script.files.erase("google/api/http.proto");
    auto reflected = Ask(script);
    EXPECT_THAT(ServicesOf(reflected), ElementsAre("usuarios.Usuarios"));
    const FileDescriptorProto& file = reflected->files.file(reflected->files.file_size() - 1);
    ASSERT_EQ(file.name(), "usuarios.proto");
    EXPECT_TRUE(file.service(0).method(1).options().HasExtension(google::api::http));
    EXPECT_THAT(file.dependency(), ::testing::Not(::testing::Contains("google/api/annotations.proto")));
  }
}

TEST_F(ReflectionTest, ImportThatIsUsedAndAbsentIsNamed) {
  ReflectionScript script;
  script.services = {"loja.Loja"};
  FileDescriptorProto file;
  file.set_name("loja.proto");
  file.set_package("loja");
  file.add_dependency("pedido.proto");
  auto* service = file.add_service();
  service->set_name("Loja");
  auto* method = service->add_method();
  method->set_name("Comprar");
  method->set_input_type(".pedido.Pedido");
  method->set_output_type(".pedido.Pedido");
  script.Add(file);
  auto reflected = Ask(script);
  ASSERT_TRUE(reflected.ok()) << reflected.status();
  absl::Status status = DescriptorSet::FromReflection(reflected->files, "127.0.0.1:1").status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("the reflection of 127.0.0.1:1 is not complete: loja.proto: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("pedido.Pedido"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("give a descriptor_set in its place"));
}

// A public import keeps its place in the list when one before it goes.
TEST_F(ReflectionTest, PublicImportsStayPublic) {
  ReflectionScript script = Usuarios();
  FileDescriptorProto proxy;
  proxy.set_name("proxy.proto");
  proxy.add_dependency("ausente.proto");
  proxy.add_dependency("usuarios.proto");
  proxy.add_public_dependency(1);
  FileDescriptorProto loja;
  loja.set_name("loja.proto");
  loja.set_package("loja");
  loja.add_dependency("proxy.proto");
  auto* service = loja.add_service();
  service->set_name("Loja");
  auto* method = service->add_method();
  method->set_name("Obter");
  method->set_input_type(".usuarios.Usuario");
  method->set_output_type(".usuarios.Usuario");
  script.Add(proxy);
  script.Add(loja);
  script.services = {"loja.Loja"};
  EXPECT_THAT(ServicesOf(Ask(script)), ElementsAre("loja.Loja"));
}

// That a file describes a service does not mean that this server offers it.
TEST_F(ReflectionTest, ServiceThatIsNotListedIsNotOffered) {
  ReflectionScript script = Usuarios();
  *script.files["usuarios.proto"].add_service() = script.files["usuarios.proto"].service(0);
  script.files["usuarios.proto"].mutable_service(0)->set_name("Interno");
  EXPECT_THAT(ServicesOf(Ask(script)), ElementsAre("usuarios.Usuarios"));
}

TEST_F(ReflectionTest, ServiceThatTheServerCannotDescribeIsLeftOut) {
  ReflectionScript script = Usuarios();
  script.services = {"outro.Ausente", "usuarios.Usuarios", "outro.Ilegivel"};
  script.garbage_for = "outro.Ilegivel";
  auto reflected = Ask(script);
  EXPECT_THAT(ServicesOf(reflected), ElementsAre("usuarios.Usuarios"));
  EXPECT_THAT(reflected->left_out,
              ElementsAre("outro.Ausente: absent", "outro.Ilegivel: a file is not a file descriptor"));
}

TEST_F(ReflectionTest, NameThatTheServerLacksIsRefusedWithThoseItHas) {
  ScriptedReflection server(Usuarios());
  absl::Status status = Ask(server.address(), {"usuarios.Outro"}).status();
  EXPECT_EQ(status, absl::NotFoundError(server.address() + " has no service usuarios.Outro; it has usuarios.Usuarios"));
}

TEST_F(ReflectionTest, ServerThatIsAwayIsUnavailableWithTheCause) {
  StartServer();
  StopServer();
  EXPECT_EQ(Ask(address_).status(), absl::UnavailableError("Connection refused"));
}

TEST_F(ReflectionTest, ServerThatNeverAnswersIsGivenUp) {
  ReflectionScript script;
  script.never_answers = true;
  ScriptedReflection server(script);
  Asker asker(server.address());
  auto reflected = asker.Ask({}, std::chrono::milliseconds(200));
  EXPECT_EQ(reflected.status().code(), absl::StatusCode::kDeadlineExceeded);

  std::stop_source stop;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop.request_stop();
  });
  const auto begun = std::chrono::steady_clock::now();
  reflected = asker.Ask({}, std::chrono::minutes(1), stop.get_token());
  EXPECT_EQ(reflected.status().code(), absl::StatusCode::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
  stopper.join();
}

// One service, whose file imports file 0, which imports file 1, and so on without an end. `fill` makes them larger.
ReflectionScript Endless(const std::function<void(FileDescriptorProto&)>& fill) {
  ReflectionScript script;
  script.services = {"loja.Loja"};
  FileDescriptorProto file;
  file.set_name("loja.proto");
  file.set_package("loja");
  file.add_dependency("0");
  file.add_service()->set_name("Loja");
  script.Add(file);
  script.numbered = [fill](int number) {
    FileDescriptorProto numbered;
    numbered.set_name(std::to_string(number));
    numbered.add_dependency(std::to_string(number + 1));
    fill(numbered);
    return numbered;
  };
  return script;
}

TEST_F(ReflectionTest, ServerThatSaysTooMuchIsGivenUp) {
  const std::vector<ReflectionScript> scripts = {
      Endless([](FileDescriptorProto& file) { file.mutable_options()->set_go_package(std::string(1 << 20, 'x')); }),
      // 200 KB on the wire, a hundred times as much in memory.
      Endless([](FileDescriptorProto& file) {
        for (int i = 0; i < 100'000; ++i) file.add_message_type();
      })};
  for (const ReflectionScript& script : scripts) {
    ScriptedReflection server(script);
    const size_t before = ProcessUsage::Now().resident_bytes;
    absl::Status status = Ask(server.address()).status();
    EXPECT_EQ(status, absl::ResourceExhaustedError(
                          "it describes them with more than 64 MiB: name those to offer in `services`, or give a "
                          "descriptor_set"));
    if (kMemoryIsTrue) EXPECT_LE(ProcessUsage::Now().resident_bytes, before + (160 << 20));
  }
}

TEST_F(ReflectionTest, ServerThatFindsNoEndIsGivenUpAtTheDeadline) {
  ScriptedReflection server(Endless([](FileDescriptorProto&) {}));
  Asker asker(server.address());
  const auto begun = std::chrono::steady_clock::now();
  auto reflected = asker.Ask({}, std::chrono::milliseconds(500));
  EXPECT_EQ(reflected.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

}  // namespace
}  // namespace tomada::testing
