// TLS to the server, with certificates that openssl makes for the test.
#include <filesystem>

#include <gmock/gmock.h>

#include "client_fixture.h"
#include "scripted_reflection.h"
#include "support/certificates.h"
#include "support/false_server.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;

class TlsTest : public GrpcClientTest {
 protected:
  TlsTest() {
    files_.Make("ca", {"-subj", "/CN=autoridade"});
    files_.Make("outra", {"-subj", "/CN=outra"});
    files_.MakeServer("servidor", "servidor.test");
    files_.Make("cliente", {"-subj", "/CN=tomada", "-CA", Path("ca.pem"), "-CAkey", Path("ca.key")});
    config_.reflection = true;
    config_.reflection_timeout = absl::Seconds(1);
    config_.tls_enabled = true;
    config_.tls_ca = Path("ca.pem");
    config_.tls_server_name = "servidor.test";
  }

  std::string Path(const std::string& name) const { return files_.Path(name); }

  void StartServer(const std::string& listen = "127.0.0.1:0", bool asks_for_certificate = false) {
    grpc::SslServerCredentialsOptions options(asks_for_certificate
                                                  ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                                  : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
    options.pem_root_certs = ReadFile(Path("ca.pem"));
    options.pem_key_cert_pairs.push_back({ReadFile(Path("servidor.key")), ReadFile(Path("servidor.pem"))});
    google::protobuf::FileDescriptorSet files;
    EXPECT_TRUE(files.ParseFromString(ReadFile(USUARIOS_DESCRIPTOR_SET)));
    ReflectionScript script;
    script.services = {"usuarios.Usuarios"};
    for (const auto& file : files.file()) script.Add(file);
    tls_server_ = std::make_unique<ScriptedReflection>(script, grpc::SslServerCredentials(options), listen);
  }
  // Starts a server with its certificate, and a component with config_. What its Start gave.
  absl::Status StartBoth(bool server_asks_for_certificate = false) {
    StartServer("127.0.0.1:0", server_asks_for_certificate);
    config_.target = tls_server_->address();
    client_ = std::make_unique<grpc_client::GrpcClient>(host_.MakeContext("cliente", config_));
    return client_->Start();
  }

  Certificates files_;
  Config config_;
  std::unique_ptr<ScriptedReflection> tls_server_;
};

TEST_F(TlsTest, ServerOfTheAuthorityAndTheNameIsTrusted) {
  absl::Status started = StartBoth();
  ASSERT_TRUE(started.ok()) << started;
  EXPECT_EQ(Obter("u1").code(), absl::StatusCode::kUnimplemented);  // so says the server
  TestHost other;
  config_.tls_server_name.clear();
  grpc_client::GrpcClient unnamed(other.MakeContext("cliente", config_));
  EXPECT_THAT(std::string(unnamed.Start().message()), HasSubstr("not of 127.0.0.1")) << "the target's host";
}

TEST_F(TlsTest, ServerOfAnotherNameIsNot) {
  config_.tls_server_name = "outro.test";
  absl::Status started = StartBoth();
  EXPECT_EQ(started.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(started.message()), HasSubstr("outro.test"));
}

TEST_F(TlsTest, ServerOfAnotherAuthorityIsNot) {
  config_.tls_ca = Path("outra.pem");
  absl::Status started = StartBoth();
  EXPECT_EQ(started.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(started.message()), HasSubstr("certificate verify failed"));
}

TEST_F(TlsTest, CertificateIsShownToAServerThatAsks) {
  EXPECT_EQ(StartBoth(true).code(), absl::StatusCode::kUnavailable);
  config_.tls_certificate = Path("cliente.pem");
  config_.tls_key = Path("cliente.key");
  absl::Status started = StartBoth(true);
  EXPECT_TRUE(started.ok()) << started;
}

TEST_F(TlsTest, AServerWithoutTlsIsNamedAndOneThatIsSilentIsGivenUp) {
  config_.reflection = false;
  config_.descriptor_set = USUARIOS_DESCRIPTOR_SET;
  config_.connect_timeout = absl::Milliseconds(300);
  const std::pair<const char*, const char*> servers[] = {{"HTTP/1.1 400 Bad Request\r\n\r\n", "wrong version number"},
                                                         {"", "it takes longer than connect_timeout to connect"}};
  for (const auto& [says, cause] : servers) {
    FalseServer server([says = std::string(says)](int fd) {
      FalseServer::Send(fd, says);
      char byte;
      while (::recv(fd, &byte, 1, 0) > 0) continue;
    });
    config_.target = server.address();
    TestHost host;
    client_ = std::make_unique<grpc_client::GrpcClient>(host.MakeContext("cliente", config_));
    ASSERT_TRUE(client_->Start().ok());
    EXPECT_EQ(Obter("u1"), absl::UnavailableError(config_.target + " cannot be reached: " + cause));
    client_.reset();
  }
}

// The server comes back with a certificate of another authority, and the file that names those to trust is exchanged.
TEST_F(TlsTest, AFileThatHasChangedCountsForTheNextConnection) {
  ASSERT_TRUE(StartBoth().ok());
  files_.MakeServer("servidor", "servidor.test", "outra");
  tls_server_.reset();
  ASSERT_TRUE(Eventually([&] { return Obter("u1").code() == absl::StatusCode::kUnavailable; }));
  std::filesystem::copy_file(Path("outra.pem"), Path("ca.pem"), std::filesystem::copy_options::overwrite_existing);
  StartServer(config_.target);
  EXPECT_TRUE(Eventually([&] { return Obter("u1").code() == absl::StatusCode::kUnimplemented; })) << Obter("u1");
}

TEST_F(TlsTest, FileThatCannotBeReadIsNamed) {
  config_.tls_ca = Path("ausente.pem");
  EXPECT_EQ(StartBoth(),
            absl::InvalidArgumentError("`tls.ca`: cannot read " + Path("ausente.pem") + ": No such file or directory"));
}

}  // namespace
}  // namespace tomada::testing
