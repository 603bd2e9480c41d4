#include "dispatch/http_call.h"

#include <algorithm>
#include <array>

#include "net/server/worker.h"
#include "rpc/metadata.h"

namespace tomada::pistache_http {
namespace {

// Ours to write, as are those of CORS.
constexpr std::array<std::string_view, 4> kNeverFromHandlers = {"content-type", "date", "proxy-status", "x-request-id"};

bool IsNominated(const Request& request, std::string_view name) {
  return std::ranges::any_of(request.headers, [name](const net::Header& header) {
    return header.name == "connection" && rpc::IsNominated(header.value, name);
  });
}

}  // namespace

bool ForwardedHeaders::Contains(std::string_view name) const {
  // Names come from outside.
  constexpr size_t kMostTold = 100, kLongest = 100;
  if (IsNamed(name)) return true;
  if (!log_.Enabled(LogLevel::kDebug) || rpc::IsHopByHop(name) || name.size() > kLongest) return false;
  std::lock_guard lock(mutex_);
  if (told_.size() < kMostTold && told_.emplace(name).second) {
    log_.Debug("a request header does not reach the service: it is not in forward_headers",
               {{"header", std::string(name)}});
  }
  return false;
}

bool ForwardedHeaders::Fit(const Request& request) const {
  constexpr size_t kEach = 32;
  size_t size = 0;
  for (const net::Header& header : request.headers) {
    if (header.name == "x-request-id" || !IsNamed(header.name) || IsNominated(request, header.name)) continue;
    size += header.name.size() + header.value.size() + kEach;
  }
  return size <= max_size_;
}

bool ForwardedHeaders::IsNamed(std::string_view name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

HttpCall::HttpCall(net::ResponseStream reply, Deadline deadline, const Request& request,
                   const ForwardedHeaders& forwarded)
    : Call(reply.worker().executor(), deadline), reply_(reply), request_(request), forwarded_(forwarded) {}

void HttpCall::LoadPeer(Peer& peer) {
  const std::optional<std::string> connected = reply_.peer();
  if (!connected) return;
  std::vector<std::string_view> forwarded_for;
  for (const net::Header& header : request_.headers) {
    if (header.name == "x-forwarded-for") forwarded_for.push_back(header.value);
  }
  peer.identity = reply_.identity();
  peer.address = reply_.worker().limits().trusted_proxies.ClientOf(*connected, forwarded_for);
}

void HttpCall::LoadMetadata(Metadata& metadata) {
  for (const net::Header& header : request_.headers) {
    if (header.name == "x-request-id") continue;
    if (!forwarded_.Contains(header.name)) continue;
    if (IsNominated(request_, header.name)) continue;
    if (auto value = rpc::FromField(header.name, header.value))
      metadata.Add(std::string(header.name), std::move(*value));
  }
  metadata.Add("x-request-id", std::string(request_.id));
  metadata.Add("via", "1.1 tomada");
}

bool MayBeResponseHeader(const Metadata::Entry& entry) {
  const auto& [name, value] = entry;
  if (!rpc::IsCustomName(name) || rpc::IsBinaryName(name) || rpc::IsHopByHop(name)) return false;
  if (name.starts_with("access-control-")) return false;
  if (std::find(kNeverFromHandlers.begin(), kNeverFromHandlers.end(), name) != kNeverFromHandlers.end()) return false;
  return rpc::IsFieldValue(value);
}

}  // namespace tomada::pistache_http
