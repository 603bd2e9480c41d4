// What a server's TLS connections are made from.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "net/tls/pem.h"
#include "net/tls/session.h"

namespace tomada::net {

// Whether clients show a certificate.
enum class ClientCertificate {
  kNone,
  kOptional,  // one that is shown has to be good
  kRequired,
};
constexpr auto EnumNames(ClientCertificate) {
  return std::array{std::pair{ClientCertificate::kNone, "none"}, std::pair{ClientCertificate::kOptional, "optional"},
                    std::pair{ClientCertificate::kRequired, "required"}};
}

enum class TlsVersion { k12, k13 };
constexpr auto EnumNames(TlsVersion) {
  return std::array{std::pair{TlsVersion::k12, "1.2"}, std::pair{TlsVersion::k13, "1.3"}};
}

struct TlsServerOptions {
  struct Pair {
    TlsFile certificate, key;
    // For clients that ask for one of them (SNI), exactly or, of "*.", with one label there. Empty: the DNS names of
    // the certificate.
    std::string names_key;
    std::vector<std::string> names;
  };
  std::vector<Pair> pairs;  // at least one; the first is for all other clients, and one that comes sooner wins a name
  TlsFile client_authorities;
  ClientCertificate client = ClientCertificate::kNone;
  TlsVersion min_version = TlsVersion::k12;
  std::vector<std::string> protocols;  // ALPN, the most wanted first
};

// Makes sessions of the certificates that its files hold. What it was made from stays with each session.
class TlsServerContext {
 public:
  // Reads and checks the files. INVALID_ARGUMENT: one line, with the file by its key and path.
  static absl::StatusOr<std::unique_ptr<TlsServerContext>> Make(TlsServerOptions options);
  // The same, and nothing is made: for who only wants to know.
  static absl::Status Check(const TlsServerOptions& options);
  ~TlsServerContext();

  // Of a connection that a client has made. Any thread.
  TlsSession Accept() const;

  // Reads the files again; true when they have changed, and sessions are made from what they hold now. When that cannot
  // be used nothing changes, and the error is as Make's. One thread.
  absl::StatusOr<bool> Refresh();
  // Tickets of before are worth nothing from now on: their keys are not for ever. False, and nothing has changed, while
  // the files hold something else than what is in use. One thread, as Refresh.
  bool RenewTicketKeys();

  struct Validity {
    std::string path;  // of the certificate
    absl::Time expires;
  };
  // Of what is in use, in the order of the options. One thread, as Refresh.
  std::vector<Validity> Validities() const;
  // Whether one of them is of that DNS name or address. One thread, as Refresh.
  bool IsOf(const std::string& name) const;
  // Files of keys that others on this machine may read: for people, each with what to do. One thread, as Refresh.
  std::vector<std::string> ReadableKeys() const;

 private:
  struct Texts;
  struct Material;
  using TicketKeys = std::array<unsigned char, 80>;

  explicit TlsServerContext(TlsServerOptions options);
  static absl::StatusOr<std::shared_ptr<Material>> Load(const TlsServerOptions& options, const Texts& texts,
                                                        const TicketKeys& ticket_keys);
  void Swap(std::shared_ptr<Material> material);

  const TlsServerOptions options_;
  TicketKeys ticket_keys_{};
  mutable std::mutex mutex_;            // guards the pointer alone
  std::shared_ptr<Material> material_;  // what the files held when they were good
};

}  // namespace tomada::net
