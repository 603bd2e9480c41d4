#include "metadata.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <grpc/grpc.h>

namespace tomada::grpc_client {
namespace {

constexpr std::string_view kNotForwarded[] = {
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
};

// Made anew for each call.
bool IsOurs(std::string_view name) {
  return name == "x-request-id" || name == "x-forwarded-for" || name == "traceparent" || name == "tracestate";
}

bool IsForwarded(std::string_view name) {
  return !name.starts_with("grpc-") && !name.starts_with(":") &&
         std::find(std::begin(kNotForwarded), std::end(kNotForwarded), name) == std::end(kNotForwarded);
}

// gRPC aborts the process when it is given metadata that HTTP/2 cannot carry.
bool IsLegal(const Metadata::Entry& entry) {
  const grpc_slice name = grpc_slice_from_static_buffer(entry.first.data(), entry.first.size());
  const grpc_slice value = grpc_slice_from_static_buffer(entry.second.data(), entry.second.size());
  return grpc_header_key_is_legal(name) && (grpc_is_binary_header(name) || grpc_header_nonbin_value_is_legal(value));
}

}  // namespace

Metadata ToServer(Call& call) {
  Metadata metadata;
  for (const Metadata::Entry& entry : call.metadata().entries()) {
    if (IsOurs(entry.first) || !IsForwarded(entry.first) || !IsLegal(entry)) continue;
    metadata.Add(entry.first, entry.second);
  }
  metadata.Add("x-request-id", call.id());
  if (const std::string& address = call.peer().address; !address.empty()) metadata.Add("x-forwarded-for", address);
  if (call.traced()) {
    metadata.Add("traceparent", call.trace().ToTraceparent());
    if (!call.trace().state.empty()) metadata.Add("tracestate", call.trace().state);
  }
  return metadata;
}

void FromServer(const grpc::ClientContext& context, Metadata& metadata) {
  metadata = Metadata();
  for (const auto& [name, value] : context.GetServerInitialMetadata()) {
    if (!IsForwarded(std::string_view(name.data(), name.size()))) continue;
    metadata.Add(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
}

void FromServer(const Metadata& received, Metadata& metadata) {
  metadata = Metadata();
  for (const auto& [name, value] : received.entries()) {
    if (IsForwarded(name)) metadata.Add(name, value);
  }
}

}  // namespace tomada::grpc_client
