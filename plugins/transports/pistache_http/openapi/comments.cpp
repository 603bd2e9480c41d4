#include "openapi/comments.h"

#include <set>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/unknown_field_set.h>

#include "tomada/proto_comments.h"

namespace tomada::pistache_http {
namespace {

namespace pb = google::protobuf;

// Without the space after the slashes.
std::string Trim(const std::string& text) {
  std::string comment;
  for (size_t i = 0; i < text.size(); ++i) {
    bool begins_line = i == 0 || text[i - 1] == '\n';
    if (!begins_line || text[i] != ' ') comment += text[i];
  }
  while (!comment.empty() && comment.back() == '\n') comment.pop_back();
  return comment;
}

const pb::FileDescriptor& FileOf(const pb::FieldDescriptor& field) { return *field.file(); }
const pb::FileDescriptor& FileOf(const pb::Descriptor& message) { return *message.file(); }
const pb::FileDescriptor& FileOf(const pb::ServiceDescriptor& service) { return *service.file(); }
const pb::FileDescriptor& FileOf(const pb::MethodDescriptor& method) { return *method.service()->file(); }

// `find` is the look-up of such declarations in `commented`, a pool of generated files.
template <class AnyDescriptor>
std::string CommentOf(const AnyDescriptor& own, const pb::DescriptorPool& commented,
                      const AnyDescriptor* (pb::DescriptorPool::*find)(const std::string&) const) {
  const bool generated = FileOf(own).pool() == pb::DescriptorPool::generated_pool();
  const AnyDescriptor* told = generated ? (commented.*find)(own.full_name()) : &own;
  pb::SourceLocation location;
  if (told == nullptr || !told->GetSourceLocation(&location)) return "";
  return Trim(location.leading_comments.empty() ? location.trailing_comments : location.leading_comments);
}

// Of google.api.field_behavior. The option is read as an unknown field, since a server may know what this one does not.
constexpr int kFieldBehavior = 1052;
constexpr uint64_t kOutputOnly = 3, kInputOnly = 4;

std::set<uint64_t> BehaviorNumbers(const pb::FieldDescriptor& field) {
  std::set<uint64_t> behaviors;
  pb::UnknownFieldSet options;
  if (!options.ParseFromString(field.options().SerializePartialAsString())) return behaviors;
  for (int i = 0; i < options.field_count(); ++i) {
    const pb::UnknownField& option = options.field(i);
    if (option.number() != kFieldBehavior) continue;
    if (option.type() == pb::UnknownField::TYPE_VARINT) behaviors.insert(option.varint());
    if (option.type() != pb::UnknownField::TYPE_LENGTH_DELIMITED) continue;
    const std::string& packed = option.length_delimited();
    pb::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(packed.data()), static_cast<int>(packed.size()));
    for (uint64_t behavior = 0; stream.ReadVarint64(&behavior);) behaviors.insert(behavior);
  }
  return behaviors;
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

bool Comments::Files::FindFileByName(const std::string& name, pb::FileDescriptorProto* file) {
  const pb::FileDescriptor* found = pb::DescriptorPool::generated_pool()->FindFileByName(name);
  if (found != nullptr) *file = WithComments(*found);
  return found != nullptr;
}

bool Comments::Files::FindFileContainingSymbol(const std::string& symbol, pb::FileDescriptorProto* file) {
  const pb::FileDescriptor* found = pb::DescriptorPool::generated_pool()->FindFileContainingSymbol(symbol);
  if (found != nullptr) *file = WithComments(*found);
  return found != nullptr;
}

std::string Comments::Of(const pb::ServiceDescriptor& service) const {
  return CommentOf(service, pool_, &pb::DescriptorPool::FindServiceByName);
}
std::string Comments::Of(const pb::MethodDescriptor& method) const {
  return CommentOf(method, pool_, &pb::DescriptorPool::FindMethodByName);
}
std::string Comments::Of(const pb::Descriptor& message) const {
  return CommentOf(message, pool_, &pb::DescriptorPool::FindMessageTypeByName);
}
FieldComment Comments::Of(const pb::FieldDescriptor& field) const {
  FieldComment comment = ReadFieldComment(CommentOf(field, pool_, &pb::DescriptorPool::FindFieldByName));
  const std::set<uint64_t> behaviors = BehaviorNumbers(field);
  comment.output_only |= behaviors.count(kOutputOnly) > 0;
  comment.input_only |= behaviors.count(kInputOnly) > 0;
  return comment;
}

FieldBehaviors Comments::BehaviorsOf(const std::vector<const Service*>& services) const {
  FieldBehaviors behaviors;
  std::set<const pb::Descriptor*> seen;
  std::vector<const pb::Descriptor*> pending;
  auto add = [&](const pb::Descriptor* type) {
    if (type != nullptr && seen.insert(type).second) pending.push_back(type);
  };
  for (const Service* service : services) {
    for (const Method& method : service->methods) {
      add(method.descriptor->input_type());
      add(method.descriptor->output_type());
    }
  }
  while (!pending.empty()) {
    const pb::Descriptor& type = *pending.back();
    pending.pop_back();
    for (int i = 0; i < type.field_count(); ++i) {
      const pb::FieldDescriptor* field = type.field(i);
      const FieldComment comment = Of(*field);
      if (comment.output_only) behaviors.output_only.insert(field);
      if (comment.input_only) behaviors.input_only.insert(field);
      add(field->message_type());
    }
  }
  return behaviors;
}

}  // namespace tomada::pistache_http
