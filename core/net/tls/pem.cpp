#include "net/tls/pem.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string_view>
#include <utility>

#include <absl/strings/ascii.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tomada/secret.h"
#include "tomada/unique_fd.h"

namespace tomada::net {
namespace {

constexpr size_t kLargest = 1 << 20;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

Bio BioOf(const std::string& text) { return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free}; }

absl::Status Wrong(const TlsFile& file, std::string_view what) {
  return absl::InvalidArgumentError(fmt::format("`{}`: {} {}", file.key, file.path, what));
}

// A key that asks for a passphrase is none: nobody is there to type it.
int NoPassphrase(char*, int, int, void*) { return -1; }

std::string Ordinal(size_t index) {
  static constexpr std::string_view kNames[] = {"first", "second", "third", "fourth", "fifth"};
  return index < std::size(kNames) ? std::string(kNames[index]) : fmt::format("{}th", index + 1);
}

absl::Time TimeOf(const ASN1_TIME* time) {
  tm utc{};
  return ASN1_TIME_to_tm(time, &utc) == 1 ? absl::FromTimeT(timegm(&utc)) : absl::InfinitePast();
}

std::string Day(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone()); }

bool IsKeyOf(EVP_PKEY* key, const Certificate& certificate) {
  EVP_PKEY* its = X509_get0_pubkey(certificate.get());
  return its != nullptr && EVP_PKEY_eq(its, key) == 1;
}

// Why `text` has no key that can be read.
absl::Status NoKey(const TlsFile& file, const std::string& text) {
  if (text.find("ENCRYPTED") != std::string::npos) {
    return Wrong(
        file, "is encrypted, and nobody is there to type its passphrase: `openssl pkey -in FILE -out NEW` decrypts it");
  }
  if (text.find("PRIVATE KEY-----") != std::string::npos) return Wrong(file, "has a private key that cannot be read");
  return Wrong(file, "has no private key in PEM");
}

absl::Status CheckKey(const TlsFile& certificate, const std::vector<Certificate>& chain, const TlsFile& key,
                      EVP_PKEY* private_key) {
  for (size_t i = 0; i < chain.size(); ++i) {
    if (!IsKeyOf(private_key, chain[i])) continue;
    if (i == 0) return absl::OkStatus();
    return Wrong(certificate,
                 fmt::format("is in the wrong order: the certificate of the key in {} comes {}, and has to be first",
                             key.path, Ordinal(i)));
  }
  return Wrong(key, fmt::format("is not the key of the certificate in {}", certificate.path));
}

absl::Status CheckOrder(const TlsFile& file, const std::vector<Certificate>& chain) {
  for (size_t i = 1; i < chain.size(); ++i) {
    if (X509_check_issued(chain[i].get(), chain[i - 1].get()) == X509_V_OK) continue;
    return Wrong(file, fmt::format("is in the wrong order: the {} certificate has not issued the {}; each is followed "
                                   "by its issuer",
                                   Ordinal(i), Ordinal(i - 1)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadPem(const TlsFile& file) {
  const auto cannot = [&file](std::string_view why) {
    return absl::InvalidArgumentError(fmt::format("`{}`: cannot read {}: {}", file.key, file.path, why));
  };
  // Not a pipe that nobody writes to: that would be for ever.
  const UniqueFd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return cannot(std::strerror(errno));
  // At once, so that no copy of a key stays behind where the text grew.
  std::string text(kLargest + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(fd.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot(std::strerror(errno));
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  std::string content(text, 0, size);
  Wipe(text);
  if (size == 0) return cannot("it is empty");
  if (size <= kLargest) return content;
  Wipe(content);
  return cannot("it is larger than 1MiB");
}

absl::StatusOr<std::vector<Certificate>> ParseCertificates(const TlsFile& file, const std::string& text) {
  const Bio bio = BioOf(text);
  std::vector<Certificate> certificates;
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr)) {
    certificates.emplace_back(certificate, X509_free);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end)
    return Wrong(file, fmt::format("cannot be used: its {} certificate is broken", Ordinal(certificates.size())));
  if (!certificates.empty()) return certificates;
  if (text.find("PRIVATE KEY-----") != std::string::npos) return Wrong(file, "has a key where a certificate is wanted");
  return Wrong(file, "has no certificate in PEM");
}

absl::StatusOr<CertificatePair> CertificatePair::Parse(const TlsFile& certificate, const std::string& certificates,
                                                       const TlsFile& key, const std::string& key_text) {
  CertificatePair pair;
  auto chain = ParseCertificates(certificate, certificates);
  if (!chain.ok()) return chain.status();
  pair.chain_ = *std::move(chain);
  pair.key_.reset(PEM_read_bio_PrivateKey(BioOf(key_text).get(), nullptr, NoPassphrase, nullptr), EVP_PKEY_free);
  ERR_clear_error();
  if (pair.key_ == nullptr) return NoKey(key, key_text);
  absl::Status status = CheckKey(certificate, pair.chain_, key, pair.key_.get());
  if (status.ok()) status = CheckOrder(certificate, pair.chain_);
  ERR_clear_error();
  if (!status.ok()) return status;
  return pair;
}

std::vector<std::string> CertificatePair::DnsNames() const {
  std::vector<std::string> names;
  auto* all =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(chain_.front().get(), NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_DNS) continue;
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    names.push_back(absl::AsciiStrToLower(std::string(text, static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)))));
  }
  GENERAL_NAMES_free(all);
  return names;
}

bool CertificatePair::IsOf(const std::string& name) const {
  X509* certificate = chain_.front().get();
  return X509_check_host(certificate, name.data(), name.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1 ||
         X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
}

absl::Time CertificatePair::Expires() const {
  absl::Time first = absl::InfiniteFuture();
  for (const Certificate& certificate : chain_) first = std::min(first, TimeOf(X509_get0_notAfter(certificate.get())));
  return first;
}

absl::Status CertificatePair::CheckServer(const TlsFile& file, absl::Time now) const {
  for (size_t i = 0; i < chain_.size(); ++i) {
    const absl::Time from = TimeOf(X509_get0_notBefore(chain_[i].get()));
    const absl::Time to = TimeOf(X509_get0_notAfter(chain_[i].get()));
    const std::string which = i == 0 ? "" : fmt::format(": its {} certificate", Ordinal(i));
    if (to < now) return Wrong(file, fmt::format("has expired{} on {}", which, Day(to)));
    if (from > now) return Wrong(file, fmt::format("is not valid yet{}: from {} on", which, Day(from)));
  }
  X509* certificate = chain_.front().get();
  const uint32_t usage = X509_get_extended_key_usage(certificate);  // all bits where it says nothing of it
  if ((usage & XKU_SSL_SERVER) == 0) return Wrong(file, "is not for servers: its extended key usage lacks serverAuth");
  return absl::OkStatus();
}

}  // namespace tomada::net
