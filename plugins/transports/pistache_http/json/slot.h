#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <utility>

namespace tomada::json {

// Where one value goes: a singular field, or one more element of a repeated field. Set() must be called with the C++
// type of the field.
class Slot {
 public:
  using FieldDescriptor = google::protobuf::FieldDescriptor;
  using Message = google::protobuf::Message;
  using Reflection = google::protobuf::Reflection;

  Slot(Message* message, const FieldDescriptor* field) : Slot(message, message->GetReflection(), field) {}
  // The reflection is that of the message; asking for it once for all fields saves time.
  Slot(Message* message, const Reflection* reflection, const FieldDescriptor* field)
      : message_(message), reflection_(reflection), field_(field) {}

  const FieldDescriptor& field() const { return *field_; }

  void Set(bool value) const { Use(&Reflection::SetBool, &Reflection::AddBool, value); }
  void Set(int32_t value) const { Use(&Reflection::SetInt32, &Reflection::AddInt32, value); }
  void Set(int64_t value) const { Use(&Reflection::SetInt64, &Reflection::AddInt64, value); }
  void Set(uint32_t value) const { Use(&Reflection::SetUInt32, &Reflection::AddUInt32, value); }
  void Set(uint64_t value) const { Use(&Reflection::SetUInt64, &Reflection::AddUInt64, value); }
  void Set(float value) const { Use(&Reflection::SetFloat, &Reflection::AddFloat, value); }
  void Set(double value) const { Use(&Reflection::SetDouble, &Reflection::AddDouble, value); }
  void Set(std::string value) const { Use(&Reflection::SetString, &Reflection::AddString, std::move(value)); }
  void SetEnum(int number) const { Use(&Reflection::SetEnumValue, &Reflection::AddEnumValue, number); }

  // The message of a singular field, made when there is none, or a new element.
  Message* Mutable() const {
    return field_->is_repeated() ? reflection_->AddMessage(message_, field_)
                                 : reflection_->MutableMessage(message_, field_);
  }

  // For repeated fields and maps.
  int Size() const { return reflection_->FieldSize(*message_, field_); }
  void RemoveLast() const { reflection_->RemoveLast(message_, field_); }
  const Message& message() const { return *message_; }

 private:
  template <typename Setter, typename Value>
  void Use(Setter set, Setter add, Value value) const {
    (reflection_->*(field_->is_repeated() ? add : set))(message_, field_, std::move(value));
  }

  Message* message_;
  const Reflection* reflection_;
  const FieldDescriptor* field_;
};

}  // namespace tomada::json
