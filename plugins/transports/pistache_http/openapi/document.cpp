#include "openapi/document.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <absl/strings/ascii.h>
#include <google/protobuf/descriptor.pb.h>

#include <fmt/format.h>

#include "codec/response.h"
#include "dispatch/stream_format.h"
#include "json/well_known.h"
#include "openapi/comments.h"
#include "openapi/schemas.h"
#include "router/path_template.h"
#include "transcode/field_path.h"
#include "transcode/http_body.h"
#include "transcode/http_rule.h"

namespace tomada::pistache_http {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// One method at one path.
struct Operation {
  const Method* method;
  HttpRule rule;
  PathTemplate path;
  int number;  // among the bindings of its method
};

// One path of OpenAPI: all operations whose templates differ in nothing but the names of their variables.
struct Path {
  std::string text;
  std::vector<std::string> parameters;
  std::map<std::string, Operation> operations;  // by HTTP method in lower case
};

// Names each wildcard after the variable it belongs to: "/v1/shelves/{name}/books/{name_2}".
Path NamePath(const PathTemplate& path) {
  Path named;
  for (size_t i = 0; i < path.segments.size(); ++i) {
    named.text += '/';
    if (path.segments[i].kind == PathTemplate::Segment::Kind::kLiteral) {
      named.text += path.segments[i].literal;
      continue;
    }
    auto variable = std::find_if(path.variables.begin(), path.variables.end(),
                                 [i](const auto& one) { return one.begin <= i && i < one.end; });
    std::string name = variable == path.variables.end() ? "segment" : variable->field_path;
    for (int n = 2; std::count(named.parameters.begin(), named.parameters.end(), name) > 0; ++n) {
      name = fmt::format("{}_{}", variable == path.variables.end() ? "segment" : variable->field_path, n);
    }
    named.text.append("{").append(name).append("}");
    named.parameters.push_back(std::move(name));
  }
  if (path.segments.empty()) named.text = "/";
  if (!path.verb.empty()) named.text.append(":").append(path.verb);
  return named;
}

bool IsDescribable(const HttpRule& rule) {
  constexpr std::string_view kMethods[] = {"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"};
  return std::find(std::begin(kMethods), std::end(kMethods), rule.method) != std::end(kMethods);
}

// In the order of their first route, as a reader of the .proto file knows them.
std::vector<Path> PathsOf(const std::vector<const Service*>& services) {
  std::vector<Path> paths;
  std::map<std::string, size_t> by_shape;
  for (const Service* service : services) {
    for (const Method& method : service->methods) {
      auto rules = HttpRulesOf(*method.descriptor);
      if (!rules.ok() || method.descriptor->client_streaming()) continue;
      int number = 0;
      for (const HttpRule& rule : *rules) {
        ++number;
        auto path = PathTemplate::Parse(rule.path);
        if (!path.ok() || !IsDescribable(rule)) continue;
        auto [place, added] = by_shape.try_emplace(path->Shape(), paths.size());
        if (added) paths.push_back(NamePath(*path));
        paths[place->second].operations.try_emplace(absl::AsciiStrToLower(rule.method),
                                                    Operation{&method, rule, *path, number});
      }
    }
  }
  return paths;
}

bool IsParameter(const FieldDescriptor& field) {
  if (field.message_type() == nullptr) return true;
  json::Form form = json::FormOf(*field.message_type());
  return json::IsText(form) || form == json::Form::kWrapper;
}

class Writer {
 public:
  Writer(const DocumentOptions& options, std::string* out)
      : options_(options),
        comments_(options.descriptor_sets),
        json_(out),
        schemas_(json_, comments_, options.proto_names) {}

  void Write(const std::vector<const Service*>& services) {
    json_.Object([&] {
      json_.Key("openapi").String("3.1.0");
      WriteInfo(services);
      json_.Key("tags").Array([&] {
        for (const Service* service : services) WriteTag(*service);
      });
      json_.Key("paths").Object([&] {
        for (const Path& path : PathsOf(services)) WritePath(path);
      });
      json_.Key("components").Object([&] {
        json_.Key("schemas").Object([&] {
          WriteErrorSchema();
          schemas_.WriteReferred();
        });
        json_.Key("responses").Object([&] { WriteErrorResponse(); });
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
      for (const auto& each : path.operations) {
        json_.Key(each.first).Object([&] { WriteOperation(each.second, path); });
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
    json_.Key("summary").String(method.name());
    WriteDescription(comments_.Of(method));
    if (method.options().deprecated()) json_.Key("deprecated").Bool(true);
    json_.Key("parameters").Array([&] {
      WritePathParameters(operation, path);
      if (operation.rule.body != "*") WriteQueryParameters(operation, *method.input_type(), "", {});
    });
    if (!operation.rule.body.empty()) WriteRequestBody(operation);
    json_.Key("responses").Object([&] { WriteResponses(operation); });
  }

  void WriteParameter(const std::string& name, std::string_view in, const FieldDescriptor* field) {
    json_.Object([&] {
      json_.Key("name").String(name);
      json_.Key("in").String(in);
      if (in == "path") json_.Key("required").Bool(true);
      if (field != nullptr) WriteDescription(comments_.Of(*field));
      json_.Key("schema");
      if (field != nullptr) return schemas_.WriteField(*field);
      json_.Object([&] { json_.Key("type").String("string"); });
    });
  }

  void WritePathParameters(const Operation& operation, const Path& path) {
    for (const std::string& name : path.parameters) {
      const FieldDescriptor* field = nullptr;
      for (const auto& variable : operation.path.variables) {
        bool whole = variable.field_path == name && variable.end - variable.begin == 1;
        if (!whole) continue;
        field = &FieldPath::Find(*operation.method->descriptor->input_type(), name, FieldPath::Names::kProto).leaf();
      }
      WriteParameter(name, "path", field);
    }
  }

  // Of a message, and of those in it; `outer` are the types it is in, which may come again for ever.
  void WriteQueryParameters(const Operation& operation, const Descriptor& type, const std::string& prefix,
                            std::set<const Descriptor*> outer) {
    if (!outer.insert(&type).second) return;
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      bool by_body = prefix.empty() && field.name() == operation.rule.body;
      if (field.is_map() || by_body || GivenByPath(operation, prefix, field)) continue;
      std::string name = prefix + schemas_.NameOf(field);
      if (IsParameter(field)) {
        WriteParameter(name, "query", &field);
      } else if (!field.is_repeated() && json::HoldsObject(field)) {
        WriteQueryParameters(operation, *field.message_type(), name + ".", outer);
      }
    }
  }

  bool GivenByPath(const Operation& operation, const std::string& prefix, const FieldDescriptor& field) const {
    return std::any_of(operation.path.variables.begin(), operation.path.variables.end(), [&](const auto& variable) {
      FieldPath path =
          FieldPath::Find(*operation.method->descriptor->input_type(), variable.field_path, FieldPath::Names::kProto);
      FieldPath same = FieldPath::Find(*operation.method->descriptor->input_type(), prefix + schemas_.NameOf(field),
                                       FieldPath::Names::kProtoOrJson);
      return path == same;
    });
  }

  void WriteRequestBody(const Operation& operation) {
    const Descriptor& type = *operation.method->descriptor->input_type();
    const FieldDescriptor* field = operation.rule.body == "*" ? nullptr : type.FindFieldByName(operation.rule.body);
    json_.Key("requestBody").Object([&] {
      if (field != nullptr) WriteDescription(comments_.Of(*field));
      json_.Key("content").Object([&] { WriteContent(type, field, false); });
    });
  }

  void WriteResponses(const Operation& operation) {
    const auto& method = *operation.method->descriptor;
    const Descriptor& type = *method.output_type();
    const std::string& name = operation.rule.response_body;
    json_.Key("200").Object([&] {
      json_.Key("description").String(method.server_streaming() ? "A stream of messages." : "Success.");
      json_.Key("content").Object(
          [&] { WriteContent(type, name.empty() ? nullptr : type.FindFieldByName(name), method.server_streaming()); });
    });
    json_.Key("default").Object([&] { json_.Key("$ref").String("#/components/responses/Error"); });
  }

  // A message or one of its fields.
  void WriteContent(const Descriptor& type, const FieldDescriptor* field, bool stream) {
    const Descriptor* message = field == nullptr ? &type : field->is_repeated() ? nullptr : field->message_type();
    if (message != nullptr && IsHttpBody(*message)) {
      json_.Key("*/*").Object([] {});
      return;
    }
    auto write = [&](std::string_view media_type) {
      json_.Key(media_type).Object([&] {
        json_.Key("schema");
        if (field != nullptr) return schemas_.WriteField(*field);
        schemas_.WriteMessage(type);
      });
    };
    write(stream ? kNdjson : kJson);
    if (stream) write(kEvents.content_type);
  }

  void WriteErrorResponse() {
    json_.Key("Error").Object([&] {
      json_.Key("description").String("The call failed.");
      json_.Key("content").Object([&] {
        json_.Key(kJson).Object(
            [&] { json_.Key("schema").Object([&] { json_.Key("$ref").String("#/components/schemas/Error"); }); });
      });
    });
  }

  void WriteErrorSchema() {
    auto member = [this](std::string_view name, std::string_view type, std::string_view description) {
      json_.Key(name).Object([&] {
        if (!type.empty()) json_.Key("type").String(type);
        json_.Key("description").String(description);
      });
    };
    json_.Key("Error").Object([&] {
      json_.Key("type").String("object");
      json_.Key("properties").Object([&] {
        if (options_.errors == ErrorShape::kFastApi) {
          return member("detail", "", "What went wrong; for wrong fields a list of `loc`, `msg` and `type`.");
        }
        member("code", "integer", "A gRPC code.");
        member("message", "string", "What went wrong.");
        member("details", "array", "Each with its `@type`, such as google.rpc.BadRequest.");
      });
    });
  }

  const DocumentOptions& options_;
  const Comments comments_;
  JsonWriter json_;
  Schemas schemas_;
};

}  // namespace

std::string MakeOpenApi(const std::vector<const Service*>& services, const DocumentOptions& options) {
  std::string document;
  Writer(options, &document).Write(services);
  return document;
}

}  // namespace tomada::pistache_http
