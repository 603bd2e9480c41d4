#include "net/tls/settings.h"

#include <new>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <openssl/err.h>

namespace tomada::net {
namespace {

// RFC 9113, section 9.2.2: of TLS 1.2 only those with ephemeral keys and AEAD. TLS 1.3 has no others.
// With AES-128 first: it is what costs least.
constexpr char kCiphers[] = "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr char kSuites[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

}  // namespace

std::shared_ptr<SSL_CTX> NewTlsContext(const SSL_METHOD* method) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(method), SSL_CTX_free);
  if (context == nullptr) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), kCiphers);
  SSL_CTX_set_ciphersuites(context.get(), kSuites);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  ERR_clear_error();
  return context;
}

absl::Status TrustAuthorities(SSL_CTX* context, const TlsFile& file, const std::string& text) {
  absl::StatusOr<std::vector<Certificate>> authorities = ParseCertificates(file, text);
  if (!authorities.ok()) return authorities.status();
  for (const Certificate& authority : *authorities) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get());
  }
  ERR_clear_error();
  return absl::OkStatus();
}

absl::Status UsePair(SSL_CTX* context, const TlsFile& file, const CertificatePair& pair) {
  ERR_clear_error();
  if (SSL_CTX_use_cert_and_key(context, pair.chain().front().get(), pair.key(), OthersOf(pair).get(), 1) == 1) {
    return absl::OkStatus();
  }
  const char* reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return absl::InvalidArgumentError(fmt::format("`{}`: {} cannot be used: {}", file.key, file.path,
                                                reason != nullptr ? reason : "OpenSSL refuses it"));
}

std::shared_ptr<STACK_OF(X509)> OthersOf(const CertificatePair& pair) {
  std::shared_ptr<STACK_OF(X509)> others(sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
  for (size_t i = 1; i < pair.chain().size(); ++i) sk_X509_push(others.get(), pair.chain()[i].get());
  return others;
}

}  // namespace tomada::net
