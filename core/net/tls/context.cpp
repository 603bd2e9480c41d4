#include "net/tls/context.h"

#include <utility>

#include <openssl/ssl.h>

#include "net/tls/settings.h"

namespace tomada::net {
namespace {

absl::Status Read(const TlsFile& file, std::string& text) {
  if (file.path.empty()) return absl::OkStatus();
  absl::StatusOr<std::string> content = ReadPem(file);
  if (!content.ok()) return content.status();
  text = *std::move(content);
  return absl::OkStatus();
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

  const std::shared_ptr<SSL_CTX> context = NewTlsContext(TLS_client_method());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (texts.authorities.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else {
    status = TrustAuthorities(context.get(), files_.authorities, texts.authorities);
  }
  if (status.ok() && !texts.certificate.empty()) {
    auto pair = CertificatePair::Parse(files_.certificate, texts.certificate, files_.own_key, texts.own_key);
    status = pair.ok() ? UsePair(context.get(), files_.certificate, *pair) : pair.status();
  }
  if (!status.ok()) return status;
  context_ = context;
  texts_ = std::move(texts);
  return status;
}

TlsSession TlsClientContext::Connect(const std::string& name, const std::string& protocol) const {
  return TlsSession(context_, name, protocol);
}

}  // namespace tomada::net
