#include "net/tls/context.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace tomada::net {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

// RFC 9113, section 9.2.2: of TLS 1.2 only those with ephemeral keys and AEAD. TLS 1.3 has no others.
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

absl::Status Wrong(const TlsFile& file, std::string_view why) {
  return absl::InvalidArgumentError(fmt::format("`{}`: cannot {} {}", file.key, why, file.path));
}

absl::Status Read(const TlsFile& file, std::string& text) {
  if (file.path.empty()) return absl::OkStatus();
  std::ifstream stream(file.path, std::ios::binary);
  text.assign(std::istreambuf_iterator<char>(stream), {});
  if (stream && !text.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("`{}`: cannot read {}: {}", file.key, file.path, stream ? "it is empty" : std::strerror(errno)));
}

// A key that asks for a passphrase is none: nobody is there to type it.
int NoPassphrase(char*, int, int, void*) { return -1; }

X509* ReadCertificate(const Bio& bio) { return PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr); }

absl::Status UseAuthorities(SSL_CTX* context, const TlsFile& file, const std::string& text) {
  if (text.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return absl::OkStatus();
  }
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  int count = 0;
  while (X509* certificate = ReadCertificate(bio)) {
    count += X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
    X509_free(certificate);
  }
  ERR_clear_error();  // that there are no more
  return count > 0 ? absl::OkStatus() : Wrong(file, "find a certificate in");
}

absl::Status UseCertificate(SSL_CTX* context, const TlsFile& file, const std::string& text) {
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  X509* certificate = ReadCertificate(bio);
  const bool used = certificate != nullptr && SSL_CTX_use_certificate(context, certificate) == 1;
  X509_free(certificate);
  if (!used) return Wrong(file, "find a certificate in");
  while (X509* next = ReadCertificate(bio)) {
    if (SSL_CTX_add0_chain_cert(context, next) != 1) X509_free(next);
  }
  ERR_clear_error();
  return absl::OkStatus();
}

absl::Status UseKey(SSL_CTX* context, const TlsFile& file, const std::string& text) {
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr), EVP_PKEY_free);
  if (key == nullptr) return Wrong(file, "find an unencrypted key in");
  if (SSL_CTX_use_PrivateKey(context, key.get()) == 1) return absl::OkStatus();
  ERR_clear_error();
  return absl::InvalidArgumentError(fmt::format("`{}`: {} is not the key of the certificate", file.key, file.path));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsClientContext>> TlsClientContext::Make(Files files) {
  std::unique_ptr<TlsClientContext> made(new TlsClientContext(std::move(files)));
  if (absl::Status status = made->Refresh(); !status.ok()) return status;
  return made;
}

absl::Status TlsClientContext::Refresh() {
  Texts texts;
  absl::Status status = Read(files_.authorities, texts.authorities);
  if (status.ok()) status = Read(files_.certificate, texts.certificate);
  if (status.ok()) status = Read(files_.own_key, texts.own_key);
  if (!status.ok() || (context_ != nullptr && texts == texts_)) return status;

  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (context == nullptr) return absl::ResourceExhaustedError("no memory for TLS");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), kCiphers);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  ERR_clear_error();
  status = UseAuthorities(context.get(), files_.authorities, texts.authorities);
  if (status.ok() && !texts.certificate.empty()) {
    status = UseCertificate(context.get(), files_.certificate, texts.certificate);
    if (status.ok()) status = UseKey(context.get(), files_.own_key, texts.own_key);
  }
  ERR_clear_error();
  if (!status.ok()) return status;
  context_ = context;
  texts_ = std::move(texts);
  return status;
}

TlsSession TlsClientContext::Connect(const std::string& name, const std::string& protocol) const {
  return TlsSession(context_, name, protocol);
}

}  // namespace tomada::net
