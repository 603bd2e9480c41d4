// Routes from the annotations of a service, and what is wrong with them.
#include "dispatch/routes.h"

#include <google/api/annotations.pb.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <tomada/http.pb.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using google::protobuf::FieldDescriptorProto;
using ::testing::HasSubstr;

// A service made at run time, in a pool of its own, as from a server's reflection. Its message M has the fields
// `nome` (string), `ele` (an M), an optional `opcional`, and a oneof of `sim`, `nao` (strings) and `talvez` (an M).
class DynamicService {
 public:
  // Each method with the rule in its option, or without; all with `success`; `change` is made to the first.
  explicit DynamicService(
      const std::vector<std::optional<google::api::HttpRule>>& rules, const std::optional<HttpSuccess>& success = {},
      const std::function<void(google::protobuf::MethodDescriptorProto&)>& change = [](auto&) {}) {
    google::protobuf::FileDescriptorProto file;
    file.set_name("dynamic.proto");
    file.set_package("dyn");
    auto* message = file.add_message_type();
    message->set_name("M");
    AddField(message, "nome", 1, FieldDescriptorProto::TYPE_STRING);
    AddField(message, "ele", 2, FieldDescriptorProto::TYPE_MESSAGE)->set_type_name(".dyn.M");
    message->add_oneof_decl()->set_name("resposta");
    message->add_oneof_decl()->set_name("_opcional");
    AddField(message, "sim", 3, FieldDescriptorProto::TYPE_STRING)->set_oneof_index(0);
    AddField(message, "nao", 4, FieldDescriptorProto::TYPE_STRING)->set_oneof_index(0);
    auto* talvez = AddField(message, "talvez", 5, FieldDescriptorProto::TYPE_MESSAGE);
    talvez->set_type_name(".dyn.M");
    talvez->set_oneof_index(0);
    auto* opcional = AddField(message, "opcional", 6, FieldDescriptorProto::TYPE_STRING);
    opcional->set_proto3_optional(true);
    opcional->set_oneof_index(1);
    file.set_syntax("proto3");
    file.add_dependency("google/api/httpbody.proto");
    auto* service = file.add_service();
    service->set_name("S");
    for (size_t i = 0; i < rules.size(); ++i) {
      auto* method = service->add_method();
      method->set_name("Metodo" + std::to_string(i));
      method->set_input_type(".dyn.M");
      method->set_output_type(".dyn.M");
      if (rules[i]) *method->mutable_options()->MutableExtension(google::api::http) = *rules[i];
      if (success) *method->mutable_options()->MutableExtension(http_success) = *success;
    }
    change(*service->mutable_method(0));
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

google::api::HttpRule GetRule(const std::string& path) {
  google::api::HttpRule rule;
  rule.set_get(path);
  return rule;
}

std::string ErrorOf(const DynamicService& service) {
  auto routes = service.MakeRoutes();
  return routes.ok() ? "" : std::string(routes.status().message());
}
std::string ErrorOf(const google::api::HttpRule& rule) { return ErrorOf(DynamicService({rule})); }

HttpSuccess Success(int status, const std::string& location = "") {
  HttpSuccess success;
  success.set_status(status);
  success.set_location(location);
  return success;
}
std::string ErrorOf(const HttpSuccess& success) { return ErrorOf(DynamicService({GetRule("/a")}, success)); }

TEST(RoutesTest, ReadsAnnotationsOfAForeignPool) {
  google::api::HttpRule rule = GetRule("/a/{nome}");
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
  EXPECT_THAT(ErrorOf(GetRule("/a/{nada}")),
              HasSubstr("google.api.http of dyn.S.Metodo0 of component dinamico, in dynamic.proto: "));
  EXPECT_THAT(ErrorOf(GetRule("/a/{nada}")), HasSubstr("the path variable nada is no single value of dyn.M"));
  EXPECT_THAT(ErrorOf(GetRule("/a/{ele}")), HasSubstr("the path variable ele"));
  EXPECT_THAT(ErrorOf(GetRule("/a/{")), HasSubstr("column 5"));
  EXPECT_THAT(ErrorOf(GetRule("/a/**/{nome}")),
              HasSubstr("dynamic.proto: path template \"/a/**/{nome}\", column 12: only "
                        "literals may follow a **"));
  google::api::HttpRule rule = GetRule("/a");
  rule.set_body("nada");
  EXPECT_THAT(ErrorOf(rule), HasSubstr("the body nada is no field of dyn.M"));
  rule = GetRule("/a");
  rule.set_response_body("nada");
  EXPECT_THAT(ErrorOf(rule), HasSubstr("the response body nada is no field of dyn.M"));
  EXPECT_THAT(ErrorOf(google::api::HttpRule()), HasSubstr("dynamic.proto: a rule has no pattern"));
  rule = GetRule("/a");
  rule.add_additional_bindings()->add_additional_bindings()->set_get("/b");
  EXPECT_THAT(ErrorOf(rule), HasSubstr("additional_bindings may not stand inside others"));
  for (const char* kind : {"", "GET IT", "GÊT"}) {
    rule = GetRule("/a");
    rule.mutable_custom()->set_kind(kind);
    rule.mutable_custom()->set_path("/a");
    EXPECT_THAT(ErrorOf(rule), HasSubstr("the kind of a custom pattern is no HTTP method")) << kind;
  }
}

TEST(RoutesTest, MistakesOfASuccessNameTheMethodAndItsComponent) {
  EXPECT_THAT(
      ErrorOf(Success(304)),
      HasSubstr("tomada.http_success of dyn.S.Metodo0 of component dinamico, in dynamic.proto: status 304 is not "
                "one of 200, 201, 202, 204, 301, 302, 303, 307, 308"));
  for (int status : {0, -1, 100, 203, 205, 206, 300, 305, 400, 500, 302000}) {
    EXPECT_THAT(ErrorOf(Success(status, "/a")), HasSubstr(" is not one of 200, ")) << status;
  }
  for (int status : {301, 302, 303, 307, 308}) {
    EXPECT_THAT(ErrorOf(Success(status)), HasSubstr(" is a redirect and needs a location"));
    EXPECT_EQ(ErrorOf(Success(status, "{+nome}")), "");
  }
  for (int status : {200, 201, 202, 204}) {
    EXPECT_EQ(ErrorOf(Success(status)), "");
    EXPECT_EQ(ErrorOf(Success(status, "/a/{nome}")), "");
  }
  EXPECT_THAT(ErrorOf(Success(201, "/a/{nada}")), HasSubstr("in dynamic.proto: location \"/a/{nada}\": nada is no "));
}

TEST(RoutesTest, ASuccessGoesWithTheAnswer) {
  auto streams = [](auto& method) { method.set_server_streaming(true); };
  EXPECT_THAT(ErrorOf(DynamicService({GetRule("/a")}, Success(201), streams)),
              HasSubstr("the method streams its answer"));
  auto takes_stream = [](auto& method) { method.set_client_streaming(true); };
  EXPECT_EQ(ErrorOf(DynamicService({GetRule("/a")}, Success(201), takes_stream)), "");
  auto raw = [](auto& method) { method.set_output_type(".google.api.HttpBody"); };
  EXPECT_THAT(ErrorOf(DynamicService({GetRule("/a")}, Success(204), raw)), HasSubstr("204 has no body, and "));
  EXPECT_EQ(ErrorOf(DynamicService({GetRule("/a")}, Success(201), raw)), "");
  google::api::HttpRule rule = GetRule("/a");
  rule.add_additional_bindings()->set_get("/b");
  rule.mutable_additional_bindings(0)->set_response_body("nome");
  EXPECT_THAT(ErrorOf(DynamicService({rule}, Success(204))),
              HasSubstr("204 has no body, and the method has a response_"));
}

// Every request to such a route would fail.
TEST(RoutesTest, TwoMembersOfAOneofAreAMistake) {
  const std::string both = "sim and nao are members of one oneof";
  EXPECT_THAT(ErrorOf(GetRule("/x/{sim}/{nao}")),
              HasSubstr("dyn.S.Metodo0 of component dinamico, in dynamic.proto: " + both));
  EXPECT_THAT(ErrorOf(GetRule("/x/{ele.sim}/{ele.nao}")), HasSubstr("ele.sim and ele.nao are members of one oneof"));
  EXPECT_THAT(ErrorOf(GetRule("/x/{sim}/{talvez.nome}")), HasSubstr("sim and talvez.nome are members of one oneof"));
  google::api::HttpRule rule;
  rule.set_post("/x/{sim}");
  rule.set_body("nao");
  EXPECT_THAT(ErrorOf(rule), HasSubstr(both));
  rule.set_body("*");
  EXPECT_EQ(ErrorOf(rule), "") << "only some bodies have the other";
  EXPECT_EQ(ErrorOf(GetRule("/x/{sim}/{ele.nao}")), "") << "of two messages";
  EXPECT_EQ(ErrorOf(GetRule("/x/{talvez.nome}/{talvez.sim}")), "") << "in one member";
  EXPECT_EQ(ErrorOf(GetRule("/x/{opcional}/{nome}")), "") << "optional is no choice";
}

TEST(RoutesTest, AClashNamesBothMethods) {
  DynamicService service({GetRule("/a/{nome}"), GetRule("/a/{ele.nome}")});
  auto routes = service.MakeRoutes();
  EXPECT_EQ(routes.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(routes.status().message()), HasSubstr("dyn.S.Metodo0 of component dinamico and "
                                                                "dyn.S.Metodo1 of component dinamico"));
}

TEST(RoutesTest, AWrongRouteFailsTheStart) {
  DynamicService clashing({GetRule("/usuarios")});
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
