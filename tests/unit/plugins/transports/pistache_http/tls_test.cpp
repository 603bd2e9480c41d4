// HTTP by TLS: OpenSSL's own client on sockets, honest and hostile.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "support/certificates.h"
#include "support/open_files.h"
#include "support/scheduling_noise.h"
#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

size_t OpenFiles() {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

class TlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    testing::RaiseOpenFiles();
    testing::SchedulingNoise::Listen();
    files_ = std::make_unique<testing::Certificates>();
    files_->Make("ca", {"-subj", "/CN=autoridade"});
    files_->MakeServer("a", "a.test");
    files_->MakeServer("b", "b.test");
    files_->Make("cliente", {"-subj", "/CN=cliente", "-addext", "extendedKeyUsage=clientAuth", "-addext",
                             "subjectAltName=URI:spiffe://exemplo/cliente", "-CA", files_->Path("ca.pem"), "-CAkey",
                             files_->Path("ca.key")});
  }
  static void TearDownTestSuite() { files_.reset(); }

  TlsTest() : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    SSL_CTX_load_verify_locations(context_.get(), files_->Path("ca.pem").c_str(), nullptr);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  }

  void Start(const std::function<void(Config&)>& change = [](Config&) {}) {
    server_ = std::make_unique<TestServer>([&](Config& config) {
      config.tls.certificate = files_->Path("a.pem");
      config.tls.key = files_->Path("a.key");
      change(config);
    });
  }
  const std::string& address() const { return server_->address(); }

  std::unique_ptr<TestClient> Connect() {
    auto client = std::make_unique<TestClient>(address());
    EXPECT_TRUE(client->Secure(context_.get())) << client->tls_error();
    return client;
  }
  double Ended(std::string_view result) { return server_->Metric("tomada_tls_handshakes_total", result); }
  bool Logged(std::string_view text) {
    return TestService::WaitUntil([&] { return server_->log->text().find(text) != std::string::npos; });
  }
  bool AllClosed() {
    return TestService::WaitUntil([this] { return server_->Metric("tomada_connections") == 0; });
  }
  // The first message of a client, as bytes.
  std::string Hello() {
    SSL* ssl = SSL_new(context_.get());
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl);
    SSL_do_handshake(ssl);
    std::string hello(4096, '\0');
    hello.resize(static_cast<size_t>(BIO_read(SSL_get_wbio(ssl), hello.data(), 4096)));
    SSL_free(ssl);
    return hello;
  }
  // How long each of these requests takes, by turns on a connection that stays and on one that is new.
  std::vector<Clock::duration> Ask(TestClient& kept, Clock::time_point until) {
    std::vector<Clock::duration> times;
    while (Clock::now() < until) {
      Clock::time_point begun = Clock::now();
      auto response = kept.Ask("GET", "/usuarios/ana");
      EXPECT_TRUE(response && response->status == 200);
      times.push_back(Clock::now() - begun);
      begun = Clock::now();
      auto fresh = Connect();
      response = fresh->Ask("GET", "/usuarios/ana");
      EXPECT_TRUE(response && response->status == 200);
      times.push_back(Clock::now() - begun);
      std::this_thread::sleep_for(10ms);
    }
    std::ranges::sort(times);
    return times;
  }

  static std::unique_ptr<testing::Certificates> files_;
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<TestServer> server_;
};

std::unique_ptr<testing::Certificates> TlsTest::files_;

TEST_F(TlsTest, CarriesRequestsAndAnswersOfEachKind) {
  Start();
  auto client = Connect();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client->Ask("GET", "/usuarios/ana")->status, 200);
  const std::string long_name(500'000, 'x');
  EXPECT_THAT(client->Ask("POST", "/usuarios", R"({"nome": ")" + long_name + R"("})")->body, HasSubstr(long_name));
  server_->service.export_count = 1000;
  server_->service.export_size = 5000;
  EXPECT_GT(client->Ask("GET", "/usuarios:exportar")->body.size(), 5'000'000U);
  EXPECT_TRUE(client->Send(GetUser("a") + GetUser("b") + GetUser("c")));
  for (const char* id : {"a", "b", "c"}) EXPECT_THAT(client->Receive()->body, HasSubstr(id));
  client->Request("GET", "/usuarios/ultimo", "", "Connection: close\r\n");
  EXPECT_EQ(client->Receive()->status, 200);
  EXPECT_TRUE(client->AtEnd()) << "the server says goodbye before it closes: " << client->tls_error();
  client->Close();
  EXPECT_TRUE(AllClosed());
  EXPECT_EQ(Ended("full"), 1);
}

TEST_F(TlsTest, AnswersThatAreMadeGoToAClientThatHasSaidGoodbye) {
  Start();
  for (int i = 0; i < 20; ++i) {
    auto client = Connect();
    client->Send(GetUser("ana"));
    SSL_shutdown(client->ssl());
    const auto response = client->Receive();
    ASSERT_TRUE(response) << client->tls_error();
    EXPECT_EQ(response->status, 200);
    EXPECT_TRUE(client->AtEnd()) << client->tls_error();
  }
}

TEST_F(TlsTest, AClientThatDoesNotReadHoldsNothingUp) {
  Start([](Config& config) { config.write_timeout = absl::Milliseconds(500); });
  server_->service.export_count = 100'000;
  server_->service.export_size = 5000;
  auto slow = Connect();
  slow->Request("GET", "/usuarios:exportar");
  auto other = Connect();
  EXPECT_EQ(other->Ask("GET", "/usuarios/ana")->status, 200);
  EXPECT_TRUE(
      TestService::WaitUntil([this] { return server_->Metric("tomada_connections_cut_total", "write_timeout") == 1; }));
  EXPECT_LT(server_->service.written, 10'000) << "what was written is bounded";
}

TEST_F(TlsTest, TellsTheIdentityOfItsClient) {
  Start([](Config& config) {
    config.tls.client = net::ClientCertificate::kOptional;
    config.tls.client_ca = files_->Path("ca.pem");
  });
  EXPECT_THAT(Connect()->Ask("GET", "/usuarios/identidade")->body, ::testing::Not(HasSubstr("spiffe")));
  SSL_CTX_use_certificate_chain_file(context_.get(), files_->Path("cliente.pem").c_str());
  SSL_CTX_use_PrivateKey_file(context_.get(), files_->Path("cliente.key").c_str(), SSL_FILETYPE_PEM);
  EXPECT_THAT(Connect()->Ask("GET", "/usuarios/identidade")->body, HasSubstr(R"("email":"spiffe://exemplo/cliente")"));
}

TEST_F(TlsTest, WithoutTheCertificateThatIsRequiredNothingIsServed) {
  Start([](Config& config) {
    config.tls.client = net::ClientCertificate::kRequired;
    config.tls.client_ca = files_->Path("ca.pem");
  });
  // By TLS 1.3 the client is done before the server has looked.
  TestClient client(address());
  if (client.Secure(context_.get())) {
    client.Request("GET", "/usuarios/ana");
    EXPECT_FALSE(client.Receive());
  }
  EXPECT_EQ(client.tls_error(), "tlsv13 alert certificate required");
  EXPECT_EQ(server_->service.calls, 0);
  EXPECT_TRUE(TestService::WaitUntil([this] { return Ended("failed") == 1; }));
  EXPECT_TRUE(Logged("peer did not return a certificate"));
}

TEST_F(TlsTest, RefusesWhatItDoesNotSpeak) {
  Start();
  TestClient alpn(address());
  SSL_CTX_set_alpn_protos(context_.get(),
                          reinterpret_cast<const unsigned char*>("\x03"
                                                                 "foo"),
                          4);
  EXPECT_FALSE(alpn.Secure(context_.get()));
  EXPECT_EQ(alpn.tls_error(), "tlsv1 alert no application protocol");
  SSL_CTX_set_alpn_protos(context_.get(), reinterpret_cast<const unsigned char*>("\x02h2\x08http/1.1"), 12);
  EXPECT_EQ(Connect()->Ask("GET", "/usuarios/ana")->status, 200);
  EXPECT_TRUE(TestService::WaitUntil([this] { return Ended("failed") == 1; }));
}

TEST_F(TlsTest, ClearTextIsToldWhatThePortSpeaks) {
  Start();
  TestClient clear(address());
  const auto response = clear.Ask("GET", "/usuarios/ana");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 400);
  EXPECT_THAT(response->body, HasSubstr("this port speaks TLS, and the client does not: use https://"));
  EXPECT_TRUE(clear.AtEnd());
  clear.Close();
  TestClient other(address());
  other.Send("\x01\x02\x03");
  other.ReceiveAll();
  EXPECT_TRUE(TestService::WaitUntil([this] { return Ended("clear_text") == 2; }));
  EXPECT_EQ(server_->service.calls, 0);
  EXPECT_TRUE(Logged("this port speaks TLS"));
  EXPECT_TRUE(AllClosed());
}

TEST_F(TlsTest, TlsToAPortOfClearTextIsSaidInTheLog) {
  Start([](Config& config) { config.tls = TlsConfig(); });
  TestClient client(address());
  EXPECT_FALSE(client.Secure(context_.get()));
  EXPECT_EQ(client.tls_error(), "wrong version number");
  EXPECT_TRUE(TestService::WaitUntil([this] { return server_->Metric("tomada_http_refusals_total", "400") == 1; }));
  EXPECT_TRUE(Logged("this port does not speak TLS, and the client does: use http://"));
}

TEST_F(TlsTest, ManySlowAndSilentClientsHoldNobodyUp) {
  Start();
  const std::string hello = Hello();
  auto kept = Connect();
  std::vector<std::unique_ptr<TestClient>> silent, dripping;
  const auto begun = Clock::now();
  for (int i = 0; i < 2000; ++i) silent.push_back(std::make_unique<TestClient>(address()));
  for (int i = 0; i < 1000; ++i) dripping.push_back(std::make_unique<TestClient>(address()));
  std::atomic<bool> done{false};
  std::thread drip([&] {
    for (size_t at = 0; !done && at < 12; ++at) {
      for (auto& client : dripping) client->Send(std::string_view(hello).substr(at, 1));
      for (int i = 0; i < 50 && !done; ++i) std::this_thread::sleep_for(20ms);
    }
  });
  const std::vector<Clock::duration> times = Ask(*kept, begun + 4s);
  kept->Close();
  EXPECT_TRUE(AllClosed());
  const auto closed = Clock::now() - begun;
  done = true;
  drip.join();
  const auto noise = testing::SchedulingNoise::Since(begun);
  EXPECT_LE(times[times.size() * 99 / 100], 250ms + noise);
  EXPECT_GE(closed, 4900ms);
  EXPECT_LE(closed, 9s + 3 * noise);
  EXPECT_TRUE(TestService::WaitUntil([this] { return Ended("timeout") == 3000; }));
}

TEST_F(TlsTest, HandshakesThatStopHalfwayGiveTheirPlacesUp) {
  Start();
  const std::string hello = Hello();
  auto kept = Connect();
  std::vector<std::unique_ptr<TestClient>> stopped;
  for (int i = 0; i < 300; ++i) {
    stopped.push_back(std::make_unique<TestClient>(address()));
    stopped.back()->Send(hello);
  }
  const auto begun = Clock::now();
  EXPECT_EQ(kept->Ask("GET", "/usuarios/ana")->status, 200);
  EXPECT_LE(Clock::now() - begun, 250ms + testing::SchedulingNoise::Since(begun))
      << "who is in has nothing to do with them";
  EXPECT_EQ(Connect()->Ask("GET", "/usuarios/ana")->status, 200);
  EXPECT_LE(Clock::now() - begun, 3s + testing::SchedulingNoise::Since(begun))
      << "who comes next waits for places, not for 5 s";
  EXPECT_GE(Ended("crowded"), 300 - 64 - 64);
}

TEST_F(TlsTest, ConnectionsThatBreakLeaveNothingBehind) {
  Start([](Config& config) { config.listen.host = "127.0.0.1"; });
  Connect()->Ask("GET", "/usuarios/ana");
  EXPECT_TRUE(AllClosed());
  const size_t files = OpenFiles();
  const std::string hello = Hello();
  server_->service.export_count = 200;
  server_->service.export_size = 5000;
  for (int i = 0; i < 1000; ++i) {
    TestClient client(address());
    switch (i % 4) {
      case 0: client.Send(std::string_view(hello).substr(0, hello.size() / 2)); break;
      case 1: client.Send(hello); break;
      case 2:
        client.Secure(context_.get());
        client.Send(
            "POST /usuarios HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
        break;
      default:
        client.Secure(context_.get());
        client.Request("GET", "/usuarios:exportar");
        char byte = 0;
        SSL_read(client.ssl(), &byte, 1);
    }
    client.Close(/*reset=*/true);
  }
  EXPECT_TRUE(AllClosed());
  EXPECT_TRUE(TestService::WaitUntil([&] { return OpenFiles() == files; })) << files << ", now " << OpenFiles();
  EXPECT_EQ(Connect()->Ask("GET", "/usuarios/ana")->status, 200);
}

TEST_F(TlsTest, CertificatesAreExchangedUnderLoadAndNobodyNotices) {
  const std::string certificate = files_->Path("atual.pem"), key = files_->Path("atual.key");
  const auto put = [&](const std::string& name) {
    constexpr auto kOver = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(files_->Path(name + ".pem"), certificate, kOver);
    std::filesystem::copy_file(files_->Path(name + ".key"), key, kOver);
  };
  put("a");
  Start([&](Config& config) {
    config.workers = 2;
    config.tls.certificate = certificate;
    config.tls.key = key;
    config.tls.reload_interval = absl::Milliseconds(20);
  });
  std::atomic<bool> done{false};
  std::atomic<int> failed{0}, asked{0};
  std::vector<std::thread> load;
  for (int i = 0; i < 4; ++i) {
    load.emplace_back([&, fresh = i % 2 == 0] {
      auto client = Connect();
      while (!done) {
        if (fresh) client = Connect();
        const auto response = client->Ask("GET", "/usuarios/ana");
        ++asked;
        if (!response || response->status != 200) ++failed;
      }
    });
  }
  const auto shown = [&](const std::string& name) {
    auto client = Connect();
    X509* now = SSL_get0_peer_certificate(client->ssl());
    return X509_check_host(now, name.data(), name.size(), 0, nullptr) == 1;
  };
  for (int i = 1; i <= 50; ++i) {
    put(i % 2 == 0 ? "a" : "b");
    EXPECT_TRUE(TestService::WaitUntil([&] { return shown(i % 2 == 0 ? "a.test" : "b.test"); })) << i;
  }
  done = true;
  for (std::thread& thread : load) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GT(asked, 500);
  EXPECT_GE(server_->Metric("tomada_tls_reloads_total", "ok"), 50);
}

TEST_F(TlsTest, StopsSoonWithHandshakesUnderWay) {
  Start([](Config& config) { config.drain_linger = absl::Milliseconds(50); });
  auto idle = Connect();
  EXPECT_EQ(idle->Ask("GET", "/usuarios/ana")->status, 200);
  TestClient silent(address()), halfway(address());
  halfway.Send(Hello());
  auto asking = Connect();
  asking->Request("GET", "/usuarios/espera");
  server_->service.gate.WaitFor(1);
  server_->server->Drain();
  std::this_thread::sleep_for(100ms);
  server_->service.gate.Open();
  const auto answer = asking->Receive();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->headers.at("connection"), "close");
  EXPECT_TRUE(asking->AtEnd());
  EXPECT_TRUE(idle->AtEnd()) << idle->tls_error();
  const auto begun = Clock::now();
  EXPECT_TRUE(server_->server->Stop(begun + 200ms).ok());
  EXPECT_LE(Clock::now() - begun, 2s + testing::SchedulingNoise::Since(begun));
}

TEST_F(TlsTest, WhereItIsFoundSaysHttps) {
  Start();
  EXPECT_EQ(server_->server->start_page(), "https://" + address() + "/docs");
  EXPECT_THAT(Connect()->Ask("GET", "/openapi.json")->body, ::testing::Not(HasSubstr("http://127")));
}

}  // namespace
}  // namespace tomada::pistache_http
