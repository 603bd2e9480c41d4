#include "net/tls/server_context.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include <absl/strings/ascii.h>
#include <absl/strings/str_join.h>
#include <absl/time/clock.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "net/tls/settings.h"
#include "tomada/secret.h"

namespace tomada::net {
namespace {

constexpr int kMaxIntermediates = 3;           // between a client's certificate and the authority: four steps
constexpr long kTicketLifetime = 2 * 60 * 60;  // seconds

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest DigestOf(std::string_view text) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

// A client's certificate is for clients, in words: one of a server of the same authority is no pass.
int VerifyClient(int good, X509_STORE_CTX* verified) {
  if (good != 1 || X509_STORE_CTX_get_error_depth(verified) != 0) return good;
  X509* certificate = X509_STORE_CTX_get_current_cert(verified);
  const bool says = (X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) != 0;
  if (says && (X509_get_extended_key_usage(certificate) & XKU_SSL_CLIENT) != 0) return 1;
  X509_STORE_CTX_set_error(verified, X509_V_ERR_INVALID_PURPOSE);
  return 0;
}

// That there is one tells OpenSSL that the name counts: a session is resumed under its own alone.
int AcceptName(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

}  // namespace

// What the files hold. Of a key nothing stays but its digest.
struct TlsServerContext::Texts {
  struct Pair {
    std::string certificate;
    Secret key;
    Digest digest;
  };
  std::vector<Pair> pairs;
  std::string authorities;

  std::vector<Digest> Digests() const {
    std::vector<Digest> digests;
    for (const Pair& pair : pairs) digests.push_back(pair.digest);
    digests.push_back(DigestOf(authorities));
    return digests;
  }

  static absl::StatusOr<Texts> Read(const TlsServerOptions& options) {
    Texts texts;
    for (const TlsServerOptions::Pair& files : options.pairs) {
      auto certificate = ReadPem(files.certificate);
      if (!certificate.ok()) return certificate.status();
      auto key = ReadPem(files.key);
      if (!key.ok()) return key.status();
      std::string both = *certificate + '\0' + *key;
      texts.pairs.push_back({*std::move(certificate), Secret(*key), DigestOf(both)});
      Wipe(both);
      Wipe(*key);
    }
    if (options.client != ClientCertificate::kNone) {
      auto authorities = ReadPem(options.client_authorities);
      if (!authorities.ok()) return authorities.status();
      texts.authorities = *std::move(authorities);
    }
    return texts;
  }
};

// One state of the files, for all sessions made from it.
struct TlsServerContext::Material {
  std::vector<Digest> digests;
  std::vector<CertificatePair> pairs;
  std::map<std::string, size_t, std::less<>> by_name;  // "a.example.com", "*.example.com"
  std::string protocols;                               // as ALPN has them
  std::shared_ptr<SSL_CTX> context;

  static int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                            unsigned offered_size, void* material) {
    const std::string& ours = static_cast<Material*>(material)->protocols;
    const int found = SSL_select_next_proto(const_cast<unsigned char**>(chosen), size,
                                            reinterpret_cast<const unsigned char*>(ours.data()),
                                            static_cast<unsigned>(ours.size()), offered, offered_size);
    // RFC 7301, section 3.2: alert 120.
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  static int ChooseCertificate(SSL* ssl, void* material) {
    const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const auto& self = *static_cast<Material*>(material);
    const size_t index = asked == nullptr ? 0 : self.PairFor(asked);
    if (index == 0) return 1;  // the context's own
    const CertificatePair& pair = self.pairs[index];
    return SSL_use_cert_and_key(ssl, pair.chain().front().get(), pair.key(), OthersOf(pair).get(), 1);
  }

  size_t PairFor(std::string_view asked) const {
    const std::string name = absl::AsciiStrToLower(std::string(asked));
    if (auto exact = by_name.find(name); exact != by_name.end()) return exact->second;
    const size_t dot = name.find('.');
    if (dot == std::string::npos) return 0;
    const auto wildcard = by_name.find("*" + name.substr(dot));
    return wildcard == by_name.end() ? 0 : wildcard->second;
  }

  absl::Status AddPair(const TlsServerOptions::Pair& files, const Texts::Pair& texts) {
    std::string key(texts.key.Reveal());
    auto pair = CertificatePair::Parse(files.certificate, texts.certificate, files.key, key);
    Wipe(key);
    if (!pair.ok()) return pair.status();
    if (auto status = pair->CheckServer(files.certificate, absl::Now()); !status.ok()) return status;
    // To the same context: the last one would be the default.
    if (auto status = UsePair(NewTlsContext(TLS_server_method()).get(), files.certificate, *pair); !status.ok()) {
      return status;
    }
    const std::vector<std::string> own = pair->DnsNames();
    for (const std::string& name : files.names) {
      const std::string lower = absl::AsciiStrToLower(name);
      if (pair->IsOf(lower) || std::ranges::find(own, lower) != own.end()) continue;
      return absl::InvalidArgumentError(fmt::format("`{}`: the certificate in {} is not of {}, but of {}",
                                                    files.names_key, files.certificate.path, name,
                                                    own.empty() ? "no DNS name" : absl::StrJoin(own, ", ")));
    }
    for (const std::string& name : files.names.empty() ? own : files.names) {
      by_name.try_emplace(absl::AsciiStrToLower(name), pairs.size());
    }
    pairs.push_back(*std::move(pair));
    return absl::OkStatus();
  }

  absl::Status AskClients(const TlsServerOptions& options, const std::string& authorities) {
    if (options.client == ClientCertificate::kNone) return absl::OkStatus();
    if (auto status = TrustAuthorities(context.get(), options.client_authorities, authorities); !status.ok()) {
      return status;
    }
    const auto trusted = ParseCertificates(options.client_authorities, authorities);
    for (const Certificate& authority : *trusted) SSL_CTX_add_client_CA(context.get(), authority.get());
    const bool required = options.client == ClientCertificate::kRequired;
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), VerifyClient);
    SSL_CTX_set_verify_depth(context.get(), kMaxIntermediates);
    return absl::OkStatus();
  }
};

TlsServerContext::TlsServerContext(TlsServerOptions options) : options_(std::move(options)) {}

TlsServerContext::~TlsServerContext() { OPENSSL_cleanse(ticket_keys_.data(), ticket_keys_.size()); }

absl::StatusOr<std::shared_ptr<TlsServerContext::Material>> TlsServerContext::Load(const TlsServerOptions& options,
                                                                                   const Texts& texts,
                                                                                   const TicketKeys& ticket_keys) {
  auto material = std::make_shared<Material>();
  material->digests = texts.Digests();
  for (size_t i = 0; i < options.pairs.size(); ++i) {
    if (auto status = material->AddPair(options.pairs[i], texts.pairs[i]); !status.ok()) return status;
  }
  for (const std::string& protocol : options.protocols) {
    material->protocols += static_cast<char>(protocol.size()) + protocol;
  }
  material->context = NewTlsContext(TLS_server_method());
  SSL_CTX* context = material->context.get();
  if (options.min_version == TlsVersion::k13) SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  // A client that puts ChaCha20 first has no AES in hardware.
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384");
  absl::Status status = UsePair(context, options.pairs.front().certificate, material->pairs.front());
  if (status.ok()) status = material->AskClients(options, texts.authorities);
  if (!status.ok()) return status;
  SSL_CTX_set_cert_cb(context, Material::ChooseCertificate, material.get());
  SSL_CTX_set_tlsext_servername_callback(context, AcceptName);
  SSL_CTX_set_alpn_select_cb(context, Material::ChooseProtocol, material.get());
  // Sessions are with the clients, in tickets. One that was made under other authorities is not resumed: who it is
  // would not be looked at again.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, kTicketLifetime);
  const Digest trust = DigestOf(fmt::format("{} {}", static_cast<int>(options.client), texts.authorities));
  SSL_CTX_set_session_id_context(context, trust.data(), static_cast<unsigned>(trust.size()));
  TicketKeys keys = ticket_keys;  // OpenSSL takes what could be written to
  SSL_CTX_set_tlsext_ticket_keys(context, keys.data(), keys.size());
  OPENSSL_cleanse(keys.data(), keys.size());
  return material;
}

absl::Status TlsServerContext::Check(const TlsServerOptions& options) {
  const auto texts = Texts::Read(options);
  return texts.ok() ? Load(options, *texts, TicketKeys()).status() : texts.status();
}

absl::StatusOr<std::unique_ptr<TlsServerContext>> TlsServerContext::Make(TlsServerOptions options) {
  std::unique_ptr<TlsServerContext> made(new TlsServerContext(std::move(options)));
  RAND_bytes(made->ticket_keys_.data(), static_cast<int>(made->ticket_keys_.size()));
  if (auto loaded = made->Refresh(); !loaded.ok()) return loaded.status();
  return made;
}

absl::StatusOr<bool> TlsServerContext::Refresh() {
  const auto texts = Texts::Read(options_);
  if (!texts.ok()) return texts.status();
  if (material_ != nullptr && material_->digests == texts->Digests()) return false;
  auto material = Load(options_, *texts, ticket_keys_);
  if (!material.ok()) return material.status();
  Swap(*std::move(material));
  return true;
}

bool TlsServerContext::RenewTicketKeys() {
  const auto texts = Texts::Read(options_);
  if (!texts.ok() || texts->Digests() != material_->digests) return false;
  TicketKeys keys;
  RAND_bytes(keys.data(), static_cast<int>(keys.size()));
  auto material = Load(options_, *texts, keys);
  if (!material.ok()) return false;
  ticket_keys_ = keys;
  OPENSSL_cleanse(keys.data(), keys.size());
  Swap(*std::move(material));
  return true;
}

// Only the thread that refreshes writes material_, so it may read it without the lock.
void TlsServerContext::Swap(std::shared_ptr<Material> material) {
  std::lock_guard lock(mutex_);
  material_.swap(material);
}

TlsSession TlsServerContext::Accept() const {
  std::shared_ptr<Material> material;
  {
    std::lock_guard lock(mutex_);
    material = material_;
  }
  SSL_CTX* context = material->context.get();
  return TlsSession(std::shared_ptr<SSL_CTX>(std::move(material), context));
}

std::vector<TlsServerContext::Validity> TlsServerContext::Validities() const {
  std::vector<Validity> validities;
  for (size_t i = 0; i < options_.pairs.size(); ++i) {
    validities.push_back({options_.pairs[i].certificate.path, material_->pairs[i].Expires()});
  }
  return validities;
}

bool TlsServerContext::IsOf(const std::string& name) const {
  return std::ranges::any_of(material_->pairs, [&name](const CertificatePair& pair) { return pair.IsOf(name); });
}

std::vector<std::string> TlsServerContext::ReadableKeys() const {
  std::vector<std::string> readable;
  for (const TlsServerOptions::Pair& pair : options_.pairs) {
    struct stat info;
    if (::stat(pair.key.path.c_str(), &info) != 0) continue;
    const bool strange_group = info.st_gid != 0 && info.st_gid != ::getegid();
    if ((info.st_mode & S_IROTH) == 0 && !(strange_group && (info.st_mode & S_IRGRP) != 0)) continue;
    readable.push_back(fmt::format("others may read {} (mode {:04o}); run: chmod go-r {}", pair.key.path,
                                   info.st_mode & 07777, pair.key.path));
  }
  return readable;
}

}  // namespace tomada::net
