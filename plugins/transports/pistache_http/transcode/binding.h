// Binding: how a request's path, query and body become a message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include "json/print.h"
#include "router/path_template.h"
#include "transcode/field_path.h"
#include "transcode/http_body.h"
#include "transcode/http_rule.h"
#include "transcode/target.h"

namespace tomada::pistache_http {

// Made once for each route; immutable and thread-safe afterwards. The rules, each with its test, are in
// docs/http-mapping.md.
class Binding {
 public:
  struct Options {
    bool ignore_unknown_fields = false;  // of the body
    bool ignore_unknown_query = false;
    // Ignored in a body from which a mask is made. Outlives the binding; null for none.
    const json::Fields* output_only = nullptr;
  };

  // INVALID_ARGUMENT when the rule names a field that is not there or cannot be there.
  static absl::StatusOr<Binding> Make(const google::protobuf::Descriptor& request, const HttpRule& rule,
                                      const PathTemplate& path, Options options);

  bool takes_body() const { return body_ != Body::kNone; }
  // The body is bytes of any media type, not JSON.
  bool takes_raw_body() const { return raw_body_; }

  // Where a request gives a field, from the field's path in the message (tomada/status.h): "usuario.nome" is {"body",
  // "nome"} when `usuario` is the body.
  struct Location {
    std::string_view part;  // "path", "query" or "body"
    std::string_view field;
  };
  Location LocationOf(std::string_view field) const;

  // Fills `message`, a new one of the request's type. INVALID_ARGUMENT names the field (tomada/status.h) and never
  // repeats a value. With an empty body, the fields that it would set stay unset.
  absl::Status Bind(const std::vector<std::string>& path_values, const QueryParameters& query, const Content& body,
                    google::protobuf::Message* message) const;

 private:
  enum class Body { kNone, kAll, kField };

  absl::Status FindPathFields(const google::protobuf::Descriptor& request, const PathTemplate& path);
  absl::Status FindBody(const google::protobuf::Descriptor& request, const HttpRule& rule);
  // INVALID_ARGUMENT when path variables and the body field are members of one oneof: every request would fail.
  absl::Status CheckOneofs() const;
  // `present` receives the field mask of a JSON body, where one is needed.
  absl::Status BindBody(const Content& body, std::vector<std::string>& present,
                        google::protobuf::Message* message) const;
  void BindRawBody(const Content& body, google::protobuf::Message* message) const;
  absl::Status BindQuery(const QueryParameters& query, google::protobuf::Message* message) const;
  absl::Status BindPath(const std::vector<std::string>& values, google::protobuf::Message* message) const;
  absl::Status Set(const FieldPath& field, std::string_view value, google::protobuf::Message* message) const;
  void FillMask(const std::vector<std::string>& present, google::protobuf::Message* message) const;
  bool GivenByPath(const FieldPath& field) const;

  Options options_;
  std::vector<FieldPath> path_fields_;
  Body body_ = Body::kNone;
  const google::protobuf::FieldDescriptor* body_field_ = nullptr;
  bool raw_body_ = false;
  // On PATCH, the mask of the body field.
  const google::protobuf::FieldDescriptor* mask_field_ = nullptr;
};

}  // namespace tomada::pistache_http
