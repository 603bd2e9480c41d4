#include "dispatch/http_call.h"

#include <algorithm>
#include <array>

#include <absl/strings/match.h>

namespace tomada::pistache_http {
namespace {

// Ours to write, or about one connection only (RFC 9110, 7.6.1).
constexpr std::array<std::string_view, 10> kNeverFromHandlers = {
    "connection", "content-length", "content-type",     "date", "keep-alive", "proxy-status", "te",
    "trailer",    "upgrade",        "transfer-encoding"};

bool IsTokenChar(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool IsValueChar(unsigned char c) { return c == '\t' || (c >= 0x20 && c < 0x7f); }

}  // namespace

void HttpCall::LoadMetadata(Metadata& metadata) {
  for (const Header& header : request_.headers) {
    if (std::find(forwarded_.begin(), forwarded_.end(), header.name) != forwarded_.end()) {
      metadata.Add(std::string(header.name), std::string(header.value));
    }
  }
  metadata.Add("via", "1.1 tomada");
}

std::optional<std::string_view> UsableRequestId(const Request& request) {
  constexpr size_t kLongest = 128;
  auto id = request.Find("x-request-id");
  bool usable = id && !id->empty() && id->size() <= kLongest &&
                std::all_of(id->begin(), id->end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  return usable ? id : std::nullopt;
}

bool MayBeResponseHeader(const Metadata::Entry& entry) {
  const auto& [name, value] = entry;
  if (name.empty() || !std::all_of(name.begin(), name.end(), IsTokenChar)) return false;
  if (absl::EndsWith(name, "-bin") || absl::StartsWith(name, "grpc-")) return false;
  if (std::find(kNeverFromHandlers.begin(), kNeverFromHandlers.end(), name) != kNeverFromHandlers.end()) return false;
  return std::all_of(value.begin(), value.end(), IsValueChar);
}

}  // namespace tomada::pistache_http
