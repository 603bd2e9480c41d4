// What the contexts of both ends have in common. For the sources beside it: it includes OpenSSL.
#pragma once

#include <memory>
#include <string>

#include <absl/status/status.h>
#include <openssl/ssl.h>

#include "net/tls/pem.h"

namespace tomada::net {

// TLS 1.2 or later, with the ciphers that RFC 9113 allows, neither compression nor renegotiation.
std::shared_ptr<SSL_CTX> NewTlsContext(const SSL_METHOD* method);

// Those of a file, as ReadPem has read it.
absl::Status TrustAuthorities(SSL_CTX* context, const TlsFile& file, const std::string& text);

// What connections show from now on. INVALID_ARGUMENT names the file, and says what OpenSSL has against it.
absl::Status UsePair(SSL_CTX* context, const TlsFile& file, const CertificatePair& pair);

// Those that follow the first, for OpenSSL; freed with it, while the certificates are not.
std::shared_ptr<STACK_OF(X509)> OthersOf(const CertificatePair& pair);

}  // namespace tomada::net
