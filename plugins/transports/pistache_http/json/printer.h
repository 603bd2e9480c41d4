#pragma once

#include <absl/status/status.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <string_view>

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

// Writes values straight into a string. `options` and `out` must outlive the printer. The paths are for errors; scalars
// have none, as they can always be printed.
class Printer {
 public:
  Printer(const PrintOptions& options, std::string* out) : options_(options), out_(*out) {}

  // `type` is the type of `message`.
  void PrintMessage(const google::protobuf::Message& message, const google::protobuf::Descriptor& type,
                    const Path& path);
  // The value of a field of any kind, set or not. `path` is that of the message.
  void PrintField(const FieldOf& source, const Path& path);

  // The first error, as in print.h; the text is complete only when it is OK.
  const absl::Status& status() const { return status_; }

 private:
  using Message = google::protobuf::Message;
  using Descriptor = google::protobuf::Descriptor;
  using FieldDescriptor = google::protobuf::FieldDescriptor;

  // Members as `"name":value`, each with a comma in front when `comma` is set or another one was printed.
  void PrintMembers(const Message& message, const Descriptor& type, const Path& path, bool comma);
  void PrintExtensions(const Message& message, const Path& path, bool comma);
  bool IsPrinted(const FieldOf& source) const;

  // A message inside another.
  void PrintNested(const Message& message, const Descriptor& type, const Path& path);
  // Counts one more message around the next value; false, with the error, at the limit. The caller counts it off again,
  // except after an error.
  bool Enter(const Path& path);
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
  // Remembers the first value that cannot be printed.
  void Fail(const Path& path, std::string_view what);

  const PrintOptions& options_;
  std::string& out_;
  int depth_ = 0;  // messages around the next value, but for the outermost
  int any_depth_ = 0;
  absl::Status status_;
};

}  // namespace tomada::json
