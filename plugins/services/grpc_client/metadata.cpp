#include "metadata.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "rpc/metadata.h"

namespace tomada::grpc_client {
namespace {

// What the message is like and who sent it: each hop says that of its own.
constexpr std::string_view kOfMessage[] = {"accept", "accept-encoding", "content-encoding", "content-type",
                                           "user-agent"};

// Made anew for each call.
bool IsOurs(std::string_view name) {
  return name == "x-request-id" || name == "x-forwarded-for" || name == "traceparent" || name == "tracestate";
}

bool IsForwarded(std::string_view name) {
  return rpc::IsCustomName(name) && !rpc::IsHopByHop(name) &&
         std::ranges::find(kOfMessage, name) == std::end(kOfMessage);
}

}  // namespace

Metadata ToServer(Call& call) {
  Metadata metadata;
  for (const Metadata::Entry& entry : call.metadata().entries()) {
    if (!IsForwarded(entry.first) || IsOurs(entry.first) || !rpc::IsCustomMetadata(entry)) continue;
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

void AddFromServer(const Metadata& received, Metadata& metadata) {
  for (const auto& [name, value] : received.entries()) {
    if (IsForwarded(name)) metadata.Add(name, value);
  }
}

}  // namespace tomada::grpc_client
