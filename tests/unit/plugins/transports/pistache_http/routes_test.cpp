// Routes from the annotations of a service, and what is wrong with them.
#include "dispatch/routes.h"

#include <google/api/annotations.pb.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using google::protobuf::FieldDescriptorProto;
using testing::HasSubstr;

// A service made at run time, in a pool of its own, as from a server's reflection. Its message M has the fields
// `nome` (string) and `ele` (an M).
class DynamicService {
 public:
  // Each method with the rule in its option, or without.
  explicit DynamicService(const std::vector<std::optional<google::api::HttpRule>>& rules) {
    google::protobuf::FileDescriptorProto file;
    file.set_name("dynamic.proto");
    file.set_package("dyn");
    auto* message = file.add_message_type();
    message->set_name("M");
    AddField(message, "nome", 1, FieldDescriptorProto::TYPE_STRING);
    AddField(message, "ele", 2, FieldDescriptorProto::TYPE_MESSAGE)->set_type_name(".dyn.M");
    auto* service = file.add_service();
    service->set_name("S");
    for (size_t i = 0; i < rules.size(); ++i) {
      auto* method = service->add_method();
      method->set_name("Metodo" + std::to_string(i));
      method->set_input_type(".dyn.M");
      method->set_output_type(".dyn.M");
      if (rules[i]) *method->mutable_options()->MutableExtension(google::api::http) = *rules[i];
    }
    // Through bytes: the pool then knows the option only as an unknown field.
    google::protobuf::FileDescriptorProto foreign;
    foreign.ParseFromString(file.SerializeAsString());
    descriptor = pool_.BuildFile(foreign)->service(0);
    service_.descriptor = descriptor;
    for (int i = 0; i < descriptor->method_count(); ++i) {
      const auto* method = descriptor->method(i);
      service_.methods.push_back(Method{method, factory_.GetPrototype(method->input_type()),
                                        factory_.GetPrototype(method->output_type()), std::monostate()});
    }
  }

  absl::StatusOr<Routes> MakeRoutes() const { return Routes::Make({{"dinamico", &service_}}, {}); }
  const Service& service() const { return service_; }

  const google::protobuf::ServiceDescriptor* descriptor = nullptr;

 private:
  static FieldDescriptorProto* AddField(google::protobuf::DescriptorProto* message, const char* name, int number,
                                        FieldDescriptorProto::Type type) {
    auto* field = message->add_field();
    field->set_name(name);
    field->set_number(number);
    field->set_label(FieldDescriptorProto::LABEL_OPTIONAL);
    field->set_type(type);
    return field;
  }

  google::protobuf::DescriptorPool pool_{google::protobuf::DescriptorPool::generated_pool()};
  google::protobuf::DynamicMessageFactory factory_{&pool_};
  Service service_;
};

google::api::HttpRule Get(const std::string& path) {
  google::api::HttpRule rule;
  rule.set_get(path);
  return rule;
}

std::string ErrorOf(const google::api::HttpRule& rule) {
  auto routes = DynamicService({rule}).MakeRoutes();
  return routes.ok() ? "" : std::string(routes.status().message());
}

TEST(RoutesTest, ReadsAnnotationsOfAForeignPool) {
  google::api::HttpRule rule = Get("/a/{nome}");
  rule.add_additional_bindings()->set_post("/b/{ele.nome}");
  rule.add_additional_bindings()->mutable_custom()->set_kind("LINK");
  rule.mutable_additional_bindings(1)->mutable_custom()->set_path("/c");
  DynamicService service({rule});
  auto routes = service.MakeRoutes();
  ASSERT_TRUE(routes.ok()) << routes.status();
  EXPECT_EQ(routes->size(), 3u);
  EXPECT_EQ(routes->router().Find("GET", "/a/x").route, 0u);
  EXPECT_EQ(routes->router().Find("POST", "/b/x").route, 1u);
  EXPECT_EQ(routes->router().Find("LINK", "/c").route, 2u);
}

TEST(RoutesTest, AMethodWithoutAnnotationIsReachedByItsName) {
  DynamicService service({std::nullopt});
  auto routes = service.MakeRoutes();
  ASSERT_TRUE(routes.ok()) << routes.status();
  Router::Match match = routes->router().Find("POST", "/dyn.S/Metodo0");
  EXPECT_EQ(match.result, Router::Match::Result::kFound);
  EXPECT_TRUE(routes->endpoint(match.route).binding.takes_body());
}

TEST(RoutesTest, MistakesNameTheMethodAndItsComponent) {
  EXPECT_THAT(ErrorOf(Get("/a/{nada}")), HasSubstr("google.api.http of dyn.S.Metodo0 of component dinamico: "));
  EXPECT_THAT(ErrorOf(Get("/a/{nada}")), HasSubstr("the path variable nada is no single value of dyn.M"));
  EXPECT_THAT(ErrorOf(Get("/a/{ele}")), HasSubstr("the path variable ele"));
  EXPECT_THAT(ErrorOf(Get("/a/{")), HasSubstr("column 5"));
  google::api::HttpRule rule = Get("/a");
  rule.set_body("nada");
  EXPECT_THAT(ErrorOf(rule), HasSubstr("the body nada is no field of dyn.M"));
  rule = Get("/a");
  rule.set_response_body("nada");
  EXPECT_THAT(ErrorOf(rule), HasSubstr("the response body nada is no field of dyn.M"));
  EXPECT_THAT(ErrorOf(google::api::HttpRule()), HasSubstr("dinamico: a rule has no pattern"));
  rule = Get("/a");
  rule.add_additional_bindings()->add_additional_bindings()->set_get("/b");
  EXPECT_THAT(ErrorOf(rule), HasSubstr("additional_bindings may not stand inside others"));
  for (const char* kind : {"", "GET IT", "GÊT"}) {
    rule = Get("/a");
    rule.mutable_custom()->set_kind(kind);
    rule.mutable_custom()->set_path("/a");
    EXPECT_THAT(ErrorOf(rule), HasSubstr("the kind of a custom pattern is no HTTP method")) << kind;
  }
}

TEST(RoutesTest, AClashNamesBothMethods) {
  DynamicService service({Get("/a/{nome}"), Get("/a/{ele.nome}")});
  auto routes = service.MakeRoutes();
  EXPECT_EQ(routes.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(routes.status().message()), HasSubstr("dyn.S.Metodo0 of component dinamico and "
                                                                "dyn.S.Metodo1 of component dinamico"));
}

TEST(RoutesTest, AWrongRouteFailsTheStart) {
  DynamicService clashing({Get("/usuarios")});
  class Provider final : public ServiceProvider {
   public:
    explicit Provider(const Service& service) : services_{service} {}
    absl::Status Start() override { return absl::OkStatus(); }
    absl::Status Stop(Deadline) override { return absl::OkStatus(); }
    const std::vector<Service>& services() const override { return services_; }

   private:
    std::vector<Service> services_;
  } other(clashing.service());
  TestService usuarios;
  Config config;
  config.listen.port = 0;
  Server server(config, Server::Providers{{"usuarios", &usuarios}, {"outro", &other}}, QuietLogger());
  absl::Status status = server.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("GET /usuarios: usuarios.Usuarios.ObterUsuarios of component "
                                                       "usuarios and dyn.S.Metodo0 of component outro"));
}

}  // namespace
}  // namespace tomada::pistache_http
