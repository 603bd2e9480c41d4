#include "dispatch/media_type.h"

#include <algorithm>
#include <string>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_split.h>

namespace tomada::pistache_http {
namespace {

bool IsJson(std::string_view content_type) {
  std::vector<std::string> parts =
      absl::StrSplit(absl::AsciiStrToLower({content_type.data(), content_type.size()}), ';');
  absl::string_view type = absl::StripAsciiWhitespace(parts[0]);
  if (type != "application/json" && !absl::EndsWith(type, "+json")) return false;
  for (size_t i = 1; i < parts.size(); ++i) {
    absl::string_view parameter = absl::StripAsciiWhitespace(parts[i]);
    if (absl::StartsWith(parameter, "charset=") && parameter != "charset=utf-8" && parameter != "charset=\"utf-8\"") {
      return false;
    }
  }
  return true;
}

absl::Status CheckNotEncoded(const Request& request) {
  auto encoding = request.Find("content-encoding");
  if (!encoding || *encoding == "identity") return absl::OkStatus();
  return absl::InvalidArgumentError("send the body without Content-Encoding");
}

}  // namespace

absl::Status CheckJson(const Request& request) {
  if (auto status = CheckNotEncoded(request); !status.ok()) return status;
  auto type = request.Find("content-type");
  if (type && !IsJson(*type)) return absl::InvalidArgumentError("send the body as application/json in UTF-8");
  return absl::OkStatus();
}

absl::Status CheckRaw(const Request& request) {
  auto type = request.Find("content-type");
  if (type && !std::all_of(type->begin(), type->end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; })) {
    return absl::InvalidArgumentError("send a Content-Type of plain ASCII");
  }
  return CheckNotEncoded(request);
}

}  // namespace tomada::pistache_http
