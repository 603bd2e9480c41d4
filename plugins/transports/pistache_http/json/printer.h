#pragma once

#include <absl/status/status.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

#include "json/path.h"
#include "json/print.h"

namespace tomada::json {

// A field of a message, with the message's reflection: asking for that once for all fields saves time.
struct FieldOf {
  FieldOf(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field)
      : FieldOf(message, *message.GetReflection(), *field) {}
  FieldOf(const google::protobuf::Message& message, const google::protobuf::Reflection& reflection,
          const google::protobuf::FieldDescriptor& field)
      : message(message), reflection(reflection), field(field) {}

  bool IsSet() const { return reflection.HasField(message, &field); }
  // For repeated fields and maps.
  int Size() const { return reflection.FieldSize(message, &field); }

  const google::protobuf::Message& message;
  const google::protobuf::Reflection& reflection;
  const google::protobuf::FieldDescriptor& field;
};

// Writes values straight into a string. `options` and `out` must outlive the printer. Paths are where the value stands;
// only messages have one, as no scalar can fail.
class Printer {
 public:
  Printer(const PrintOptions& options, std::string* out) : options_(options), out_(*out) {}

  // `type` is the message's.
  void PrintMessage(const google::protobuf::Message& message, const google::protobuf::Descriptor& type,
                    const Path& path);
  // The value of a field of any kind, set or not. `path` is the message's.
  void PrintField(const FieldOf& source, const Path& path);

  // As print.h has it; the text is of use only when it is OK.
  const absl::Status& status() const { return status_; }

 private:
  using Message = google::protobuf::Message;
  using Descriptor = google::protobuf::Descriptor;
  using FieldDescriptor = google::protobuf::FieldDescriptor;

  // Members as `"name":value`, each with a comma in front when `comma` is set or another one was printed.
  void PrintMembers(const Message& message, const Descriptor& type, const Path& path, bool comma);
  void PrintExtensions(const Message& message, const Path& path, bool comma);
  bool IsPrinted(const FieldOf& source) const;

  void PrintRepeated(const FieldOf& source, const Path& path);
  void PrintMessages(const FieldOf& source, const Path& path);
  void PrintMap(const FieldOf& source, const Path& path);
  // Anything but messages.
  void PrintScalar(const FieldOf& source);
  void PrintElement(const FieldOf& source, int index);
  void PrintEnum(const FieldDescriptor& field, int number);
  void PrintString(const FieldDescriptor& field, const std::string& value);
  template <typename Float>
  void PrintFloat(Float value);
  template <typename Int>
  void PrintQuotedInteger(Int value);

  void PrintAny(const Message& any, const Path& path);
  bool PrintKnownAny(const Message& any, const std::string& type_url, const Path& path);
  void PrintAnyPayload(const Message& payload, const Descriptor& type, const Path& path);
  void PrintValueForm(const Message& value, const Descriptor& type, const Path& path);
  // In place of a value that has no JSON form.
  void Fail(const Path& path);

  const PrintOptions& options_;
  std::string& out_;
  int any_depth_ = 0;
  absl::Status status_;
};

}  // namespace tomada::json
