// TLS against a server's that is OpenSSL's own, on a socket that blocks.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "net/tls/byte_stream.h"
#include "net/tls/context.h"
#include "support/certificates.h"

namespace tomada::net {
namespace {

using ::testing::HasSubstr;
using tomada::testing::Certificates;

// Takes h2 where the client offers it.
int ChooseH2(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered, unsigned offered_size,
             void*) {
  static const unsigned char kH2[] = "\x02h2";
  auto** chosen = const_cast<unsigned char**>(out);
  return SSL_select_next_proto(chosen, size, kH2, 3, offered, offered_size) == OPENSSL_NPN_NEGOTIATED
             ? SSL_TLSEXT_ERR_OK
             : SSL_TLSEXT_ERR_NOACK;
}

class TlsTest : public ::testing::Test {
 protected:
  struct Setup {
    std::string certificate = "servidor";
    bool alpn = true;
    int version = TLS1_3_VERSION;  // the highest
    bool wants_certificate = false;
    std::string protocol = "h2";  // of the client
  };

  // Of OpenSSL's own writes to a socket that is closed.
  static void SetUpTestSuite() { ::signal(SIGPIPE, SIG_IGN); }

  TlsTest() {
    files_.Make("ca", {"-subj", "/CN=autoridade"});
    files_.MakeServer("servidor", "servidor.test");
    files_.Make("cliente", {"-subj", "/CN=cliente", "-CA", files_.Path("ca.pem"), "-CAkey", files_.Path("ca.key")});
  }
  ~TlsTest() override {
    stream_.reset();
    if (server_.joinable()) server_.join();
  }

  absl::StatusOr<std::unique_ptr<TlsClientContext>> Make(const std::string& ca, const std::string& certificate = "",
                                                         const std::string& key = "") {
    const auto path = [&](const std::string& name) { return name.empty() ? "" : files_.Path(name); };
    return TlsClientContext::Make(
        {{"tls.ca", path(ca)}, {"tls.certificate", path(certificate)}, {"tls.key", path(key)}});
  }

  // A server that does this with its end, and the client's end of a connection to it.
  void Start(TlsClientContext& context, const Setup& setup, std::function<void(SSL*)> serve,
             const std::string& name = "servidor.test") {
    int sockets[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    ::fcntl(sockets[0], F_SETFL, O_NONBLOCK);
    stream_.emplace(UniqueFd(sockets[0]), context.Connect(name, setup.protocol));
    server_ = std::thread([this, setup, serve = std::move(serve), fd = sockets[1]] {
      const UniqueFd socket(fd);
      SSL_CTX* server = SSL_CTX_new(TLS_server_method());
      SSL_CTX_set_max_proto_version(server, setup.version);
      SSL_CTX_use_certificate_chain_file(server, files_.Path(setup.certificate + ".pem").c_str());
      SSL_CTX_use_PrivateKey_file(server, files_.Path(setup.certificate + ".key").c_str(), SSL_FILETYPE_PEM);
      if (setup.alpn) SSL_CTX_set_alpn_select_cb(server, ChooseH2, nullptr);
      if (setup.wants_certificate) {
        SSL_CTX_load_verify_locations(server, files_.Path("ca.pem").c_str(), nullptr);
        SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      }
      SSL* ssl = SSL_new(server);
      SSL_set_fd(ssl, fd);
      if (SSL_accept(ssl) == 1) serve(ssl);
      SSL_free(ssl);
      SSL_CTX_free(server);
    });
  }
  // Sends `out` and reads until the other end has closed. What came.
  std::string Talk(std::string out = "") {
    const auto begun = std::chrono::steady_clock::now();
    std::string in, buffer(1000, '\0');
    for (;;) {
      if (!stream_->Write(out)) return in;
      size_t size = 0;
      const ByteStream::Result result = stream_->Read(buffer, size);
      if (result == ByteStream::Result::kEnd) return in;
      if (result == ByteStream::Result::kSome) {
        in += buffer.substr(0, size);
        continue;
      }
      pollfd ready{stream_->fd(), POLLIN, 0};
      ::poll(&ready, 1, 5);  // there may be room to write meanwhile
      if (std::chrono::steady_clock::now() > begun + std::chrono::seconds(20)) {
        ADD_FAILURE() << "nothing comes";
        return in;
      }
    }
  }
  std::string ErrorOf(const Setup& setup, const std::string& name = "servidor.test") {
    auto context = Make("ca.pem");
    EXPECT_TRUE(context.ok()) << context.status();
    Start(
        **context, setup, [](SSL*) {}, name);
    Talk();
    std::string error = stream_->error();
    stream_.reset();
    server_.join();
    return error;
  }

  static std::string ReadAll(SSL* ssl, size_t size) {
    std::string all(size, '\0');
    size_t at = 0;
    for (size_t some = 0; at < size && SSL_read_ex(ssl, all.data() + at, size - at, &some) == 1;) at += some;
    return all.substr(0, at);
  }

  Certificates files_;
  std::optional<ByteStream> stream_;
  std::thread server_;
};

TEST_F(TlsTest, CarriesManyBytesBothWays) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto context = Make("ca.pem");
    ASSERT_TRUE(context.ok()) << context.status();
    const std::string there(3 << 20, 'x'), back(3 << 20, 'y');
    std::string got;
    Setup setup;
    setup.version = version;
    Start(**context, setup, [&](SSL* ssl) {
      got = ReadAll(ssl, there.size());
      size_t written = 0;
      SSL_write_ex(ssl, back.data(), back.size(), &written);
      SSL_shutdown(ssl);
    });
    EXPECT_TRUE(Talk(there) == back);
    EXPECT_EQ(stream_->error(), "");
    stream_.reset();
    server_.join();
    EXPECT_TRUE(got == there);
  }
}

TEST_F(TlsTest, WhatComesRightAfterTheHandshakeIsHeldForWhoReads) {
  auto context = Make("ca.pem");
  ASSERT_TRUE(context.ok()) << context.status();
  Setup setup;
  setup.protocol = "";  // of a server that knows nothing of ALPN
  setup.alpn = false;
  Start(**context, setup, [](SSL* ssl) {
    size_t written = 0;
    for (int i = 0; i < 3; ++i) SSL_write_ex(ssl, "0123456789", 10, &written);
    SSL_shutdown(ssl);
  });
  ByteStream::Result shaken = ByteStream::Result::kNothing;
  while ((shaken = stream_->Shake()) == ByteStream::Result::kNothing) {
    pollfd ready{stream_->fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&ready, 1, 20'000), 1);
  }
  ASSERT_EQ(shaken, ByteStream::Result::kSome) << stream_->error();
  server_.join();  // all of it has been sent
  std::string in, buffer(7, '\0');
  size_t size = 0;
  ASSERT_EQ(stream_->Read(buffer, size), ByteStream::Result::kSome);
  in += buffer.substr(0, size);
  ASSERT_EQ(stream_->ReadHeld(buffer, size), ByteStream::Result::kSome) << "of the same record";
  in += buffer.substr(0, size);
  while (stream_->Read(buffer, size) == ByteStream::Result::kSome) in += buffer.substr(0, size);
  EXPECT_EQ(in, "012345678901234567890123456789");
  EXPECT_EQ(stream_->ReadHeld(buffer, size), ByteStream::Result::kEnd);
  EXPECT_EQ(stream_->tls()->state(), TlsSession::State::kEnded);
}

TEST_F(TlsTest, WhomNotToTrustIsSaid) {
  EXPECT_EQ(ErrorOf(Setup()), "");
  EXPECT_EQ(ErrorOf(Setup(), "outro.test"), "certificate verify failed: the server's certificate is not of outro.test");
  EXPECT_EQ(ErrorOf(Setup(), "127.0.0.1"), "certificate verify failed: the server's certificate is not of 127.0.0.1");
  files_.Make("outra", {"-subj", "/CN=outra"});
  files_.MakeServer("falso", "servidor.test", "outra");
  Setup setup;
  setup.certificate = "falso";
  EXPECT_THAT(ErrorOf(setup), HasSubstr("certificate verify failed: unable to get local issuer certificate"));
  setup = Setup();
  setup.alpn = false;
  EXPECT_EQ(ErrorOf(setup), "the server does not speak h2 over TLS (ALPN)");
  setup = Setup();
  setup.version = TLS1_1_VERSION;
  EXPECT_THAT(ErrorOf(setup), HasSubstr("protocol version"));
}

TEST_F(TlsTest, ClearTextIsNoTls) {
  auto context = Make("ca.pem");
  ASSERT_TRUE(context.ok()) << context.status();
  int sockets[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
  const UniqueFd other(sockets[1]);
  stream_.emplace(UniqueFd(sockets[0]), (*context)->Connect("servidor.test", "h2"));
  ASSERT_GT(::send(sockets[1], "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0), 0);
  Talk();
  EXPECT_EQ(stream_->error(), "wrong version number");
}

TEST_F(TlsTest, ACertificateIsShownToAServerThatAsks) {
  auto context = Make("ca.pem", "cliente.pem", "cliente.key");
  ASSERT_TRUE(context.ok()) << context.status();
  Setup setup;
  setup.wants_certificate = true;
  std::atomic<bool> shown{false};
  Start(**context, setup, [&](SSL* ssl) {
    shown = true;
    SSL_shutdown(ssl);
  });
  Talk();
  EXPECT_TRUE(shown);
}

TEST_F(TlsTest, FilesThatCannotBeUsedAreNamed) {
  const auto error = [&](const std::string& ca, const std::string& certificate = "", const std::string& key = "") {
    return std::string(Make(ca, certificate, key).status().message());
  };
  EXPECT_EQ(error("ausente.pem"),
            "`tls.ca`: cannot read " + files_.Path("ausente.pem") + ": No such file or directory");
  EXPECT_EQ(error("ca.key"), "`tls.ca`: " + files_.Path("ca.key") + " has a key where a certificate is wanted");
  EXPECT_EQ(error("ca.pem", "cliente.key", "cliente.key"),
            "`tls.certificate`: " + files_.Path("cliente.key") + " has a key where a certificate is wanted");
  EXPECT_EQ(error("ca.pem", "cliente.pem", "cliente.pem"),
            "`tls.key`: " + files_.Path("cliente.pem") + " has no private key in PEM");
  EXPECT_EQ(error("ca.pem", "cliente.pem", "servidor.key"), "`tls.key`: " + files_.Path("servidor.key") +
                                                                " is not the key of the certificate in " +
                                                                files_.Path("cliente.pem"));
  files_.Run({"/usr/bin/openssl", "ec", "-aes128", "-passout", "pass:x", "-in", files_.Path("cliente.key"), "-out",
              files_.Path("cifrada.key")});
  EXPECT_THAT(error("ca.pem", "cliente.pem", "cifrada.key"),
              HasSubstr("`tls.key`: " + files_.Path("cifrada.key") + " is encrypted"));
}

TEST_F(TlsTest, FilesThatHaveChangedAreUsedAndBadOnesAreNot) {
  auto context = Make("ca.pem");
  ASSERT_TRUE(context.ok()) << context.status();
  files_.Make("outra", {"-subj", "/CN=outra"});
  files_.MakeServer("novo", "servidor.test", "outra");
  Setup setup;
  setup.certificate = "novo";
  const auto connects = [&] {
    Start(**context, setup, [](SSL* ssl) { SSL_shutdown(ssl); });
    Talk();
    const bool connected = stream_->error().empty();
    stream_.reset();
    server_.join();
    return connected;
  };
  EXPECT_FALSE(connects());
  std::filesystem::copy_file(files_.Path("outra.pem"), files_.Path("ca.pem"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE((*context)->Refresh().ok());
  EXPECT_TRUE(connects());
  std::filesystem::remove(files_.Path("ca.pem"));
  EXPECT_FALSE((*context)->Refresh().ok());
  EXPECT_TRUE(connects()) << "by what there was before";
}

}  // namespace
}  // namespace tomada::net
