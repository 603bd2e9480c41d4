#include "openapi/document.h"

#include <algorithm>
#include <set>

#include <google/protobuf/descriptor.pb.h>

#include <fmt/format.h>

#include "dispatch/stream_format.h"
#include "json/well_known.h"
#include "openapi/comments.h"
#include "openapi/error_model.h"
#include "openapi/examples.h"
#include "openapi/paths.h"
#include "openapi/schemas.h"
#include "transcode/content_types.h"
#include "transcode/field_path.h"
#include "transcode/http_body.h"

namespace tomada::pistache_http {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Nested messages can have more leaf fields than a document should list.
constexpr int kMaxQueryFields = 1000;

constexpr std::string_view kRequestStream =
    "A stream of messages. As `application/x-ndjson` each is a line; as `application/json` it is a single one.";
constexpr std::string_view kByteStream = "A stream of bytes.";
constexpr std::string_view kMessageStream =
    "A stream of messages. As `application/x-ndjson` each is a line, and after a failure midway the last line is "
    "`{\"error\": ...}`. As `text/event-stream` each is the data of an event, and the last event is of type `end` or "
    "`error`.";

bool IsParameter(const FieldDescriptor& field) {
  if (field.message_type() == nullptr) return true;
  json::Form form = json::FormOf(*field.message_type());
  return json::IsText(form) || form == json::Form::kWrapper;
}

class Writer {
 public:
  Writer(const DocumentOptions& options, std::string* out)
      : public_url_(options.public_url),
        examples_(comments_, options.proto_names, options.emit_empty_lists),
        json_(out),
        schemas_(json_, comments_, examples_, options.proto_names),
        errors_(json_, schemas_, options.errors) {}

  void Write(const std::vector<const Service*>& services) {
    json_.Object([&] {
      json_.Key("openapi").String("3.1.0");
      WriteInfo(services);
      json_.Key("servers").Array(
          [&] { json_.Object([&] { json_.Key("url").String(public_url_.empty() ? "." : public_url_); }); });
      json_.Key("tags").Array([&] {
        for (const Service* service : services) WriteTag(*service);
      });
      json_.Key("paths").Object([&] {
        for (const Path& path : PathsOf(services)) WritePath(path);
      });
      json_.Key("components").Object([&] {
        json_.Key("responses").Object([&] { errors_.WriteResponses(); });
        json_.Key("schemas").Object([&] {
          errors_.WriteSchemas();
          schemas_.WriteReferred();
        });
      });
    });
  }

 private:
  void WriteInfo(const std::vector<const Service*>& services) {
    std::vector<std::string> names;
    for (const Service* service : services) names.push_back(service->descriptor->name());
    json_.Key("info").Object([&] {
      json_.Key("title").String(fmt::format("{}", fmt::join(names, ", ")));
      json_.Key("version").String("1");
    });
  }

  void WriteTag(const Service& service) {
    json_.Object([&] {
      json_.Key("name").String(service.descriptor->full_name());
      WriteDescription(comments_.Of(*service.descriptor));
    });
  }

  void WriteDescription(const std::string& comment) {
    if (!comment.empty()) json_.Key("description").String(comment);
  }

  void WritePath(const Path& path) {
    json_.Key(path.text).Object([&] {
      for (const Operation& operation : path.operations) {
        json_.Key(operation.http_method).Object([&] { WriteOperation(operation, path); });
      }
    });
  }

  void WriteOperation(const Operation& operation, const Path& path) {
    const auto& method = *operation.method->descriptor;
    json_.Key("tags").Array([&] { json_.String(method.service()->full_name()); });
    std::string id = method.full_name();
    std::replace(id.begin(), id.end(), '.', '_');
    if (operation.number > 1) id += fmt::format("_{}", operation.number);
    json_.Key("operationId").String(id);
    WriteSummary(method);
    if (method.options().deprecated()) json_.Key("deprecated").Bool(true);
    json_.Key("parameters").Array([&] {
      WritePathParameters(operation, path);
      int room = kMaxQueryFields;
      if (operation.rule.body != "*") WriteQueryParameters(operation, *method.input_type(), "", {}, room);
    });
    if (!operation.rule.body.empty()) WriteRequestBody(operation);
    json_.Key("responses").Object([&] { WriteResponses(operation); });
  }

  // The first sentence of the comment, and the rest.
  void WriteSummary(const google::protobuf::MethodDescriptor& method) {
    const std::string comment = comments_.Of(method);
    const size_t end = std::min(comment.find(". "), comment.find(".\n"));
    std::string summary = comment.empty() ? method.name() : comment.substr(0, end);
    if (!summary.empty() && summary.back() == '.') summary.pop_back();
    std::replace(summary.begin(), summary.end(), '\n', ' ');
    summary.erase(std::remove(summary.begin(), summary.end(), '`'), summary.end());  // no Markdown there
    json_.Key("summary").String(summary);
    if (end != std::string::npos) WriteDescription(comment.substr(end + 2));
  }

  // `field` is null where a variable has more than one wildcard. A required one has an example in any case.
  void WriteParameter(const std::string& name, std::string_view in, const FieldDescriptor* field) {
    const bool required = in == "path";
    json_.Object([&] {
      json_.Key("name").String(name);
      json_.Key("in").String(in);
      if (required) json_.Key("required").Bool(true);
      if (field == nullptr) return WriteText();
      WriteDescription(comments_.Of(*field).text);
      json_.Key("schema");
      schemas_.WriteParameter(*field);
      const std::string example = required ? examples_.Of(*field) : examples_.GivenFor(*field);
      if (!example.empty()) json_.Key("example").Json(example);
    });
  }

  void WriteText() {
    json_.Key("schema").Object([&] { json_.Key("type").String("string"); });
    json_.Key("example").String("string");
  }

  // Operations of one path may have different names for the same segment.
  void WritePathParameters(const Operation& operation, const Path& path) {
    for (const Path::Parameter& parameter : path.parameters) {
      const FieldDescriptor* field = nullptr;
      for (const auto& variable : operation.path.variables) {
        bool whole = variable.begin == parameter.segment && variable.end == parameter.segment + 1;
        if (whole) field = &FieldOf(operation, variable);
      }
      WriteParameter(parameter.name, "path", field);
    }
  }

  // Of a message and those nested in it, except of a type in `outer`: those that contain it.
  void WriteQueryParameters(const Operation& operation, const Descriptor& type, const std::string& prefix,
                            std::set<const Descriptor*> outer, int& room) {
    if (!outer.insert(&type).second) return;
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      bool by_body = prefix.empty() && field.name() == operation.rule.body;
      if (--room < 0) return;
      if (field.is_map() || by_body || GivenByPath(operation, prefix, field)) continue;
      std::string name = prefix + schemas_.NameOf(field);
      if (IsParameter(field)) {
        WriteParameter(name, "query", &field);
      } else if (!field.is_repeated() && json::HoldsObject(field)) {
        WriteQueryParameters(operation, *field.message_type(), name + ".", outer, room);
      }
    }
  }

  bool GivenByPath(const Operation& operation, const std::string& prefix, const FieldDescriptor& field) const {
    return std::any_of(operation.path.variables.begin(), operation.path.variables.end(), [&](const auto& variable) {
      FieldPath path =
          FieldPath::Find(*operation.method->descriptor->input_type(), variable.field_path, FieldPath::Names::kProto);
      FieldPath same = FieldPath::Find(*operation.method->descriptor->input_type(), prefix + schemas_.NameOf(field),
                                       FieldPath::Names::kClient);
      return path == same;
    });
  }

  void WriteRequestBody(const Operation& operation) {
    const auto& method = *operation.method->descriptor;
    const Descriptor& type = *method.input_type();
    const FieldDescriptor* field = operation.rule.body == "*" ? nullptr : type.FindFieldByName(operation.rule.body);
    std::vector<std::string_view> forms{kJson};
    if (method.client_streaming()) forms.push_back(kNdjson);
    json_.Key("requestBody").Object([&] {
      if (method.client_streaming()) {
        json_.Key("description").String(kRequestStream);
      } else if (field != nullptr) {
        WriteDescription(comments_.Of(*field).text);
      }
      json_.Key("content").Object([&] {
        if (IsBytes(type, field)) WriteBytesToSend();
        WriteContent(forms, type, field, [&] { return examples_.Request(type, field, PathFields(operation)); });
      });
    });
  }

  static const FieldDescriptor& FieldOf(const Operation& operation, const PathTemplate::Variable& variable) {
    const Descriptor& type = *operation.method->descriptor->input_type();
    return FieldPath::Find(type, variable.field_path, FieldPath::Names::kProto).leaf();
  }

  static Examples::Fields PathFields(const Operation& operation) {
    Examples::Fields fields;
    for (const auto& variable : operation.path.variables) fields.insert(&FieldOf(operation, variable));
    return fields;
  }

  void WriteResponses(const Operation& operation) {
    const auto& method = *operation.method->descriptor;
    const Descriptor& type = *method.output_type();
    const std::string& name = operation.rule.response_body;
    const FieldDescriptor* field = name.empty() ? nullptr : type.FindFieldByName(name);
    const bool stream = method.server_streaming();
    const SuccessRule& success = operation.success;
    json_.Key(std::to_string(success.status())).Object([&] {
      const std::string meaning = fmt::format("{}.", success.meaning());
      json_.Key("description").String(!stream ? meaning : IsBytes(type, field) ? kByteStream : kMessageStream);
      if (success.location() != nullptr) WriteLocation(*success.location());
      if (!success.has_body()) return;
      json_.Key("content").Object([&] {
        std::vector<std::string_view> forms{kJson};
        if (stream) forms = {kLines.content_type, kEvents.content_type};
        WriteContent(forms, type, field, [&] { return examples_.Response(type, field); });
      });
    });
    errors_.WriteReferences();
  }

  void WriteLocation(const LocationTemplate& location) {
    json_.Key("headers").Object([&] {
      json_.Key("Location").Object([&] {
        json_.Key("description").String(fmt::format("`{}`, with fields of the answer (RFC 6570).", location.text()));
        json_.Key("required").Bool(true);
        json_.Key("schema").Object([&] {
          json_.Key("type").String("string");
          json_.Key("format").String("uri-reference");
        });
      });
    });
  }

  // For a page that tries it out: text to type, or a file to choose.
  void WriteBytesToSend() {
    json_.Key("text/plain").Object([&] { WriteText(); });
    json_.Key("application/octet-stream").Object([] {});
  }

  static bool IsBytes(const Descriptor& type, const FieldDescriptor* field) {
    if (field == nullptr) return IsHttpBody(type);
    return !field->is_repeated() && field->message_type() != nullptr && IsHttpBody(*field->message_type());
  }

  // A message or one of its fields, in each of `media_types`.
  template <class MakeExample>
  void WriteContent(const std::vector<std::string_view>& media_types, const Descriptor& type,
                    const FieldDescriptor* field, MakeExample make_example) {
    if (IsBytes(type, field)) return json_.Key("*/*").Object([] {});
    const std::string example = make_example();
    for (std::string_view media_type : media_types) {
      json_.Key(media_type).Object([&] {
        json_.Key("schema");
        if (field != nullptr) {
          schemas_.WriteField(*field);
        } else {
          schemas_.WriteMessage(type);
        }
        json_.Key("example").Json(example);
      });
    }
  }

  const Comments comments_;
  const std::string public_url_;
  Examples examples_;
  JsonWriter json_;
  Schemas schemas_;
  ErrorModel errors_;
};

}  // namespace

std::string MakeOpenApi(const std::vector<const Service*>& services, const DocumentOptions& options) {
  std::string document;
  Writer(options, &document).Write(services);
  return document;
}

}  // namespace tomada::pistache_http
