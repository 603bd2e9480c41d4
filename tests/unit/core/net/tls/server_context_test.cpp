// The server's side of TLS, with the client's side of ours, both without sockets.
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/tls/certificate_watch.h"
#include "net/tls/server_context.h"
#include "support/certificates.h"
#include "support/recording_sink.h"

namespace tomada::net {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tomada::testing::Certificates;
using Strings = std::vector<std::string>;

// OpenSSL's own client over memory, which offers what a test wants, and remembers its session.
struct Client {
  struct Setup {
    std::string name, certificate;  // of SNI; a file without .pem and .key
    Strings protocols;
    int version = TLS1_3_VERSION;  // the highest
    SSL_SESSION* session = nullptr;
  };

  Client(const Certificates& files, const Setup& setup) {
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context, setup.version);
    SSL_CTX_set_security_level(context, 0);  // to offer what the server has to refuse
    SSL_CTX_load_verify_locations(context, files.Path("ca.pem").c_str(), nullptr);
    if (!setup.certificate.empty()) {
      SSL_CTX_use_certificate_chain_file(context, files.Path(setup.certificate + ".pem").c_str());
      SSL_CTX_use_PrivateKey_file(context, files.Path(setup.certificate + ".key").c_str(), SSL_FILETYPE_PEM);
    }
    ssl = SSL_new(context);
    if (!setup.name.empty()) SSL_set_tlsext_host_name(ssl, setup.name.c_str());
    std::string offered;
    for (const std::string& protocol : setup.protocols) offered += static_cast<char>(protocol.size()) + protocol;
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(offered.data()),
                        static_cast<unsigned>(offered.size()));
    if (setup.session != nullptr) SSL_set_session(ssl, setup.session);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl);
  }
  ~Client() {
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN);  // or its session counts as bad
    SSL_free(ssl);
    SSL_CTX_free(context);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Until neither has more to say, with a byte of the server's at the end, so that tickets have come too.
  void Talk(TlsSession& server) {
    for (int i = 0; i < 10; ++i) {
      const int result = SSL_do_handshake(ssl);
      if (result == 1 && server.state() == TlsSession::State::kOpen) {
        server.Write("x");
        char byte = 0;
        Deliver(server);
        SSL_read(ssl, &byte, 1);
        return;
      }
      if (result != 1 && SSL_get_error(ssl, result) == SSL_ERROR_SSL)
        error = ERR_reason_error_string(ERR_peek_last_error());
      std::string out(64 << 10, '\0');
      const int size = BIO_read(SSL_get_wbio(ssl), out.data(), static_cast<int>(out.size()));
      if (size > 0) server.Receive({out.data(), static_cast<size_t>(size)});
      Deliver(server);
    }
  }
  void Deliver(TlsSession& server) {
    std::string out;
    server.Send(out);
    BIO_write(SSL_get_rbio(ssl), out.data(), static_cast<int>(out.size()));
  }
  // Of the certificate that the server has shown, its only DNS name.
  std::string ServerName() const {
    X509* shown = SSL_get0_peer_certificate(ssl);
    if (shown == nullptr) return "";
    GENERAL_NAMES* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(shown, NID_subject_alt_name, nullptr, nullptr));
    const ASN1_STRING* name = sk_GENERAL_NAME_value(names, 0)->d.dNSName;
    std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
                     static_cast<size_t>(ASN1_STRING_length(name)));
    GENERAL_NAMES_free(names);
    return text;
  }

  SSL_CTX* context;
  SSL* ssl;
  std::string error;
};

class TlsServerContextTest : public ::testing::Test {
 protected:
  TlsServerContextTest() {
    files_.Make("ca", {"-subj", "/CN=autoridade"});
    files_.MakeServer("servidor", "servidor.test");
  }

  TlsServerOptions::Pair Pair(const std::string& name, const Strings& names = {}) const {
    return {{"certificate", files_.Path(name + ".pem")}, {"key", files_.Path(name + ".key")}, "names", names};
  }
  TlsServerOptions Options(const std::string& name = "servidor") const {
    TlsServerOptions options;
    options.pairs = {Pair(name)};
    options.protocols = {"h2", "http/1.1"};
    return options;
  }
  TlsServerOptions Asking(ClientCertificate client) const {
    TlsServerOptions options = Options();
    options.client = client;
    options.client_authorities = {"client_ca", files_.Path("ca.pem")};
    return options;
  }
  std::unique_ptr<TlsServerContext> Make(const TlsServerOptions& options) const {
    auto made = TlsServerContext::Make(options);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *std::move(made) : nullptr;
  }
  std::string ErrorOf(const TlsServerOptions& options) const {
    const absl::Status status = TlsServerContext::Check(options);
    EXPECT_FALSE(status.ok());
    std::string message(status.message());
    EXPECT_EQ(message.find('\n'), std::string::npos) << "one line: " << message;
    for (size_t at; (at = message.find(files_.Path(""))) != std::string::npos;)
      message.erase(at, files_.Path("").size());
    return message;
  }
  std::string ErrorOf(const std::string& certificate, const std::string& key) const {
    TlsServerOptions options = Options();
    options.pairs.front().certificate.path = files_.Path(certificate);
    options.pairs.front().key.path = files_.Path(key);
    return ErrorOf(options);
  }
  void MakeClient(const std::string& name, const std::string& names, const std::string& usage = "clientAuth",
                  const std::string& authority = "ca") {
    Strings more = {
        "-subj", "/CN=cliente", "-CA", files_.Path(authority + ".pem"), "-CAkey", files_.Path(authority + ".key")};
    if (!names.empty()) more.insert(more.end(), {"-addext", "subjectAltName=" + names});
    if (!usage.empty()) more.insert(more.end(), {"-addext", "extendedKeyUsage=" + usage});
    files_.Make(name, more);
  }
  // The certificate that a client is shown that asks for `name`.
  std::string ShownTo(const TlsServerContext& context, const std::string& name) {
    Client client(files_, {name, "", {"http/1.1"}});
    TlsSession server = context.Accept();
    client.Talk(server);
    EXPECT_EQ(server.error(), "");
    return client.ServerName();
  }
  // The server's error; empty when the handshake succeeds.
  std::string Refusal(const TlsServerContext& context, const Client::Setup& setup, std::string* identity = nullptr) {
    Client client(files_, setup);
    TlsSession server = context.Accept();
    client.Talk(server);
    EXPECT_EQ(server.state() == TlsSession::State::kOpen, server.error().empty());
    if (identity != nullptr && server.error().empty()) *identity = server.PeerIdentity();
    return server.error();
  }
  void Copy(const std::string& from, const std::string& to) const {
    std::filesystem::copy_file(files_.Path(from), files_.Path(to), std::filesystem::copy_options::overwrite_existing);
  }
  void Join(const Strings& from, const std::string& to) const {
    std::ofstream out(files_.Path(to));
    for (const std::string& name : from) out << std::ifstream(files_.Path(name)).rdbuf();
  }

  Certificates files_;
};

TEST_F(TlsServerContextTest, EachMistakeOfTheFilesIsOneLineThatNamesIt) {
  files_.MakeServer("outro", "outro.test");
  EXPECT_EQ(ErrorOf("ausente.pem", "servidor.key"),
            "`certificate`: cannot read ausente.pem: No such file or directory");
  EXPECT_EQ(ErrorOf("servidor.pem", "ausente.key"), "`key`: cannot read ausente.key: No such file or directory");
  EXPECT_EQ(ErrorOf("", "servidor.key"), "`certificate`: cannot read : Is a directory");
  std::ofstream(files_.Path("vazio"));
  EXPECT_EQ(ErrorOf("vazio", "servidor.key"), "`certificate`: cannot read vazio: it is empty");
  std::ofstream(files_.Path("lixo")) << "lixo\n";
  EXPECT_EQ(ErrorOf("lixo", "servidor.key"), "`certificate`: lixo has no certificate in PEM");
  EXPECT_EQ(ErrorOf("servidor.pem", "lixo"), "`key`: lixo has no private key in PEM");
  std::ofstream(files_.Path("cortado")) << "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(ErrorOf("cortado", "servidor.key"),
            "`certificate`: cortado cannot be used: its first certificate is broken");
  EXPECT_EQ(ErrorOf("servidor.key", "servidor.pem"),
            "`certificate`: servidor.key has a key where a certificate is wanted");
  EXPECT_EQ(ErrorOf("servidor.pem", "outro.key"), "`key`: outro.key is not the key of the certificate in servidor.pem");
  files_.Run({"/usr/bin/openssl", "ec", "-aes128", "-passout", "pass:x", "-in", files_.Path("servidor.key"), "-out",
              files_.Path("cifrada.key")});
  EXPECT_THAT(ErrorOf("servidor.pem", "cifrada.key"),
              HasSubstr("`key`: cifrada.key is encrypted, and nobody is there to type its passphrase"));
  Join({"ca.pem", "servidor.pem"}, "trocada.pem");
  EXPECT_EQ(
      ErrorOf("trocada.pem", "servidor.key"),
      "`certificate`: trocada.pem is in the wrong order: the certificate of the key in servidor.key comes second, "
      "and has to be first");
  Join({"servidor.pem", "outro.pem", "ca.pem"}, "furada.pem");
  EXPECT_EQ(ErrorOf("furada.pem", "servidor.key"),
            "`certificate`: furada.pem is in the wrong order: the second certificate has not issued the first; each is "
            "followed by its issuer");
  Join({"servidor.pem", "ca.pem"}, "inteira.pem");
  Copy("servidor.key", "inteira.key");
  EXPECT_TRUE(TlsServerContext::Check(Options("inteira")).ok());
}

TEST_F(TlsServerContextTest, ACertificateThatClientsWouldNotTrustIsAMistake) {
  const auto make = [this](const std::string& name, const Strings& more) {
    Strings all = {"-subj", "/CN=x", "-CA", files_.Path("ca.pem"), "-CAkey", files_.Path("ca.key")};
    all.insert(all.end(), more.begin(), more.end());
    files_.Make(name, all);
  };
  // openssl x509 takes no dates, and `-days` no negative number: its clock is turned instead.
  files_.Run({"/bin/sh", "-c",
              "cd " + files_.Path("") +
                  " && openssl req -new -key servidor.key -subj /CN=x -out pedido.csr && "
                  "printf '[ca]\\ndefault_ca=c\\n[c]\\ndatabase=index\\nserial=serial\\ndefault_md=sha256\\npolicy=p\\n"
                  "new_certs_dir=.\\n[p]\\n' > c.cnf && touch index && echo 01 > serial && "
                  "openssl ca -batch -config c.cnf -in pedido.csr -cert ca.pem -keyfile ca.key -out velho.pem "
                  "-startdate 20200101000000Z -enddate 20210102030400Z && rm index && touch index && "
                  "openssl ca -batch -config c.cnf -in pedido.csr -cert ca.pem -keyfile ca.key -out futuro.pem "
                  "-startdate 20900101000000Z -enddate 20910101000000Z"});
  EXPECT_EQ(ErrorOf("velho.pem", "servidor.key"), "`certificate`: velho.pem has expired on 2021-01-02 03:04 UTC");
  EXPECT_EQ(ErrorOf("futuro.pem", "servidor.key"),
            "`certificate`: futuro.pem is not valid yet: from 2090-01-01 00:00 UTC on");
  make("cliente", {"-addext", "extendedKeyUsage=clientAuth"});
  EXPECT_EQ(ErrorOf("cliente.pem", "cliente.key"),
            "`certificate`: cliente.pem is not for servers: its extended key usage lacks serverAuth");
  TlsServerOptions options = Options();
  options.pairs.push_back(Pair("servidor", {"servidor.test", "outro.test"}));
  EXPECT_EQ(ErrorOf(options), "`names`: the certificate in servidor.pem is not of outro.test, but of servidor.test");
  files_.Run({"/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=x", "-keyout",
              files_.Path("fraca.key"), "-out", files_.Path("fraca.pem")});
  EXPECT_EQ(ErrorOf("fraca.pem", "fraca.key"), "`certificate`: fraca.pem cannot be used: ee key too small");
  EXPECT_EQ(ErrorOf([this] {
              TlsServerOptions asking = Asking(ClientCertificate::kOptional);
              asking.client_authorities.path = files_.Path("servidor.key");
              return asking;
            }()),
            "`client_ca`: servidor.key has a key where a certificate is wanted");
}

TEST_F(TlsServerContextTest, TheNameThatAClientAsksForChoosesTheCertificate) {
  files_.MakeServer("a", "a.exemplo.test");
  files_.MakeServer("curinga", "*.exemplo.test");
  files_.MakeServer("b", "b.test");
  TlsServerOptions options = Options();
  options.pairs.push_back(Pair("a"));
  options.pairs.push_back(Pair("curinga"));
  options.pairs.push_back(Pair("b", {"b.test"}));
  const auto context = Make(options);
  EXPECT_EQ(ShownTo(*context, "a.exemplo.test"), "a.exemplo.test");
  EXPECT_EQ(ShownTo(*context, "A.Exemplo.TEST"), "a.exemplo.test");
  EXPECT_EQ(ShownTo(*context, "c.exemplo.test"), "*.exemplo.test");
  EXPECT_EQ(ShownTo(*context, "d.c.exemplo.test"), "servidor.test") << "one label";
  EXPECT_EQ(ShownTo(*context, "b.test"), "b.test");
  EXPECT_EQ(ShownTo(*context, "exemplo.test"), "servidor.test");
  EXPECT_EQ(ShownTo(*context, ""), "servidor.test");
  EXPECT_TRUE(context->IsOf("x.exemplo.test"));
  EXPECT_FALSE(context->IsOf("x.test"));
}

TEST_F(TlsServerContextTest, ProtocolsAndVersionsAreAgreedOnOrRefused) {
  const auto context = Make(Options());
  const auto protocol = [&](const Strings& offered) {
    Client client(files_, {"", "", offered});
    TlsSession server = context->Accept();
    client.Talk(server);
    return server.state() == TlsSession::State::kOpen ? server.protocol() : server.error() + "; " + client.error;
  };
  EXPECT_EQ(protocol({"http/1.1", "h2"}), "h2") << "the server's order";
  EXPECT_EQ(protocol({"http/1.1"}), "http/1.1");
  EXPECT_EQ(protocol({"foo", "http/1.1"}), "http/1.1");
  EXPECT_EQ(protocol({}), "") << "offers nothing";
  EXPECT_EQ(protocol({"foo"}), "no application protocol; tlsv1 alert no application protocol");

  EXPECT_EQ(Refusal(*context, {"", "", {}, TLS1_2_VERSION}), "");
  EXPECT_EQ(Refusal(*context, {"", "", {}, TLS1_1_VERSION}), "unsupported protocol");
  TlsServerOptions newest = Options();
  newest.min_version = TlsVersion::k13;
  EXPECT_EQ(Refusal(*Make(newest), {"", "", {}, TLS1_2_VERSION}), "unsupported protocol");
  for (const char* cipher : {"AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256"}) {
    Client client(files_, {"", "", {}, TLS1_2_VERSION});
    SSL_set_cipher_list(client.ssl, cipher);
    TlsSession server = context->Accept();
    client.Talk(server);
    EXPECT_EQ(server.error(), "no shared cipher") << cipher;
  }
}

TEST_F(TlsServerContextTest, ClientsAreKnownByTheirCertificatesAndOnlyByThose) {
  MakeClient("uri", "DNS:cliente.test,URI:spiffe://exemplo/cliente");
  MakeClient("dns", "DNS:cliente.test,email:ana@exemplo.test");
  MakeClient("cn", "");
  MakeClient("uso", "DNS:cliente.test", "serverAuth");
  MakeClient("sem_uso", "DNS:cliente.test", "");
  files_.Make("outra", {"-subj", "/CN=outra"});
  MakeClient("falso", "DNS:cliente.test", "clientAuth", "outra");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto required = Make(Asking(ClientCertificate::kRequired));
    const auto optional = Make(Asking(ClientCertificate::kOptional));
    const auto none = Make(Options());
    std::string identity;
    for (const TlsServerContext* context : {required.get(), optional.get()}) {
      EXPECT_EQ(Refusal(*context, {"", "uri", {}, version}, &identity), "");
      EXPECT_EQ(identity, "spiffe://exemplo/cliente");
      EXPECT_EQ(Refusal(*context, {"", "dns", {}, version}, &identity), "");
      EXPECT_EQ(identity, "cliente.test");
      EXPECT_EQ(Refusal(*context, {"", "cn", {}, version}, &identity), "");
      EXPECT_EQ(identity, "") << "a common name is no identity";
      EXPECT_THAT(Refusal(*context, {"", "uso", {}, version}), HasSubstr("certificate verify failed: "));
      EXPECT_THAT(Refusal(*context, {"", "sem_uso", {}, version}), HasSubstr("certificate verify failed: "));
      EXPECT_THAT(Refusal(*context, {"", "falso", {}, version}), HasSubstr("unable to get local issuer certificate"));
    }
    EXPECT_EQ(Refusal(*required, {"", "", {}, version}), "peer did not return a certificate");
    EXPECT_EQ(Refusal(*optional, {"", "", {}, version}, &identity), "");
    EXPECT_EQ(identity, "");
    EXPECT_EQ(Refusal(*none, {"", "uri", {}, version}, &identity), "");
    EXPECT_EQ(identity, "") << "nobody has asked";
  }
}

TEST_F(TlsServerContextTest, ChangedFilesAreUsedAndSessionsResumeAcrossThat) {
  MakeClient("cliente", "URI:spiffe://exemplo/cliente");
  files_.MakeServer("novo", "novo.test");
  const auto context = Make(Asking(ClientCertificate::kRequired));
  const auto connect = [&](SSL_SESSION* session, bool* resumed, std::string* name) {
    Client client(files_, {"", "cliente", {}, TLS1_3_VERSION, session});
    TlsSession server = context->Accept();
    client.Talk(server);
    EXPECT_EQ(server.error(), "");
    EXPECT_EQ(server.PeerIdentity(), "spiffe://exemplo/cliente");
    *resumed = server.resumed();
    *name = client.ServerName();
    return std::shared_ptr<SSL_SESSION>(SSL_get1_session(client.ssl), SSL_SESSION_free);
  };
  bool resumed = true;
  std::string name;
  const auto first = connect(nullptr, &resumed, &name);
  EXPECT_FALSE(resumed);
  EXPECT_FALSE(*context->Refresh()) << "nothing has changed";

  Copy("novo.pem", "servidor.pem");
  const auto bad = context->Refresh();
  EXPECT_THAT(std::string(bad.status().message()), HasSubstr("is not the key of the certificate"));
  connect(nullptr, &resumed, &name);
  EXPECT_EQ(name, "servidor.test") << "the old pair stays";
  Copy("novo.key", "servidor.key");
  EXPECT_TRUE(*context->Refresh());
  connect(nullptr, &resumed, &name);
  EXPECT_EQ(name, "novo.test");
  connect(first.get(), &resumed, &name);
  EXPECT_TRUE(resumed) << "its ticket is as good as before";

  // Who it is was found out under other authorities.
  files_.Make("outra", {"-subj", "/CN=outra"});
  const auto second = connect(nullptr, &resumed, &name);
  connect(second.get(), &resumed, &name);
  EXPECT_TRUE(resumed);
  std::ofstream(files_.Path("ca.pem"), std::ios::app) << std::ifstream(files_.Path("outra.pem")).rdbuf();
  EXPECT_TRUE(*context->Refresh());
  connect(second.get(), &resumed, &name);
  EXPECT_FALSE(resumed);

  const auto third = connect(nullptr, &resumed, &name);
  connect(third.get(), &resumed, &name);
  EXPECT_TRUE(resumed);
  EXPECT_TRUE(context->RenewTicketKeys());
  connect(third.get(), &resumed, &name);
  EXPECT_FALSE(resumed);
}

TEST_F(TlsServerContextTest, TheWatchTakesWhatChangesAndTellsWhatEnds) {
  using std::chrono::milliseconds;
  files_.MakeServer("novo", "novo.test");  // for two days
  const auto sink = std::make_shared<tomada::testing::RecordingSink>();
  const auto registry = std::make_shared<MetricsRegistry>();
  ::chmod(files_.Path("servidor.key").c_str(), 0644);
  const auto context = Make(Options());
  std::mutex mutex;
  std::string warning;
  const auto said = [&](const std::string& text) {
    for (int i = 0; i < 500; ++i) {
      {
        std::lock_guard lock(mutex);
        if (warning.find(text) != std::string::npos && (!text.empty() || warning.empty())) return true;
      }
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  };
  CertificateWatch watch(
      *context, Logger(sink, "http"), Metrics(registry, "http"),
      [&](const std::string& text) {
        std::lock_guard lock(mutex);
        warning = text;
      },
      milliseconds(50));
  watch.Start();
  EXPECT_TRUE(said("ends in 1 days")) << warning;
  EXPECT_THAT(sink->text(), HasSubstr("a certificate has to be renewed"));
  EXPECT_THAT(sink->text(), HasSubstr("chmod go-r " + files_.Path("servidor.key")));

  Copy("novo.pem", "servidor.pem");
  EXPECT_TRUE(said("new certificates cannot be used: `key`: ")) << warning;
  EXPECT_EQ(ShownTo(*context, ""), "servidor.test");
  Copy("novo.key", "servidor.key");
  for (int i = 0; i < 500 && ShownTo(*context, "") != "novo.test"; ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(ShownTo(*context, ""), "novo.test");
  files_.Make("servidor", {"-subj", "/CN=x", "-days", "60", "-addext", "subjectAltName=DNS:servidor.test", "-CA",
                           files_.Path("ca.pem"), "-CAkey", files_.Path("ca.key")});
  EXPECT_TRUE(said("")) << warning;

  double ok = 0, failed = 0, expiry = 0;
  for (const MetricFamily& family : registry->Collect()) {
    for (const MetricSample& sample : family.samples) {
      if (family.name == "tomada_tls_certificate_expiry_timestamp_seconds") expiry = sample.value;
      if (family.name != "tomada_tls_reloads_total") continue;
      (sample.labels.back().second == "ok" ? ok : failed) = sample.value;
    }
  }
  EXPECT_EQ(ok, 2);
  EXPECT_EQ(failed, 1) << "told once, however often it was looked at";
  EXPECT_NEAR(expiry, static_cast<double>(std::time(nullptr)) + 60 * 86400, 3600);
  EXPECT_EQ(sink->text().find("PRIVATE KEY"), std::string::npos);
}

}  // namespace
}  // namespace tomada::net
