#include "credentials.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>

namespace tomada::grpc_client {
namespace {

// Nothing is read when there is no name.
absl::Status Read(const char* key, const std::string& file, std::string& text) {
  if (file.empty()) return absl::OkStatus();
  std::ifstream stream(file, std::ios::binary);
  text.assign(std::istreambuf_iterator<char>(stream), {});
  if (stream && !text.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("`{}`: cannot read {}: {}", key, file, stream ? "it is empty" : std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const Config& config) {
  if (!config.tls_enabled) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  absl::Status status = Read("tls.ca", config.tls_ca, options.pem_root_certs);
  if (status.ok()) status = Read("tls.certificate", config.tls_certificate, options.pem_cert_chain);
  if (status.ok()) status = Read("tls.key", config.tls_key, options.pem_private_key);
  if (!status.ok()) return status;
  return grpc::SslCredentials(options);
}

}  // namespace tomada::grpc_client
