// What TLS connections are made from: certificates, keys, and what they may agree on.
#pragma once

#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "net/tls/pem.h"
#include "net/tls/session.h"

namespace tomada::net {

// For one thread. TLS 1.2 or later, only ciphers that RFC 9113 allows, neither compression nor renegotiation.
class TlsClientContext {
 public:
  struct Files {
    TlsFile authorities;           // of the servers' certificates; none: those that the system trusts
    TlsFile certificate, own_key;  // for servers that ask; both or neither
  };

  // Reads the files. INVALID_ARGUMENT names the one that cannot be used, and why.
  static absl::StatusOr<std::unique_ptr<TlsClientContext>> Make(Files files);

  // Reads the files again. When they have changed, connections are made from what they hold now; those that there are
  // keep what they have. When they cannot be used, nothing changes, and the error says why.
  absl::Status Refresh();

  // Of a connection to a server whose certificate must be of `name`, a DNS name or an address. The other end must
  // choose `protocol` (ALPN), unless that is empty.
  TlsSession Connect(const std::string& name, const std::string& protocol) const;

 private:
  struct Texts {
    bool operator==(const Texts&) const = default;
    std::string authorities, certificate, own_key;
  };

  explicit TlsClientContext(Files files) : files_(std::move(files)) {}

  const Files files_;
  Texts texts_;  // what the files held when context_ was made
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace tomada::net
