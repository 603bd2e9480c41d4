#include "openapi/error_model.h"

#include <google/rpc/status.pb.h>

#include "tomada/status.h"
#include "transcode/content_types.h"

namespace tomada::pistache_http {
namespace {

// FastAPI's names, which clients generated from its documents know.
constexpr std::string_view kWrongFields = "HTTPValidationError";
constexpr std::string_view kWrongField = "ValidationError";

absl::Status WrongField() {
  FieldViolations violations;
  violations.Add("field", "what would be right");
  return violations.ToStatus();
}

std::string SchemaOf(std::string_view name) { return std::string("#/components/schemas/").append(name); }

}  // namespace

void ErrorModel::WriteReferences() {
  auto refer = [this](std::string_view status, const std::string& name) {
    writer_.Key(status).Object([&] { writer_.Key("$ref").String("#/components/responses/" + name); });
  };
  if (shape_ == ErrorShape::kFastApi) refer("422", "WrongFields");
  refer("default", "Error");
}

void ErrorModel::WriteResponses() {
  if (shape_ == ErrorShape::kStatus) {
    return WriteResponse(
        "Error",
        "The call failed. `code` is a gRPC code and decides the HTTP status. Each of `details` has its "
        "`@type`, such as google.rpc.BadRequest, which names the fields that are wrong.",
        WrongField(), [this] { schemas_.WriteMessage(*google::rpc::Status::descriptor()); });
  }
  WriteResponse("WrongFields", "Fields are wrong.", WrongField(),
                [this] { writer_.Object([&] { writer_.Key("$ref").String(SchemaOf(kWrongFields)); }); });
  WriteResponse("Error", "The call failed.", absl::NotFoundError("what went wrong"), [this] {
    writer_.Object([&] {
      writer_.Key("type").String("object");
      writer_.Key("properties").Object([&] {
        writer_.Key("detail").Object([&] { writer_.Key("type").String("string"); });
      });
    });
  });
}

template <class WriteSchema>
void ErrorModel::WriteResponse(std::string_view name, std::string_view description, const absl::Status& example,
                               WriteSchema write_schema) {
  writer_.Key(name).Object([&] {
    writer_.Key("description").String(description);
    writer_.Key("content").Object([&] {
      writer_.Key(kJson).Object([&] {
        writer_.Key("schema");
        write_schema();
        std::string body;
        AppendError(example, shape_, nullptr, &body);
        writer_.Key("example").Json(body);
      });
    });
  });
}

void ErrorModel::WriteSchemas() {
  if (shape_ != ErrorShape::kFastApi) return;
  writer_.Key(kWrongFields).Object([&] {
    writer_.Key("type").String("object");
    writer_.Key("properties").Object([&] {
      writer_.Key("detail").Object([&] {
        writer_.Key("type").String("array");
        writer_.Key("items").Object([&] { writer_.Key("$ref").String(SchemaOf(kWrongField)); });
      });
    });
  });
  writer_.Key(kWrongField).Object([&] { WriteValidationError(); });
}

void ErrorModel::WriteValidationError() {
  auto text = [this](std::string_view name) {
    writer_.Key(name).Object([&] { writer_.Key("type").String("string"); });
  };
  writer_.Key("type").String("object");
  writer_.Key("required").Array([&] {
    for (std::string_view name : {"loc", "msg", "type"}) writer_.String(name);
  });
  writer_.Key("properties").Object([&] {
    writer_.Key("loc").Object([&] {
      writer_.Key("description").String("`body`, `query` or `path`, and the way from there.");
      writer_.Key("type").String("array");
      writer_.Key("items").Object([&] {
        writer_.Key("type").Array([&] {
          for (std::string_view type : {"string", "integer"}) writer_.String(type);
        });
      });
    });
    text("msg");
    text("type");
  });
}

}  // namespace tomada::pistache_http
