#include "json/print.h"

#include "json/printer.h"

namespace tomada::json {

void Print(const google::protobuf::Message& message, std::string* out, const PrintOptions& options) {
  Printer(options, out).PrintMessage(message, *message.GetDescriptor());
}

void PrintField(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field,
                std::string* out, const PrintOptions& options) {
  FieldOf source(message, field);
  if (field->has_presence() && !source.IsSet()) {
    *out += "null";
    return;
  }
  Printer(options, out).PrintField(source);
}

}  // namespace tomada::json
