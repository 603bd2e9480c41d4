// The live documentation: what it says of the services, and that it is served.
#include "openapi/document.h"

#include <google/api/annotations.pb.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/struct.pb.h>
#include <mapping_test.pb.h>
#include <usuarios.pb.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "echo_server.h"
#include "json/parse.h"
#include "json/print.h"
#include "support/recording_sink.h"
#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using google::protobuf::Value;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

// The JSON of the value that the keys lead to; "absent" where they lead nowhere.
std::string At(const std::string& document, const std::vector<std::string>& keys) {
  Value root;
  absl::Status parsed = json::Parse(document, &root);
  EXPECT_TRUE(parsed.ok()) << parsed;
  const Value* value = &root;
  for (const std::string& key : keys) {
    if (value->has_list_value()) {
      value = &value->list_value().values(std::stoi(key));
      continue;
    }
    auto found = value->struct_value().fields().find(key);
    if (found == value->struct_value().fields().end()) return "absent";
    value = &found->second;
  }
  std::string text;
  EXPECT_TRUE(json::Print(*value, &text).ok());
  return text;
}

class UsuariosDocumentTest : public ::testing::Test {
 protected:
  TestService service;
  std::string document = MakeOpenApi({&service.services()[0]}, {});
};

TEST_F(UsuariosDocumentTest, HasEveryPathAndMethod) {
  EXPECT_EQ(At(document, {"openapi"}), "\"3.1.0\"");
  EXPECT_EQ(At(document, {"info", "title"}), "\"Usuarios\"");
  EXPECT_EQ(At(document, {"paths", "/usuarios", "post", "operationId"}), "\"usuarios_Usuarios_CriarUsuario\"");
  EXPECT_EQ(At(document, {"paths", "/usuarios/{id}", "get", "summary"}), "\"Returns one user\"");
  EXPECT_EQ(At(document, {"paths", "/usuarios/{id}", "patch", "summary"}),
            "\"Changes the fields of a user that mascara names\"")
      << "one path, though the method names its variable otherwise";
  EXPECT_NE(At(document, {"paths", "/usuarios:exportar", "get"}), "absent");
}

TEST_F(UsuariosDocumentTest, KeepsTheOrderOfDeclaration) {
  EXPECT_LT(document.find("usuarios_Usuarios_CriarUsuario"), document.find("usuarios_Usuarios_ObterUsuarios"));
  EXPECT_LT(document.find("usuarios_Usuarios_AtualizarUsuario"), document.find("usuarios_Usuarios_RemoverUsuario"));
}

TEST_F(UsuariosDocumentTest, ParametersAreWhatPathAndBodyLeave) {
  EXPECT_EQ(At(document, {"paths", "/usuarios/{id}", "get", "parameters"}),
            R"([{"example":"ana","in":"path","name":"id","required":true,"schema":{"type":"string"}}])");
  EXPECT_EQ(
      At(document, {"paths", "/usuarios", "get", "parameters"}),
      R"([{"description":"At most 1000. Left out: over gRPC every user, over HTTP 100.","in":"query","name":"tamanhoPagina","schema":{"format":"int32","type":"integer"}},)"
      R"({"description":"`proximo_token` of the page before; empty for the first.","in":"query","name":"tokenPagina","schema":{"type":"string"}}])");
  EXPECT_EQ(At(document, {"paths", "/usuarios", "post", "parameters", "0", "name"}), "\"idRequisicao\"");
  EXPECT_EQ(At(document, {"paths", "/usuarios:verificarSenha", "post", "parameters"}), "[]");
}

TEST_F(UsuariosDocumentTest, BodiesReferToTheirMessages) {
  const std::string usuario = R"({"$ref":"#/components/schemas/usuarios.Usuario"})";
  EXPECT_EQ(At(document, {"paths", "/usuarios", "post", "requestBody", "content", "application/json", "schema"}),
            usuario);
  EXPECT_EQ(At(document, {"paths", "/usuarios", "post", "responses", "200", "content", "application/json", "schema"}),
            usuario);
  for (const char* form : {"application/x-ndjson", "text/event-stream"}) {
    EXPECT_EQ(At(document, {"paths", "/usuarios:exportar", "get", "responses", "200", "content", form, "schema"}),
              usuario);
  }
  EXPECT_EQ(At(document, {"components", "schemas", "usuarios.Usuario", "properties", "criadoEm"}),
            R"({"description":"Output only.","format":"date-time","readOnly":true,"type":"string"})");
  EXPECT_EQ(At(document, {"paths", "/usuarios", "post", "responses", "default"}),
            R"({"$ref":"#/components/responses/Error"})");
  EXPECT_EQ(At(document, {"components", "responses", "Error", "content", "application/json", "schema"}),
            R"({"$ref":"#/components/schemas/google.rpc.Status"})");
  EXPECT_NE(At(document, {"components", "schemas", "google.rpc.Status", "properties", "code"}), "absent");
}

TEST_F(UsuariosDocumentTest, NamesAndErrorsFollowTheConfig) {
  std::string other = MakeOpenApi({&service.services()[0]}, {.proto_names = true, .errors = ErrorShape::kFastApi});
  EXPECT_EQ(At(other, {"paths", "/usuarios", "get", "parameters", "0", "name"}), "\"tamanho_pagina\"");
  EXPECT_NE(At(other, {"components", "schemas", "usuarios.Usuario", "properties", "criado_em"}), "absent");
  EXPECT_NE(At(other, {"paths", "/usuarios", "post", "responses", "422"}), "absent");
  EXPECT_EQ(At(other, {"components", "responses", "WrongFields", "content", "application/json", "schema"}),
            R"({"$ref":"#/components/schemas/HTTPValidationError"})");
  EXPECT_EQ(At(other, {"components", "responses", "WrongFields", "content", "application/json", "example", "detail"}),
            R"([{"loc":["body","field"],"msg":"what would be right","type":"value_error"}])");
  EXPECT_EQ(At(other, {"components", "schemas", "google.rpc.Status"}), "absent");
}

TEST(MappingDocumentationTest, EveryKindOfRoute) {
  const auto& file = *mapping_test::Params::descriptor()->file();
  fixture::EchoService mapping(*file.FindServiceByName("Mapping")), files(*file.FindServiceByName("Files"));
  std::string document = MakeOpenApi({&mapping.services()[0], &files.services()[0]}, {});
  EXPECT_EQ(At(document, {"info", "title"}), "\"Mapping, Files\"");
  EXPECT_NE(At(document, {"paths", "/shelf/shelves/{text}/books/{text_2}", "get"}), "absent");
  EXPECT_NE(At(document, {"paths", "/one/{text}:verb", "get"}), "absent");
  EXPECT_NE(At(document, {"paths", "/mapping_test.Mapping/Bare", "post"}), "absent");
  EXPECT_EQ(At(document, {"paths", "/any"}), "absent") << "any method";
  EXPECT_EQ(At(document, {"paths", "/query", "link"}), "absent");
  EXPECT_EQ(At(document, {"paths", "/form", "post", "operationId"}), "\"mapping_test_Mapping_Query_2\"");
  EXPECT_EQ(At(document, {"paths", "/echo", "post", "requestBody", "content"}),
            R"({"*/*":{},"application/octet-stream":{},)"
            R"("text/plain":{"example":"string","schema":{"type":"string"}}})");
  EXPECT_EQ(At(document, {"paths", "/echo", "post", "responses", "200", "content"}), R"({"*/*":{}})");
  EXPECT_THAT(At(document, {"paths", "/bytes/{bytes_field}", "get", "parameters", "0"}),
              Not(HasSubstr("contentEncoding")))
      << "which Swagger UI takes for a file";
  EXPECT_THAT(At(document, {"paths", "/query", "get", "parameters"}),
              ::testing::AllOf(HasSubstr("\"nested.text\""), Not(HasSubstr("nested.child")), HasSubstr("\"flag\""),
                               Not(HasSubstr("\"labels\"")), Not(HasSubstr("\"struct\""))));
  const std::vector<std::string> properties{"components", "schemas", "mapping_test.Params", "properties"};
  auto property = [&](const std::string& name) {
    std::vector<std::string> keys = properties;
    keys.push_back(name);
    return At(document, keys);
  };
  EXPECT_EQ(property("int64Field"), R"({"format":"int64","type":"string"})");
  EXPECT_EQ(property("bytesField"), R"({"contentEncoding":"base64","type":"string"})");
  EXPECT_EQ(property("color"), R"({"enum":["NONE","RED"],"type":"string"})");
  EXPECT_EQ(property("labels"), R"({"additionalProperties":{"type":"string"},"type":"object"})");
  EXPECT_EQ(property("tags"), R"({"items":{"type":"string"},"type":"array"})");
  EXPECT_EQ(property("list"), R"({"items":{"$ref":"#/components/schemas/mapping_test.Nested"},"type":"array"})");
  EXPECT_EQ(property("wrapped"), R"({"format":"int64","type":"string"})");
}

TEST(MappingDocumentationTest, ASuccessStandsUnderItsStatus) {
  fixture::EchoService successes(*mapping_test::Link::descriptor()->file()->FindServiceByName("Successes"));
  const std::string document = MakeOpenApi({&successes.services()[0]}, {});
  auto response = [&](const char* path, const char* method, const char* status, std::vector<std::string> keys) {
    keys.insert(keys.begin(), {"paths", path, method, "responses", status});
    return At(document, keys);
  };
  EXPECT_EQ(response("/links", "post", "200", {}), "absent");
  EXPECT_EQ(response("/links", "post", "201", {"description"}), R"("Created.")");
  EXPECT_EQ(response("/links", "post", "201", {"content", "application/json", "schema"}),
            R"({"$ref":"#/components/schemas/mapping_test.Link"})");
  EXPECT_EQ(response("/links", "post", "201", {"headers", "Location"}),
            R"({"description":"`/links/{name}`, with fields of the answer (RFC 6570).","required":true,)"
            R"("schema":{"format":"uri-reference","type":"string"}})");
  EXPECT_EQ(response("/links/{name}", "delete", "204", {}), R"({"description":"No content."})");
  EXPECT_EQ(response("/open/{name}", "get", "302", {"description"}), R"("Found.")");
  EXPECT_THAT(response("/open/{name}", "get", "302", {"headers", "Location", "description"}), HasSubstr("`{+target}`"));
  EXPECT_EQ(response("/uploads/{name}", "put", "201", {"content"}), R"({"*/*":{}})");
  EXPECT_NE(response("/links", "post", "default", {}), "absent");
}

TEST(MappingDocumentationTest, OffersTheNamesThatAreUnderstood) {
  fixture::EchoService names(*mapping_test::Swapped::descriptor()->file()->FindServiceByName("Names"));
  for (bool proto_names : {false, true}) {
    std::string document = MakeOpenApi({&names.services()[0]}, {.proto_names = proto_names});
    auto parameter = [&](const char* path, const char* index) {
      return At(document, {"paths", path, "get", "parameters", index, "name"});
    };
    EXPECT_EQ(parameter("/swap", "0"), "\"b\"") << "field a";
    EXPECT_EQ(parameter("/swap", "1"), "\"a\"") << "field b";
    EXPECT_EQ(parameter("/swap", "2"), proto_names ? "\"line_num\"" : "\"lineNum\"");
    EXPECT_EQ(parameter("/swap/{a}", "1"), "\"a\"") << "field b; a is in the path";
  }
}

// As a server's descriptor set brings them.
TEST(CommentsTest, AreTheDescriptionsWhereDescriptorsCarryThem) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("commented.proto");
  auto* message = file.add_message_type();
  message->set_name("M");
  auto* field = message->add_field();
  field->set_name("nome");
  field->set_number(1);
  field->set_type(google::protobuf::FieldDescriptorProto::TYPE_STRING);
  field->set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
  auto* method = file.add_service()->add_method();
  file.mutable_service(0)->set_name("S");
  method->set_name("Faz");
  method->set_input_type("M");
  method->set_output_type("M");
  auto comment = [&file](std::vector<int> path, const char* leading, const char* trailing) {
    auto* location = file.mutable_source_code_info()->add_location();
    for (int step : path) location->add_path(step);
    for (int i = 0; i < 3; ++i) location->add_span(0);
    location->set_leading_comments(leading);
    location->set_trailing_comments(trailing);
  };
  comment({6, 0, 2, 0}, " Does it.\n Twice.\n", "");
  comment({4, 0, 2, 0}, "", " Of whom.\n");
  google::protobuf::DescriptorPool pool;
  google::protobuf::DynamicMessageFactory factory;
  const auto* descriptor = pool.BuildFile(file)->service(0);
  Service service;
  service.descriptor = descriptor;
  const auto* prototype = factory.GetPrototype(descriptor->method(0)->input_type());
  service.methods.push_back(Method{descriptor->method(0), prototype, prototype, std::monostate()});
  std::string document = MakeOpenApi({&service}, {});
  EXPECT_EQ(At(document, {"paths", "/S/Faz", "post", "summary"}), R"("Does it")");
  EXPECT_EQ(At(document, {"paths", "/S/Faz", "post", "description"}), R"("Twice.")");
  EXPECT_EQ(At(document, {"components", "schemas", "M", "properties", "nome", "description"}), "\"Of whom.\"");
}

// A stranger's server may say so: 12 types that hold one another make 12! ways through them.
TEST(ForeignTypesTest, DoNotGrowWithoutEnd) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("tangle.proto");
  for (int i = 0; i < 12; ++i) {
    auto& message = *file.add_message_type();
    message.set_name("M" + std::to_string(i));
    for (int j = 0; j < 12; ++j) {
      auto& field = *message.add_field();
      field.set_name("f" + std::to_string(j));
      field.set_number(j + 1);
      field.set_type(google::protobuf::FieldDescriptorProto::TYPE_MESSAGE);
      field.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
      field.set_type_name(".M" + std::to_string(j));
    }
  }
  auto& method = *file.add_service()->add_method();
  file.mutable_service(0)->set_name("S");
  method.set_name("Get");
  method.set_input_type(".M0");
  method.set_output_type(".M0");
  method.mutable_options()->MutableExtension(google::api::http)->set_get("/tangle");
  google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  const auto* descriptor = pool.BuildFile(file)->service(0);
  Service service;
  service.descriptor = descriptor;
  service.methods.push_back(Method{descriptor->method(0), nullptr, nullptr, std::monostate()});
  std::string document = MakeOpenApi({&service}, {});
  EXPECT_NE(At(document, {"paths", "/tangle", "get", "responses"}), "absent");
  EXPECT_LT(document.size(), 100000);
}

TEST(CommentsTest, OfGeneratedCodeComeFromItsLibrary) {
  TestService service;
  std::string document = MakeOpenApi({&service.services()[0]}, {});
  EXPECT_EQ(At(document, {"paths", "/usuarios:exportar", "get", "summary"}), "\"Streams every user\"");
  EXPECT_EQ(At(document, {"paths", "/usuarios/{id}", "patch", "parameters", "0", "example"}), "\"ana\"")
      << "by its place: the path calls it as another method does";
  EXPECT_EQ(At(document, {"paths", "/usuarios/{id}", "patch", "requestBody", "content", "application/json", "example"}),
            R"({"email":"ana@example.com","nome":"Ana","senha":"correct horse"})");
  EXPECT_EQ(At(document, {"components", "schemas", "usuarios.Usuario", "properties", "criadoEm", "readOnly"}), "true");
  EXPECT_EQ(At(document, {"components", "schemas", "usuarios.Usuario", "properties", "senha", "writeOnly"}), "true");
  EXPECT_THAT(At(document, {"components", "schemas", "usuarios.Usuario", "properties", "nome", "description"}),
              HasSubstr("200 characters"));
}

TEST(CommentsTest, SayWhatIsInputAndOutputOnly) {
  TestService service;
  const Comments comments;
  const FieldBehaviors behaviors = comments.BehaviorsOf({&service.services()[0]});
  auto field = [](const char* name) { return usuarios::Usuario::descriptor()->FindFieldByName(name); };
  EXPECT_EQ(behaviors.output_only, (json::Fields{field("criado_em"), field("atualizado_em")}));
  EXPECT_EQ(behaviors.input_only, json::Fields{field("senha")});
}

// What was got is sent back, and a password is never shown.
TEST(CommentsTest, DecideWhatIsReadAndPrinted) {
  TestService service;
  Config config;
  config.listen.port = 0;
  config.workers = 1;
  config.emit_defaults = true;
  Server server(config, Server::Providers{{"usuarios", &service}}, QuietLogger(), Metrics(), "/nowhere");
  ASSERT_TRUE(server.Start().ok());
  TestClient client(server.address());
  const std::string got = client.Ask("GET", "/usuarios/ana")->body;
  EXPECT_THAT(got, ::testing::AllOf(HasSubstr(R"("email":"")"), Not(HasSubstr("senha"))));
  auto patched = client.Ask("PATCH", "/usuarios/ana", R"({"nome":"Ana","criadoEm":"2030-01-02T03:04:05Z"})");
  EXPECT_EQ(patched->status, 200);
  EXPECT_THAT(patched->body, HasSubstr(R"("versao":"nome;")")) << "the mask";
}

class DocsTest : public ::testing::Test {
 protected:
  DocsTest() {
    char folder[] = "/tmp/tomada_docs_XXXXXX";
    folder_ = mkdtemp(folder);
  }
  ~DocsTest() override { std::filesystem::remove_all(folder_); }

  void PutAssets() {
    std::filesystem::create_directory(folder_ + "/swagger-ui");
    std::ofstream(folder_ + "/swagger-ui/swagger-ui.css") << "css";
    std::ofstream(folder_ + "/swagger-ui/swagger-ui-bundle.js") << "bundle";
  }

  // What a server with these assets answers.
  TestResponse Get(const std::string& path, bool docs = true, std::string_view method = "GET",
                   std::string_view headers = "") {
    TestService service;
    Config config;
    config.listen.port = 0;
    config.workers = 1;
    config.docs = docs;
    config.public_url = public_url_;
    Server server(config, Server::Providers{{"usuarios", &service}}, QuietLogger(), Metrics(), folder_);
    EXPECT_TRUE(server.Start().ok());
    TestClient client(server.address());
    EXPECT_TRUE(client.Request(method, path, "", headers));
    auto response = client.Receive(method == "HEAD" || !headers.empty());
    EXPECT_TRUE(response) << path;
    return response.value_or(TestResponse());
  }

 private:
  std::string folder_;

 protected:
  std::string public_url_;
};

TEST_F(DocsTest, AreServedFromHere) {
  PutAssets();
  EXPECT_EQ(Get("/").status, 307);
  EXPECT_EQ(Get("/").headers["location"], "docs") << "beside it, whatever a proxy puts before";
  TestResponse docs = Get("/docs");
  EXPECT_EQ(docs.status, 200);
  EXPECT_EQ(docs.headers["content-type"], "text/html; charset=utf-8");
  EXPECT_THAT(docs.headers["content-security-policy"], HasSubstr("default-src 'self'"));
  EXPECT_THAT(docs.body, Not(HasSubstr("://"))) << "nothing from elsewhere";
  EXPECT_EQ(Get("/docs/swagger-ui-bundle.js").body, "bundle");
  EXPECT_EQ(Get("/docs/swagger-ui.css").headers["content-type"], "text/css; charset=utf-8");
  for (const char* path : {"/docs", "/docs/start.js"}) {
    EXPECT_THAT(Get(path).body, ::testing::AllOf(Not(HasSubstr("\"/")), Not(HasSubstr("'/"))))
        << "a link from the root";
  }
  EXPECT_THAT(Get("/docs/start.js").body, HasSubstr("\"openapi.json\""));
  EXPECT_EQ(Get("/docs", true, "HEAD").headers["content-length"], std::to_string(docs.body.size()));
  TestResponse document = Get("/openapi.json");
  EXPECT_EQ(document.headers["content-type"], "application/json");
  EXPECT_NE(At(document.body, {"paths", "/usuarios"}), "absent");
  EXPECT_EQ(At(document.body, {"servers"}), R"([{"url":"."}])");
}

TEST_F(DocsTest, APublicUrlIsWhereTheyAre) {
  PutAssets();
  public_url_ = "https://example.com/api/";
  EXPECT_EQ(Get("/").headers["location"], "https://example.com/api/docs");
  EXPECT_EQ(At(Get("/openapi.json").body, {"servers"}), R"([{"url":"https://example.com/api"}])");
}

TEST(PublicUrlTest, IsCheckedWithTheProfile) {
  for (const char* url :
       {"", "http://localhost", "http://127.0.0.1:8000/", "https://example.com/a/b", "https://[::1]:1/x"}) {
    Config config;
    config.public_url = url;
    EXPECT_TRUE(config.Check().ok()) << url;
  }
  for (const char* url : {"example.com", "/api", "ftp://a", "http://", "https:///x", "https://a?b", "https://a#b",
                          "https://u:p@a", "https://a b"}) {
    Config config;
    config.public_url = url;
    EXPECT_THAT(std::string(config.Check().message()), HasSubstr("`public_url` is a URL such as")) << url;
  }
}

TEST_F(DocsTest, AreNotSentAgainToWhoHasThem) {
  PutAssets();
  for (const char* path : {"/docs", "/docs/swagger-ui-bundle.js", "/openapi.json"}) {
    TestResponse whole = Get(path);
    const std::string tag = whole.headers["etag"];
    EXPECT_THAT(tag, MatchesRegex("\"[0-9a-f]+\"")) << path;
    EXPECT_EQ(whole.headers["cache-control"], "no-cache") << "asked for again, as the next version may differ";
    for (const std::string& held : {tag, "W/" + tag, "\"other\" , " + tag, std::string("*")}) {
      TestResponse response = Get(path, true, "GET", "If-None-Match: " + held + "\r\n");
      EXPECT_EQ(response.status, 304) << path << " " << held;
      EXPECT_EQ(response.headers["etag"], tag);
      EXPECT_EQ(response.headers.count("content-type") + response.headers.count("content-length"), 0u);
    }
    EXPECT_EQ(Get(path, true, "GET", "If-None-Match: \"other\"\r\n").status, 200);
  }
  EXPECT_NE(Get("/docs").headers["etag"], Get("/openapi.json").headers["etag"]);
  EXPECT_EQ(Get("/").headers.count("etag"), 0u);
}

TEST_F(DocsTest, WithoutItsFilesThePageSaysHowToGetThem) {
  TestResponse docs = Get("/docs");
  EXPECT_EQ(docs.status, 200);
  EXPECT_THAT(docs.body, HasSubstr("install npm"));
  EXPECT_EQ(Get("/docs/swagger-ui.css").status, 404);
}

TEST_F(DocsTest, CanBeSwitchedOff) {
  for (const char* path : {"/", "/docs", "/openapi.json"}) EXPECT_EQ(Get(path, false).status, 404) << path;
}

TEST_F(DocsTest, OnlyGetAndOnlyThesePaths) {
  PutAssets();
  for (const char* path : {"/", "/docs", "/openapi.json"}) {
    TestResponse refused = Get(path, true, "POST");
    EXPECT_EQ(refused.status, 405) << path;
    EXPECT_EQ(refused.headers["allow"], "GET, HEAD, OPTIONS") << path;
    EXPECT_EQ(Get(path, true, "OPTIONS").status, 204) << path;
  }
  EXPECT_EQ(Get("/docs/../openapi.json").status, 404);
  EXPECT_EQ(Get("/docs/").status, 404);
}

// Who has no key may see ObterUsuario of one service and nothing of the other.
class GuardedServices final : public ServiceProvider {
 public:
  GuardedServices() {
    services_ = {test_.services()[0], files_.services()[0]};
    for (Service& service : services_) {
      service.visible = [this](Call& call, const google::protobuf::MethodDescriptor& method) {
        return Sees(call, method);
      };
    }
  }

  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  const std::vector<Service>& services() const override { return services_; }

  std::atomic<bool> waits{false};  // at the gate
  std::atomic<bool> throws{false};
  Gate gate;

 private:
  Task<bool> Sees(Call& call, const google::protobuf::MethodDescriptor& method) {
    if (throws) throw std::runtime_error("segredo");
    if (waits) {
      Gate::Awaiter wait(gate, call.executor());
      co_await wait;
    }
    co_return call.metadata().Find("authorization") == "chave" || method.name() == "ObterUsuario";
  }

  TestService test_;
  fixture::EchoService files_{*mapping_test::Params::descriptor()->file()->FindServiceByName("Files")};
  std::vector<Service> services_;
};

class CallersDocumentTest : public ::testing::Test {
 protected:
  static constexpr char kKey[] = "Authorization: chave\r\n";

  void Start(absl::Duration request_timeout = absl::Seconds(20)) {
    Config config;
    config.listen.port = 0;
    config.workers = 1;
    config.request_timeout = request_timeout;
    server_ = std::make_unique<Server>(config, Server::Providers{{"usuarios", &services_}}, Logger(log_, "http"));
    ASSERT_EQ(server_->Start(), absl::OkStatus());
    client_.emplace(server_->address());
  }

  TestResponse Get(const std::string& headers = "") {
    auto response = client_->Ask("GET", "/openapi.json", "", headers);
    EXPECT_TRUE(response);
    return response.value_or(TestResponse());
  }

  GuardedServices services_;
  const std::shared_ptr<testing::RecordingSink> log_ = std::make_shared<testing::RecordingSink>();
  std::unique_ptr<Server> server_;
  std::optional<TestClient> client_;
};

TEST_F(CallersDocumentTest, ShowsEachCallerWhatItMaySee) {
  Start();
  const std::string all = Get(kKey).body, some = Get().body;
  for (const auto& [document, found] : {std::pair(&all, true), std::pair(&some, false)}) {
    EXPECT_NE(At(*document, {"paths", "/usuarios/{id}", "get"}), "absent");
    EXPECT_EQ(At(*document, {"paths", "/usuarios/{id}", "patch"}) != "absent", found);
    EXPECT_EQ(At(*document, {"paths", "/usuarios"}) != "absent", found);
    EXPECT_EQ(document->find("mapping_test.Files") != std::string::npos, found) << "nothing of it may be seen";
    EXPECT_EQ(At(*document, {"components", "schemas", "usuarios.ObterUsuariosResponse"}) != "absent", found);
  }
  EXPECT_EQ(Get("Authorization: outra\r\n").body, some);
  EXPECT_EQ(Get(kKey).body, all) << "kept, or made again";
}

TEST_F(CallersDocumentTest, IsNotTakenForAnothersByACache) {
  Start();
  TestResponse all = Get(kKey), some = Get();
  EXPECT_EQ(all.headers["cache-control"], "private, no-cache");
  EXPECT_NE(all.headers["etag"], some.headers["etag"]);
  const auto held = [](const TestResponse& page) { return "If-None-Match: " + page.headers.at("etag") + "\r\n"; };
  EXPECT_EQ(Get(held(all)).status, 200);
  ASSERT_TRUE(client_->Request("GET", "/openapi.json", "", held(all) + kKey));
  EXPECT_EQ(client_->Receive(true)->status, 304);
  ASSERT_TRUE(client_->Request("HEAD", "/openapi.json"));
  EXPECT_EQ(client_->Receive(true)->headers["content-length"], std::to_string(some.body.size()));
  EXPECT_EQ(client_->Ask("POST", "/openapi.json")->status, 405);
  EXPECT_EQ(client_->Ask("GET", "/docs")->status, 200) << "the page itself is everybody's";
}

TEST_F(CallersDocumentTest, WaitsForTheServicesWithoutHoldingUpOthers) {
  Start();
  services_.waits = true;
  ASSERT_TRUE(client_->Request("GET", "/openapi.json"));
  services_.gate.WaitFor(1);
  TestClient other(server_->address());
  EXPECT_EQ(other.Ask("GET", "/docs")->status, 200);
  services_.gate.Open();
  EXPECT_EQ(client_->Receive()->status, 200);
}

TEST_F(CallersDocumentTest, EndsAtTheDeadline) {
  Start(absl::Milliseconds(50));
  services_.waits = true;
  EXPECT_EQ(Get().status, 504);
  services_.gate.Open();
  EXPECT_EQ(server_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(20)), absl::OkStatus());
}

TEST_F(CallersDocumentTest, EndsWithItsClientOrItsServer) {
  Start();
  services_.waits = true;
  TestClient gone(server_->address());
  ASSERT_TRUE(gone.Request("GET", "/openapi.json") && client_->Request("GET", "/openapi.json"));
  services_.gate.WaitFor(2);
  gone.Close(true);
  std::thread stop([this] { EXPECT_EQ(server_->Stop(std::chrono::steady_clock::now()), absl::OkStatus()); });
  EXPECT_EQ(client_->Receive()->status, 503);
  services_.gate.Open();
  stop.join();
}

TEST_F(CallersDocumentTest, HidesWhatThrows) {
  Start();
  services_.throws = true;
  const TestResponse response = Get(kKey);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(At(response.body, {"paths"}), "{}");
  EXPECT_THAT(log_->text(), HasSubstr("error http: a service threw when it was asked who may see a method"));
}

}  // namespace
}  // namespace tomada::pistache_http
