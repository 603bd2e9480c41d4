#include "transcode/binding.h"

#include <algorithm>

#include <absl/strings/str_split.h>
#include <google/protobuf/field_mask.pb.h>

#include <fmt/format.h>

#include "json/parse.h"
#include "json/well_known.h"
#include "tomada/status.h"

namespace tomada::pistache_http {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status Violation(std::string field, std::string description) {
  FieldViolations violations;
  violations.Add(std::move(field), std::move(description));
  return violations.ToStatus();
}

// A name that a client sent, fit to be sent back.
std::string Printable(std::string_view name) {
  std::string text(name.substr(0, 64));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return text;
}

// Whether json::ParseScalar accepts it: a message only when its JSON is one string or number.
bool IsScalar(const FieldDescriptor& field) {
  if (field.message_type() == nullptr) return true;
  json::Form form = json::FormOf(*field.message_type());
  return json::IsText(form) || form == json::Form::kWrapper;
}

const FieldDescriptor* MaskPaths(const Message& mask) {
  return mask.GetDescriptor()->FindFieldByNumber(google::protobuf::FieldMask::kPathsFieldNumber);
}

absl::Status SetScalar(const FieldPath& field, std::string_view value, Message* message) {
  std::string parent = field.ParentToString();
  json::ParseOptions options;
  options.path = parent;
  return json::ParseScalar(value, field.MutableParent(message), &field.leaf(), options);
}

}  // namespace

absl::StatusOr<Binding> Binding::Make(const Descriptor& request, const HttpRule& rule, const PathTemplate& path,
                                      Options options) {
  Binding binding;
  binding.options_ = options;
  if (auto status = binding.FindPathFields(request, path); !status.ok()) return status;
  if (auto status = binding.FindBody(request, rule); !status.ok()) return status;
  if (auto status = binding.CheckOneofs(); !status.ok()) return status;
  return binding;
}

absl::Status Binding::FindPathFields(const Descriptor& request, const PathTemplate& path) {
  for (const PathTemplate::Variable& variable : path.variables) {
    FieldPath field = FieldPath::Find(request, variable.field_path, FieldPath::Names::kProto);
    if (field.empty() || field.leaf().is_repeated() || !IsScalar(field.leaf())) {
      return absl::InvalidArgumentError(
          fmt::format("the path variable {} is no single value of {}", variable.field_path, request.full_name()));
    }
    path_fields_.push_back(std::move(field));
  }
  return absl::OkStatus();
}

absl::Status Binding::FindBody(const Descriptor& request, const HttpRule& rule) {
  if (rule.body.empty()) return absl::OkStatus();
  if (rule.body == "*") {
    body_ = Body::kAll;
    raw_body_ = IsHttpBody(request);
    return absl::OkStatus();
  }
  body_ = Body::kField;
  body_field_ = request.FindFieldByName(rule.body);
  if (body_field_ == nullptr) {
    return absl::InvalidArgumentError(fmt::format("the body {} is no field of {}", rule.body, request.full_name()));
  }
  raw_body_ =
      body_field_->message_type() != nullptr && !body_field_->is_repeated() && IsHttpBody(*body_field_->message_type());
  for (int i = 0; rule.method == "PATCH" && !raw_body_ && i < request.field_count(); ++i) {
    const FieldDescriptor* field = request.field(i);
    bool is_mask = !field->is_repeated() && field->message_type() != nullptr &&
                   json::FormOf(*field->message_type()) == json::Form::kFieldMask;
    if (is_mask && field != body_field_ && mask_field_ == nullptr) mask_field_ = field;
  }
  return absl::OkStatus();
}

absl::Status Binding::CheckOneofs() const {
  std::vector<FieldPath> given = path_fields_;
  if (body_field_ != nullptr) given.push_back(FieldPath::Of(*body_field_));
  for (size_t i = 0; i < given.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (!given[i].Excludes(given[j])) continue;
      return absl::InvalidArgumentError(fmt::format("{} and {} are members of one oneof, so no request can give both",
                                                    given[j].ToString(), given[i].ToString()));
    }
  }
  return absl::OkStatus();
}

absl::Status Binding::Bind(const std::vector<std::string>& path_values, const QueryParameters& query,
                           const Content& body, Message* message) const {
  std::vector<std::string> present;
  if (auto status = BindBody(body, present, message); !status.ok()) return status;
  if (auto status = BindQuery(query, message); !status.ok()) return status;
  if (mask_field_ != nullptr) FillMask(present, message);
  if (auto status = BindPath(path_values, message); !status.ok()) return status;
  return json::CheckRequired(*message);
}

absl::Status Binding::BindBody(const Content& body, std::vector<std::string>& present, Message* message) const {
  if (raw_body_) {
    BindRawBody(body, message);
    return absl::OkStatus();
  }
  if (body_ == Body::kNone || body.data.empty()) return absl::OkStatus();
  json::ParseOptions options;
  options.ignore_unknown_fields = options_.ignore_unknown_fields;
  options.allow_partial = true;
  if (mask_field_ != nullptr) options.present_paths = &present;
  return body_ == Body::kAll ? json::Parse(body.data, message, options)
                             : json::ParseField(body.data, message, body_field_, options);
}

void Binding::BindRawBody(const Content& body, Message* message) const {
  if (body.data.empty() && body.type.empty()) return;
  SetHttpBody(body, body_ == Body::kAll ? message : message->GetReflection()->MutableMessage(message, body_field_));
}

absl::Status Binding::BindQuery(const QueryParameters& query, Message* message) const {
  std::vector<std::pair<FieldPath, std::string_view>> given;  // singular fields
  for (const auto& [name, value] : query) {
    FieldPath field = FieldPath::Find(*message->GetDescriptor(), name, FieldPath::Names::kClient);
    if (field.empty() || !IsScalar(field.leaf())) {
      if (options_.ignore_unknown_query) continue;
      return Violation(Printable(name), "is no query parameter");
    }
    if (body_ == Body::kAll || (body_ == Body::kField && &field.front() == body_field_)) {
      return Violation(field.ToString(), "belongs in the body, not in the query");
    }
    if (GivenByPath(field)) continue;
    if (!field.leaf().is_repeated()) {
      auto same = std::find_if(given.begin(), given.end(), [&](const auto& other) { return other.first == field; });
      if (same != given.end() && same->second == value) continue;
      if (same != given.end()) return Violation(field.ToString(), "is given twice with different values");
      given.emplace_back(field, value);
    }
    if (field.ReplacesInOneof(*message)) return Violation(field.ToString(), "excludes another field that is given");
    if (auto status = Set(field, value, message); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Binding::BindPath(const std::vector<std::string>& values, Message* message) const {
  for (size_t i = 0; i < path_fields_.size(); ++i) {
    const FieldPath& field = path_fields_[i];
    if (field.ReplacesInOneof(*message)) return Violation(field.ToString(), "excludes another field that is given");
    Message* parent = field.MutableParent(message);
    parent->GetReflection()->ClearField(parent, &field.leaf());
    if (auto status = Set(field, values[i], message); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// In the mask of the body field, names are looked up as in the body.
absl::Status Binding::Set(const FieldPath& field, std::string_view value, Message* message) const {
  const bool is_mask = mask_field_ != nullptr && &field.front() == mask_field_ && json::HoldsObject(*body_field_);
  if (!is_mask) return SetScalar(field, value, message);
  Message* mask = message->GetReflection()->MutableMessage(message, mask_field_);
  for (absl::string_view part : absl::StrSplit(absl::string_view(value.data(), value.size()), ',')) {
    const std::string_view name(part.data(), part.size());
    const FieldPath named = FieldPath::Find(*body_field_->message_type(), name, FieldPath::Names::kClient);
    if (!named.empty()) {
      mask->GetReflection()->AddString(mask, MaskPaths(*mask), named.ToString());
    } else if (auto status = SetScalar(field, name.empty() ? value : name, message); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

Binding::Location Binding::LocationOf(std::string_view field) const {
  bool by_path = std::any_of(path_fields_.begin(), path_fields_.end(),
                             [field](const FieldPath& one) { return one.ToString() == field; });
  if (by_path) return {"path", field};
  if (body_ == Body::kAll || field.empty()) return {"body", field};
  if (body_ == Body::kNone || field.substr(0, body_field_->name().size()) != body_field_->name())
    return {"query", field};
  std::string_view rest = field.substr(body_field_->name().size());
  if (rest.empty() || rest.front() == '[') return {"body", rest};
  return rest.front() == '.' ? Location{"body", rest.substr(1)} : Location{"query", field};
}

bool Binding::GivenByPath(const FieldPath& field) const {
  return std::find(path_fields_.begin(), path_fields_.end(), field) != path_fields_.end();
}

void Binding::FillMask(const std::vector<std::string>& present, Message* message) const {
  Message* mask = message->GetReflection()->MutableMessage(message, mask_field_);
  const FieldDescriptor* paths = MaskPaths(*mask);
  if (mask->GetReflection()->FieldSize(*mask, paths) > 0) return;
  for (const std::string& path : present) {
    const FieldPath field = FieldPath::Find(*message->GetDescriptor(), fmt::format("{}.{}", body_field_->name(), path),
                                            FieldPath::Names::kProto);
    if (GivenByPath(field)) continue;
    if (options_.output_only != nullptr && field.ClearFirstOf(*options_.output_only, message)) continue;
    mask->GetReflection()->AddString(mask, paths, path);
  }
}

}  // namespace tomada::pistache_http
