#include "openapi/examples.h"

#include <memory>

#include "json/parse.h"
#include "json/print.h"
#include "json/quoted.h"
#include "json/well_known.h"

namespace tomada::pistache_http {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

// Nested messages can make an example larger than anybody reads.
constexpr size_t kMaxDepth = 5;
constexpr int kMaxFields = 200;

struct Examples::Purpose {
  bool request;
  Fields elsewhere = {};
  std::set<const Descriptor*> within = {};
  int room = kMaxFields;
};

namespace {

std::string Quoted(std::string_view text) {
  std::string quoted;
  json::AppendQuoted(text, &quoted);
  return quoted;
}

std::string MadeUp(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? R"("Ynl0ZXM=")" : R"("string")";
    case FieldDescriptor::CPPTYPE_BOOL: return "true";
    case FieldDescriptor::CPPTYPE_ENUM:
      // The first is UNSPECIFIED by convention.
      return Quoted(field.enum_type()->value(field.enum_type()->value_count() > 1 ? 1 : 0)->name());
    default: return "1";
  }
}

bool IsAny(const FieldDescriptor& field) {
  return field.message_type() != nullptr && json::FormOf(*field.message_type()) == json::Form::kAny;
}

// Whether another member of its oneof is set, here or elsewhere.
bool IsChosen(const Message& message, const FieldDescriptor& field, const Examples::Fields& elsewhere) {
  const OneofDescriptor* oneof = field.real_containing_oneof();
  if (oneof == nullptr) return false;
  for (int i = 0; i < oneof->field_count(); ++i) {
    if (elsewhere.count(oneof->field(i)) > 0) return true;
  }
  return message.GetReflection()->HasOneof(message, oneof);
}

}  // namespace

std::string Examples::Request(const Descriptor& type, const FieldDescriptor* field, Fields elsewhere) {
  return Print(type, field, Purpose{true, std::move(elsewhere)});
}

std::string Examples::Response(const Descriptor& type, const FieldDescriptor* field) {
  return Print(type, field, Purpose{false});
}

std::string Examples::Of(const FieldDescriptor& field) {
  return Print(*field.containing_type(), &field, Purpose{true});
}

std::string Examples::GivenFor(const FieldDescriptor& field) {
  std::unique_ptr<Message> message(factory_.GetPrototype(field.containing_type())->New());
  std::string text;
  json::PrintOptions options;
  options.proto_names = proto_names_;
  // Whatever was read from JSON can be printed.
  if (SetGiven(message.get(), field)) json::PrintField(*message, &field, &text, options).IgnoreError();
  return text;
}

std::string Examples::Print(const Descriptor& type, const FieldDescriptor* field, Purpose purpose) {
  std::unique_ptr<Message> message(factory_.GetPrototype(&type)->New());
  json::PrintOptions options;
  options.proto_names = proto_names_;
  options.emit_empty_lists = emit_empty_lists_ && !purpose.request;
  std::string text;
  if (field == nullptr) {
    Fill(message.get(), purpose);
    json::Print(*message, &text, options).IgnoreError();
  } else {
    FillField(message.get(), *field, purpose);
    json::PrintField(*message, field, &text, options).IgnoreError();
  }
  return text;
}

void Examples::Fill(Message* message, Purpose& purpose) {
  const Descriptor& type = *message->GetDescriptor();
  switch (json::Form form = json::FormOf(type)) {
    case json::Form::kObject: return FillFields(message, purpose);
    case json::Form::kWrapper: return FillField(message, *type.FindFieldByNumber(1), purpose);
    case json::Form::kValue:
      // Even when there is no room: an empty Value has no JSON form.
      json::ParseField(R"("string")", message, type.FindFieldByName("string_value")).IgnoreError();
      return;
    case json::Form::kTimestamp: json::SetWellKnownText(form, "2026-01-01T12:00:00Z", message); return;
    case json::Form::kDuration: json::SetWellKnownText(form, "1s", message); return;
    case json::Form::kFieldMask:
    case json::Form::kStruct:
    case json::Form::kListValue:
    case json::Form::kAny: return;
  }
}

void Examples::FillFields(Message* message, Purpose& purpose) {
  const Descriptor& type = *message->GetDescriptor();
  const bool only_given = purpose.request && IsGiven(type);
  purpose.within.insert(&type);
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsShown(field, purpose) || (only_given && !IsGiven(field))) continue;
    if (!IsChosen(*message, field, purpose.elsewhere)) FillField(message, field, purpose);
  }
  purpose.within.erase(&type);
}

bool Examples::IsShown(const FieldDescriptor& field, const Purpose& purpose) {
  if (IsAny(field) || purpose.elsewhere.count(&field) > 0) return false;
  const FieldComment comment = comments_.Of(field);
  return purpose.request ? !comment.output_only : !comment.input_only;
}

void Examples::FillField(Message* message, const FieldDescriptor& field, Purpose& purpose) {
  if (--purpose.room < 0 || SetGiven(message, field)) return;
  if (field.message_type() == nullptr) {
    const std::string value = MadeUp(field);
    json::ParseField(field.is_repeated() ? "[" + value + "]" : value, message, &field).IgnoreError();
    return;
  }
  if (purpose.within.count(field.message_type()) > 0 || purpose.within.size() >= kMaxDepth) return;
  const auto& reflection = *message->GetReflection();
  Fill(field.is_repeated() ? reflection.AddMessage(message, &field, &factory_)
                           : reflection.MutableMessage(message, &field, &factory_),
       purpose);
}

bool Examples::SetGiven(Message* message, const FieldDescriptor& field) {
  const std::string given = comments_.Of(field).example;
  if (given.empty()) return false;
  for (const std::string& value : {given, Quoted(given)}) {
    if (json::ParseField(value, message, &field).ok()) return true;
    message->GetReflection()->ClearField(message, &field);
  }
  return false;
}

bool Examples::IsGiven(const FieldDescriptor& field) {
  return !comments_.Of(field).example.empty() || (field.message_type() != nullptr && IsGiven(*field.message_type()));
}

bool Examples::IsGiven(const Descriptor& type) {
  // False until it is known, which ends the recursion of a type that contains itself.
  auto [known, added] = given_.try_emplace(&type, false);
  if (!added) return known->second;
  for (int i = 0; i < type.field_count(); ++i) {
    if (IsGiven(*type.field(i))) return given_[&type] = true;
  }
  return false;
}

}  // namespace tomada::pistache_http
