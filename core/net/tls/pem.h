// Certificates and keys as files have them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

// OpenSSL's own names, so that who includes this includes nothing of it.
struct evp_pkey_st;
struct x509_st;

namespace tomada::net {

// PEM. `key` is the config's name for it, for errors.
struct TlsFile {
  std::string key;
  std::string path;  // empty: there is none
};

using Certificate = std::shared_ptr<x509_st>;

// All errors are INVALID_ARGUMENT: one line that names the file by its key and path, and what to do. None quotes what
// is in it.

// What is in the file, which is not empty.
absl::StatusOr<std::string> ReadPem(const TlsFile& file);
// At least one, in the file's order.
absl::StatusOr<std::vector<Certificate>> ParseCertificates(const TlsFile& file, const std::string& text);

// A certificate, those that lead from it to an authority, and its key.
class CertificatePair {
 public:
  // Of files that ReadPem has read. The certificate is of that key and comes first, then each one's issuer.
  static absl::StatusOr<CertificatePair> Parse(const TlsFile& certificate, const std::string& certificates,
                                               const TlsFile& key, const std::string& key_text);

  const std::vector<Certificate>& chain() const { return chain_; }
  evp_pkey_st* key() const { return key_.get(); }
  // The DNS names that it is of, in lower case; those that begin with "*." are of every name with one label there.
  std::vector<std::string> DnsNames() const;
  // DNS name or address.
  bool IsOf(const std::string& name) const;
  // When the first of the chain ends.
  absl::Time Expires() const;
  // Now, by all of the chain, and for servers. `file` is that of the certificate.
  absl::Status CheckServer(const TlsFile& file, absl::Time now) const;

 private:
  std::vector<Certificate> chain_;
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace tomada::net
