#include "openapi/schemas.h"

#include <google/protobuf/descriptor.pb.h>

#include "json/well_known.h"

namespace tomada::pistache_http {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

void Schemas::Type(std::string_view type, std::string_view format) {
  writer_.Object([&] {
    writer_.Key("type").String(type);
    if (!format.empty()) writer_.Key("format").String(format);
  });
}

void Schemas::Pattern(std::string_view pattern) {
  writer_.Object([&] {
    writer_.Key("type").String("string");
    writer_.Key("pattern").String(pattern);
  });
}

void Schemas::WriteField(const FieldDescriptor& field) {
  if (!field.is_repeated()) return WriteSingle(field);
  writer_.Object([&] {
    writer_.Key("type").String(field.is_map() ? "object" : "array");
    writer_.Key(field.is_map() ? "additionalProperties" : "items");
    WriteSingle(field.is_map() ? *field.message_type()->map_value() : field);
  });
}

void Schemas::WriteParameter(const FieldDescriptor& field) {
  // With contentEncoding, Swagger UI would ask for a file.
  if (field.type() == FieldDescriptor::TYPE_BYTES && !field.is_repeated()) return Pattern("^[-A-Za-z0-9+/_]*=*$");
  WriteField(field);
}

void Schemas::WriteSingle(const FieldDescriptor& field) {
  if (field.message_type() != nullptr) return WriteMessage(*field.message_type());
  if (field.enum_type() != nullptr) return WriteEnum(*field.enum_type());
  WriteScalar(field);
}

void Schemas::WriteScalar(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return Type("integer", "int32");
    case FieldDescriptor::CPPTYPE_UINT32: return Type("integer", "uint32");
    case FieldDescriptor::CPPTYPE_INT64: return Type("string", "int64");
    case FieldDescriptor::CPPTYPE_UINT64: return Type("string", "uint64");
    case FieldDescriptor::CPPTYPE_FLOAT: return Type("number", "float");
    case FieldDescriptor::CPPTYPE_DOUBLE: return Type("number", "double");
    case FieldDescriptor::CPPTYPE_BOOL: return Type("boolean");
    default: break;
  }
  if (field.type() != FieldDescriptor::TYPE_BYTES) return Type("string");
  writer_.Object([&] {
    writer_.Key("type").String("string");
    writer_.Key("contentEncoding").String("base64");
  });
}

void Schemas::WriteEnum(const EnumDescriptor& type) {
  if (type.full_name() == "google.protobuf.NullValue") return Type("null");
  writer_.Object([&] {
    writer_.Key("type").String("string");
    writer_.Key("enum").Array([&] {
      for (int i = 0; i < type.value_count(); ++i) writer_.String(type.value(i)->name());
    });
  });
}

void Schemas::WriteMessage(const Descriptor& type) {
  switch (json::FormOf(type)) {
    case json::Form::kWrapper: return WriteScalar(*type.FindFieldByNumber(1));
    case json::Form::kTimestamp: return Type("string", "date-time");
    case json::Form::kDuration: return Pattern("^-?[0-9]+(\\.[0-9]{1,9})?s$");
    case json::Form::kFieldMask: return Type("string");
    case json::Form::kStruct: return Type("object");
    case json::Form::kListValue:
      return writer_.Object([&] {
        writer_.Key("type").String("array");
        writer_.Key("items").Object([] {});
      });
    case json::Form::kValue: return writer_.Object([] {});
    case json::Form::kAny:
    case json::Form::kObject: break;
  }
  if (referred_.insert(type.full_name()).second) pending_.push_back(&type);
  writer_.Object([&] { writer_.Key("$ref").String("#/components/schemas/" + type.full_name()); });
}

void Schemas::WriteReferred() {
  while (!pending_.empty()) {
    const Descriptor* type = pending_.front();
    pending_.pop_front();
    writer_.Key(type->full_name());
    WriteObject(*type);
  }
}

void Schemas::WriteObject(const Descriptor& type) {
  writer_.Object([&] {
    writer_.Key("type").String("object");
    if (std::string comment = comments_.Of(type); !comment.empty()) writer_.Key("description").String(comment);
    if (json::FormOf(type) == json::Form::kAny) {
      writer_.Key("properties").Object([&] {
        writer_.Key("@type");
        Type("string");
      });
      writer_.Key("additionalProperties").Bool(true);
      return;
    }
    writer_.Key("properties").Object([&] {
      for (int i = 0; i < type.field_count(); ++i) {
        WriteProperty(*type.field(i));
      }
    });
  });
}

void Schemas::WriteProperty(const FieldDescriptor& field) {
  writer_.Key(NameOf(field));
  writer_.BeginNextWith([this, &field] {
    const FieldComment comment = comments_.Of(field);
    if (!comment.text.empty()) writer_.Key("description").String(comment.text);
    if (std::string example = examples_.GivenFor(field); !example.empty()) {
      writer_.Key("examples").Array([&] { writer_.Json(example); });
    }
    if (comment.output_only) writer_.Key("readOnly").Bool(true);
    if (comment.input_only) writer_.Key("writeOnly").Bool(true);
    if (field.options().deprecated()) writer_.Key("deprecated").Bool(true);
  });
  WriteField(field);
}

}  // namespace tomada::pistache_http
