#include "dispatch/media_type.h"

#include <string>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_split.h>

#include "rpc/metadata.h"
#include "transcode/content_types.h"

namespace tomada::pistache_http {
namespace {

// In lower case, without parameters; empty when the text is not UTF-8.
std::string Utf8TypeOf(std::string_view content_type) {
  std::vector<std::string> parts =
      absl::StrSplit(absl::AsciiStrToLower({content_type.data(), content_type.size()}), ';');
  for (size_t i = 1; i < parts.size(); ++i) {
    absl::string_view parameter = absl::StripAsciiWhitespace(parts[i]);
    if (absl::StartsWith(parameter, "charset=") && parameter != "charset=utf-8" && parameter != "charset=\"utf-8\"") {
      return "";
    }
  }
  return std::string(absl::StripAsciiWhitespace(parts[0]));
}

bool IsJson(std::string_view content_type) {
  const std::string type = Utf8TypeOf(content_type);
  return type == kJson || absl::EndsWith(type, "+json");
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

absl::Status CheckJsonStream(const Request& request) {
  if (auto status = CheckNotEncoded(request); !status.ok()) return status;
  auto type = request.Find("content-type");
  if (!type || IsJson(*type) || IsJsonLines(request)) return absl::OkStatus();
  return absl::InvalidArgumentError("send the body as application/x-ndjson or application/json in UTF-8");
}

bool IsJsonLines(const net::Request& request) {
  const std::string type = Utf8TypeOf(request.Find("content-type").value_or(""));
  return type == kNdjson || type == "application/jsonl";
}

absl::Status CheckRaw(const Request& request) {
  auto type = request.Find("content-type");
  if (type && !rpc::IsAsciiValue(*type)) {
    return absl::InvalidArgumentError("send a Content-Type of plain ASCII");
  }
  return CheckNotEncoded(request);
}

}  // namespace tomada::pistache_http
