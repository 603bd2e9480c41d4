#include "router/path_template.h"

#include <algorithm>
#include <cctype>

#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include "rpc/percent.h"

namespace tomada::pistache_http {
namespace {

using Segment = PathTemplate::Segment;

bool IsLetter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Those that a client need not encode (RFC 3986, 2.3).
bool IsVerbChar(char c) { return IsLetter(c) || absl::ascii_isdigit(c) || c == '-' || c == '.' || c == '~'; }

// One pass over the text. Errors have the column.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  absl::StatusOr<PathTemplate> Run() {
    if (!Take('/')) return Error("a template begins with '/'");
    if (!at_end()) {
      if (auto status = Segments(false); !status.ok()) return status;
    }
    if (Take(':')) {
      result_.verb = std::string(text_.substr(at_));
      if (result_.verb.empty() || !std::all_of(result_.verb.begin(), result_.verb.end(), IsVerbChar)) {
        return Error("a verb is a name at the end");
      }
      at_ = text_.size();
    }
    if (!at_end()) return Error(fmt::format("'{}' is out of place", peek()));
    return std::move(result_);
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return text_[at_]; }
  bool Take(char c) {
    if (at_end() || peek() != c) return false;
    ++at_;
    return true;
  }

  absl::Status Error(std::string_view what) const {
    return absl::InvalidArgumentError(fmt::format("path template \"{}\", column {}: {}", text_, at_ + 1, what));
  }

  absl::Status Segments(bool in_variable) {
    do {
      absl::Status status = !at_end() && peek() == '{' ? Variable(in_variable) : Plain();
      if (!status.ok()) return status;
    } while (Take('/'));
    return absl::OkStatus();
  }

  absl::Status Plain() {
    size_t begin = at_;
    while (!at_end() && std::string_view("/:{}=").find(peek()) == std::string_view::npos) ++at_;
    std::string_view text = text_.substr(begin, at_ - begin);
    if (text.empty()) return Error("a segment is empty");
    if (text == "*") return Add(Segment{Segment::Kind::kOne, ""});
    if (text == "**") return Add(Segment{Segment::Kind::kMany, ""});
    if (text.find('*') != std::string_view::npos) return Error("a wildcard is a segment of its own");
    auto decoded = rpc::PercentDecode(text, rpc::Decode::kAll);
    if (!decoded) return Error("'%' is not followed by two hexadecimal digits");
    return Add(Segment{Segment::Kind::kLiteral, std::move(*decoded)});
  }

  absl::Status Add(Segment segment) {
    const bool wildcard = segment.kind != Segment::Kind::kLiteral;
    if (wildcard && after_many_) return Error("only literals may follow a **");
    after_many_ |= segment.kind == Segment::Kind::kMany;
    result_.segments.push_back(std::move(segment));
    return absl::OkStatus();
  }

  absl::Status Variable(bool in_variable) {
    if (in_variable) return Error("a variable may not stand inside another");
    ++at_;
    PathTemplate::Variable variable;
    if (auto status = FieldPath(variable.field_path); !status.ok()) return status;
    variable.begin = result_.segments.size();
    if (Take('=')) {
      if (auto status = Segments(true); !status.ok()) return status;
    } else {
      if (auto status = Add(Segment{Segment::Kind::kOne, ""}); !status.ok()) return status;
    }
    variable.end = result_.segments.size();
    if (!Take('}')) return Error("'}' is missing");
    for (const PathTemplate::Variable& other : result_.variables) {
      if (other.field_path == variable.field_path) return Error("a variable may not come twice");
    }
    result_.variables.push_back(std::move(variable));
    return absl::OkStatus();
  }

  absl::Status FieldPath(std::string& path) {
    do {
      if (at_end() || !IsLetter(peek())) return Error("the name of a field is missing");
      if (!path.empty()) path.push_back('.');
      while (!at_end() && (IsLetter(peek()) || absl::ascii_isdigit(peek()))) path.push_back(text_[at_++]);
    } while (Take('.'));
    return absl::OkStatus();
  }

  const std::string_view text_;
  size_t at_ = 0;
  bool after_many_ = false;  // there was a `**`
  PathTemplate result_;
};

}  // namespace

absl::StatusOr<PathTemplate> PathTemplate::Parse(std::string_view text) { return Parser(text).Run(); }

std::string PathTemplate::Shape() const {
  std::string shape;
  for (const Segment& segment : segments) {
    shape += '/';
    switch (segment.kind) {
      case Segment::Kind::kLiteral: shape += segment.literal; break;
      case Segment::Kind::kOne: shape += '*'; break;
      case Segment::Kind::kMany: shape += "**"; break;
    }
  }
  if (segments.empty()) shape += '/';
  if (!verb.empty()) shape.append(":").append(verb);
  return shape;
}

}  // namespace tomada::pistache_http
