#include "transcode/location_template.h"

#include <algorithm>

#include <absl/strings/match.h>
#include <fmt/format.h>

#include "rpc/percent.h"

namespace tomada::pistache_http {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// What everybody should be able to take (RFC 9110, 4.1).
constexpr size_t kLongest = 8000;

constexpr char kNoLiteral[] = "what stands outside of {} is not fit for a URL; percent-encode it";

// The end of "http://" or "https://" at the front; 0 when there is none.
size_t SchemeEnd(std::string_view url) {
  for (std::string_view scheme : {"http://", "https://"}) {
    const std::string_view front = url.substr(0, scheme.size());
    if (absl::EqualsIgnoreCase({front.data(), front.size()}, {scheme.data(), scheme.size()})) return scheme.size();
  }
  return 0;
}

size_t AuthorityEnd(std::string_view url) { return std::min(url.find_first_of("/?#", SchemeEnd(url)), url.size()); }

// A path that no client takes for a host ("//other.example"), or a URL with a host and without a user.
bool IsPathOrUrl(std::string_view url) {
  if (url.starts_with('/')) return !url.starts_with("//");
  const size_t begin = SchemeEnd(url);
  if (begin == 0) return false;
  const std::string_view authority = url.substr(begin, AuthorityEnd(url) - begin);
  return !authority.empty() && authority.front() != ':' && authority.find('@') == std::string_view::npos;
}

bool IsLiteral(std::string_view text) { return rpc::PercentEncode(text, rpc::Encode::kAllButUrl) == text; }

bool HasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool HasText(const FieldDescriptor& field) {
  if (field.is_repeated()) return false;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_MESSAGE: return false;
    case FieldDescriptor::CPPTYPE_STRING: return field.type() == FieldDescriptor::TYPE_STRING;
    default: return true;
  }
}

// Of a field that has one; empty also when it is unset.
std::string TextOf(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (field.has_presence() && !reflection.HasField(message, &field)) return "";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return std::to_string(reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64: return std::to_string(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32: return std::to_string(reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64: return std::to_string(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL: return reflection.GetBool(message, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = reflection.GetEnumValue(message, &field);
      const auto* value = field.enum_type()->FindValueByNumber(number);
      return value == nullptr ? std::to_string(number) : value->name();
    }
    default: return reflection.GetString(message, &field);
  }
}

absl::Status Wrong(std::string_view what) {
  return absl::InternalError(fmt::format("the answer cannot be given: its location {}", what));
}

}  // namespace

absl::StatusOr<LocationTemplate> LocationTemplate::Parse(std::string_view text, const Descriptor& response) {
  auto error = [text](std::string_view what) {
    return absl::InvalidArgumentError(fmt::format("location \"{}\": {}", text, what));
  };
  if (!text.starts_with("{+") && (text.starts_with("//") || (!text.starts_with('/') && SchemeEnd(text) == 0))) {
    return error("it begins with /, http://, https:// or {+");
  }
  LocationTemplate result;
  result.text_ = std::string(text);
  result.beginning_ = std::string(text.substr(0, text.find('{')));
  if (!IsLiteral(result.beginning_)) return error(kNoLiteral);
  for (size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at)) {
    const size_t end = text.find('}', at);
    if (end == std::string_view::npos) return error("a } is missing");
    const std::string_view expression = text.substr(at + 1, end - at - 1);
    if (expression.starts_with('+') && at > 0 && at < AuthorityEnd(text)) {
      return error(fmt::format("{{{}}} may not stand in the host, which it could replace", expression));
    }
    at = end + 1;
    absl::Status added = result.Add(expression, text.substr(at, text.find('{', at) - at), response);
    if (!added.ok()) return error({added.message().data(), added.message().size()});
  }
  if (result.variables_.empty() && !IsPathOrUrl(text)) return error("is no path and no http or https URL");
  return result;
}

absl::Status LocationTemplate::Add(std::string_view expression, std::string_view literal, const Descriptor& response) {
  const bool whole = expression.starts_with('+');
  const std::string_view path = expression.substr(whole ? 1 : 0);
  FieldPath field = FieldPath::Find(response, path, FieldPath::Names::kProto);
  if (field.empty() || !HasText(field.leaf())) {
    return absl::InvalidArgumentError(
        fmt::format("{} is no single string, integer, bool or enum of {}", path, response.full_name()));
  }
  if (!IsLiteral(literal)) return absl::InvalidArgumentError(kNoLiteral);
  variables_.push_back(Variable{std::move(field), whole, std::string(literal)});
  return absl::OkStatus();
}

absl::StatusOr<std::string> LocationTemplate::Expand(const Message& response) const {
  std::string location = beginning_;
  for (const Variable& variable : variables_) {
    const std::string text = TextOf(variable.field.ParentIn(response), variable.field.leaf());
    if (text.empty()) return Wrong(fmt::format("needs {}, which is empty", variable.field.ToString()));
    if (text.size() > kLongest) return Wrong(fmt::format("is longer than {} bytes", kLongest));
    if (variable.whole && HasControls(text)) {
      return Wrong(fmt::format("needs {}, which has control characters", variable.field.ToString()));
    }
    location += rpc::PercentEncode(text, variable.whole ? rpc::Encode::kAllButUrl : rpc::Encode::kAllButUnreserved);
    location += variable.literal;
  }
  if (location.size() > kLongest) return Wrong(fmt::format("is longer than {} bytes", kLongest));
  if (!IsPathOrUrl(location)) return Wrong("is no path and no http or https URL");
  return location;
}

}  // namespace tomada::pistache_http
