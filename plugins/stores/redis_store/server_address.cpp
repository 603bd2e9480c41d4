#include "server_address.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "net/socket/address.h"

namespace tomada::redis_store {
namespace {

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(
      fmt::format("`url`: {}; expected redis[s]://[user:password@]host[:port][/db] or unix:/path[?db=n]", what));
}

template <class Number>
std::optional<Number> ParseNumber(std::string_view text, Number max) {
  Number number;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > max) return std::nullopt;
  return number;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());  // so that no part of a password is left where it grew
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned byte;
    if (i + 2 >= text.size()) return std::nullopt;
    auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
    if (error != std::errc() || end != text.data() + i + 3) return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

absl::Status ParseCredentials(std::string_view text, ServerAddress& address) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Wrong("before @ it has no user:password");
  std::optional<std::string> user = PercentDecode(text.substr(0, colon));
  std::optional<std::string> password = PercentDecode(text.substr(colon + 1));
  if (!user || !password) return Wrong("% in user or password is not followed by two hex digits");
  address.user = *std::move(user);
  address.password = Secret(*password);
  Wipe(*password);
  return absl::OkStatus();
}

absl::Status ParseHostAndPort(std::string_view text, ServerAddress& address) {
  size_t end;  // of the host
  if (text.starts_with('[')) {
    const size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return Wrong("the bracket of its IPv6 address does not close");
    address.at.host = text.substr(1, bracket - 1);
    end = bracket + 1;
  } else {
    end = std::min(text.find(':'), text.size());
    address.at.host = text.substr(0, end);
  }
  if (address.at.host.empty()) return Wrong("it has no host");
  if (end == text.size()) return absl::OkStatus();
  std::optional<int> port = text[end] == ':' ? ParseNumber<int>(text.substr(end + 1), 65535) : std::nullopt;
  if (!port || *port == 0) return Wrong("its port is not a number from 1 to 65535");
  address.at.port = static_cast<uint16_t>(*port);
  return absl::OkStatus();
}

absl::Status ParseDb(std::string_view text, ServerAddress& address) {
  std::optional<int> db = ParseNumber<int>(text, 1'000'000);
  if (!db) return Wrong("its db is not a number");
  address.db = *db;
  return absl::OkStatus();
}

absl::StatusOr<ServerAddress> ParseUnix(std::string_view text) {
  ServerAddress address;
  const size_t query = text.find("?db=");
  if (query != std::string_view::npos) {
    if (absl::Status wrong = ParseDb(text.substr(query + 4), address); !wrong.ok()) return wrong;
    text = text.substr(0, query);
  }
  if (text.starts_with("//")) text.remove_prefix(2);
  static_assert(net::kMaxUnixPath == 107);
  if (!text.starts_with('/') || text.size() > net::kMaxUnixPath) {
    return Wrong("unix: needs an absolute path of at most 107 bytes");
  }
  address.path = text;
  return address;
}

}  // namespace

absl::StatusOr<ServerAddress> ServerAddress::Parse(std::string_view url) {
  constexpr std::string_view kTcp = "redis://", kTls = "rediss://", kUnix = "unix:";
  if (url.starts_with(kUnix)) return ParseUnix(url.substr(kUnix.size()));
  ServerAddress address;
  address.tls = url.starts_with(kTls);
  if (!address.tls && !url.starts_with(kTcp)) return Wrong("it begins with neither redis://, rediss:// nor unix:");
  url.remove_prefix(address.tls ? kTls.size() : kTcp.size());

  const size_t slash = url.find('/');
  const std::string_view authority = url.substr(0, slash);
  const size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    if (absl::Status wrong = ParseCredentials(authority.substr(0, at), address); !wrong.ok()) return wrong;
  }
  const std::string_view host_and_port = at == std::string_view::npos ? authority : authority.substr(at + 1);
  if (absl::Status wrong = ParseHostAndPort(host_and_port, address); !wrong.ok()) return wrong;
  if (slash != std::string_view::npos && slash + 1 < url.size()) {
    if (absl::Status wrong = ParseDb(url.substr(slash + 1), address); !wrong.ok()) return wrong;
  }
  return address;
}

std::string ServerAddress::ToString() const { return path.empty() ? at.ToString() : path; }

}  // namespace tomada::redis_store
