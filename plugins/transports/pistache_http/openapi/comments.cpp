#include "openapi/comments.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <google/protobuf/descriptor.pb.h>

namespace tomada::pistache_http {
namespace {

namespace pb = google::protobuf;

// Without the space that stands behind the slashes.
std::string Trim(const std::string& text) {
  std::string comment;
  for (size_t i = 0; i < text.size(); ++i) {
    bool begins_line = i == 0 || text[i - 1] == '\n';
    if (!begins_line || text[i] != ' ') comment += text[i];
  }
  while (!comment.empty() && comment.back() == '\n') comment.pop_back();
  return comment;
}

template <class AnyDescriptor>
std::string CommentOf(const AnyDescriptor& own, const AnyDescriptor* same) {
  pb::SourceLocation location;
  bool found = own.GetSourceLocation(&location) || (same != nullptr && same->GetSourceLocation(&location));
  if (!found) return "";
  return Trim(location.leading_comments.empty() ? location.trailing_comments : location.leading_comments);
}

FieldComment ReadFieldComment(const std::string& comment) {
  constexpr absl::string_view kExample = "Example: ";
  FieldComment read;
  read.output_only = absl::StartsWith(comment, "Output only");
  read.input_only = absl::StartsWith(comment, "Input only");
  std::vector<absl::string_view> text;
  for (absl::string_view line : absl::StrSplit(comment, '\n')) {
    if (absl::ConsumePrefix(&line, kExample)) {
      read.example = std::string(absl::StripAsciiWhitespace(line));
    } else {
      text.push_back(line);
    }
  }
  read.text = absl::StrJoin(text, "\n");
  return read;
}

}  // namespace

Comments::Comments(const std::string& folder) {
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (entry.path().extension() != ".binpb") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    pb::FileDescriptorSet set;
    if (!set.ParseFromIstream(&file)) continue;
    pb::FileDescriptorProto known;
    for (const pb::FileDescriptorProto& one : set.file()) {
      if (!files_.FindFileByName(one.name(), &known)) files_.Add(one);
    }
  }
}

std::string Comments::Of(const pb::ServiceDescriptor& service) const {
  return CommentOf(service, pool_.FindServiceByName(service.full_name()));
}
std::string Comments::Of(const pb::MethodDescriptor& method) const {
  return CommentOf(method, pool_.FindMethodByName(method.full_name()));
}
std::string Comments::Of(const pb::Descriptor& message) const {
  return CommentOf(message, pool_.FindMessageTypeByName(message.full_name()));
}
FieldComment Comments::Of(const pb::FieldDescriptor& field) const {
  return ReadFieldComment(CommentOf(field, pool_.FindFieldByName(field.full_name())));
}

}  // namespace tomada::pistache_http
