// How a connection is secured.
#pragma once

#include <memory>

#include <grpcpp/security/credentials.h>

#include <absl/status/statusor.h>

#include "config.h"

namespace tomada::grpc_client {

// Reads the files that the config names; an error names one that cannot be read.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const Config& config);

}  // namespace tomada::grpc_client
