#include "json/parse.h"

#include "json/field_mask.h"
#include "json/path.h"
#include "json/reader.h"
#include "json/scalar.h"
#include "json/well_known.h"
#include "tomada/status.h"

namespace tomada::json {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status Violation(const Path& path, std::string description) {
  FieldViolations violations;
  violations.Add(path.ToString(), std::move(description));
  return violations.ToStatus();
}

// ParseScalar for a message that has the form of a single value.
bool SetMessage(const Slot& slot, std::string_view text) {
  Form form = FormOf(*slot.field().message_type());
  if (form == Form::kFieldMask) return SetFieldMask(text, MaskNames::kEither, slot.Mutable());
  if (IsText(form)) return SetWellKnownText(form, text, slot.Mutable());
  if (form != Form::kWrapper) return false;
  Message* wrapper = slot.Mutable();
  return SetScalar(Slot(wrapper, slot.field().message_type()->FindFieldByNumber(1)), text);
}

std::string ExpectedText(const FieldDescriptor& field) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return Expected(field);
  Form form = FormOf(*field.message_type());
  if (IsText(form)) return std::string(Expected(form));
  if (form == Form::kWrapper) return Expected(*field.message_type()->FindFieldByNumber(1));
  return "cannot be given as a single value";
}

}  // namespace

absl::Status Parse(std::string_view text, Message* message, const ParseOptions& options) {
  Reader reader(text, options);
  Path root(options.path);
  const Descriptor& type = *message->GetDescriptor();
  if (options.present_paths != nullptr && FormOf(type) == Form::kObject) reader.CollectPaths(&root);
  if (!reader.ReadMessage(message, type, root) || !reader.ReadEnd(root)) return reader.status();
  return options.allow_partial ? absl::OkStatus() : CheckRequired(*message, options.path);
}

absl::Status ParseField(std::string_view text, Message* message, const FieldDescriptor* field,
                        const ParseOptions& options) {
  Reader reader(text, options);
  Path root(options.path);
  Path path = root.Field(*field);
  if (options.present_paths != nullptr && HoldsObject(*field)) reader.CollectPaths(&path);
  if (!reader.ReadField(Slot(message, field), path) || !reader.ReadEnd(path)) return reader.status();
  return absl::OkStatus();
}

absl::Status ParseScalar(std::string_view text, Message* message, const FieldDescriptor* field,
                         const ParseOptions& options) {
  Slot slot(message, field);
  bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (is_message ? SetMessage(slot, text) : SetScalar(slot, text)) return absl::OkStatus();
  return Violation(Path(options.path).Field(*field), ExpectedText(*field));
}

absl::Status CheckRequired(const Message& message, std::string_view path) {
  if (message.IsInitialized()) return absl::OkStatus();
  std::vector<std::string> missing;
  message.FindInitializationErrors(&missing);
  FieldViolations violations;
  for (const std::string& name : missing) {
    violations.Add(path.empty() ? name : std::string(path) + '.' + name, "is required");
  }
  return violations.ToStatus();
}

}  // namespace tomada::json
