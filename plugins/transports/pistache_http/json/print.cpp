#include "json/print.h"

#include "json/printer.h"

namespace tomada::json {

absl::Status Print(const google::protobuf::Message& message, std::string* out, const PrintOptions& options) {
  Printer printer(options, out);
  printer.PrintMessage(message, *message.GetDescriptor(), Path(""));
  return printer.status();
}

absl::Status PrintField(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field,
                        std::string* out, const PrintOptions& options) {
  FieldOf source(message, field);
  const bool hidden = options.hidden != nullptr && options.hidden->contains(field);
  if (hidden || (field->has_presence() && !source.IsSet())) {
    *out += "null";
    return absl::OkStatus();
  }
  Printer printer(options, out);
  printer.PrintField(source, Path(""));
  return printer.status();
}

}  // namespace tomada::json
