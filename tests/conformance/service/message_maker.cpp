#include "conformance/service/message_maker.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

#include "tomada/proto_comments.h"

namespace tomada::testing {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;
using pb::Message;

constexpr size_t kMostWords = 200, kLastWords = 8;
constexpr int kDeepest = 4;

// Of every number, whichever type it is put into.
constexpr int64_t kNumbers[] = {0,
                                1,
                                -1,
                                7,
                                std::numeric_limits<int32_t>::max(),
                                std::numeric_limits<int32_t>::min(),
                                std::numeric_limits<int64_t>::max(),
                                std::numeric_limits<int64_t>::min()};
const double kFractions[] = {-0.0, 1e308, std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()};

const std::vector<std::string>& TextsFor(const Field& field) {
  static const std::vector<std::string> texts = {"",
                                                 " ",
                                                 "a",
                                                 "1",
                                                 "-1",
                                                 "*",
                                                 "{}",
                                                 "a.b",
                                                 "a.b,c_d",
                                                 "ana@example.com",
                                                 "a\r\nb: c",
                                                 "S\xC3\xA3o \xF0\x9F\x91\x8B",
                                                 "2030-01-02T03:04:05Z",
                                                 "https://example.com/a?b=%00#c",
                                                 "../../etc/passwd",
                                                 std::string("a\0b", 3),
                                                 std::string(64 << 10, 'x')};
  static const std::vector<std::string> bytes = {"", "a", std::string("\xff\x00\xfe", 3), std::string(64 << 10, 'x')};
  return field.type() == Field::TYPE_BYTES ? bytes : texts;
}

// Adds to a repeated field, else sets.
#define PUT(Type, value) \
  (field.is_repeated() ? reflection.Add##Type(&message, &field, value) : reflection.Set##Type(&message, &field, value))

void PutNumber(Message& message, const Field& field, int64_t number) {
  const pb::Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case Field::CPPTYPE_INT32: return PUT(Int32, static_cast<int32_t>(number));
    case Field::CPPTYPE_INT64: return PUT(Int64, number);
    case Field::CPPTYPE_UINT32: return PUT(UInt32, static_cast<uint32_t>(number));
    case Field::CPPTYPE_UINT64: return PUT(UInt64, static_cast<uint64_t>(number));
    case Field::CPPTYPE_FLOAT: return PUT(Float, static_cast<float>(number));
    case Field::CPPTYPE_DOUBLE: return PUT(Double, static_cast<double>(number));
    case Field::CPPTYPE_BOOL: return PUT(Bool, number != 0);
    case Field::CPPTYPE_ENUM: {
      const pb::EnumDescriptor& type = *field.enum_type();
      const bool open = field.file()->syntax() == pb::FileDescriptor::SYNTAX_PROTO3;
      const int value = open || type.FindValueByNumber(static_cast<int>(number)) != nullptr ? static_cast<int>(number)
                                                                                            : type.value(0)->number();
      return PUT(EnumValue, value);
    }
    default: return;
  }
}

void PutText(Message& message, const Field& field, const std::string& text) {
  const pb::Reflection& reflection = *message.GetReflection();
  PUT(String, text);
}

#undef PUT

void PutFraction(Message& message, const Field& field, double value) {
  const pb::Reflection& reflection = *message.GetReflection();
  if (field.cpp_type() == Field::CPPTYPE_FLOAT) {
    const auto number = static_cast<float>(value);
    field.is_repeated() ? reflection.AddFloat(&message, &field, number) : reflection.SetFloat(&message, &field, number);
  } else {
    field.is_repeated() ? reflection.AddDouble(&message, &field, value) : reflection.SetDouble(&message, &field, value);
  }
}

Message& Inside(Message& message, const Field& field) {
  const pb::Reflection& reflection = *message.GetReflection();
  return *(field.is_repeated() ? reflection.AddMessage(&message, &field) : reflection.MutableMessage(&message, &field));
}

bool IsFraction(const Field& field) {
  return field.cpp_type() == Field::CPPTYPE_FLOAT || field.cpp_type() == Field::CPPTYPE_DOUBLE;
}

}  // namespace

void MessageMaker::LearnExamples(const pb::FileDescriptor& file) {
  constexpr std::string_view kExample = "Example: ";
  const pb::FileDescriptorProto told = WithComments(file);
  for (const auto& location : told.source_code_info().location()) {
    const std::string text = location.leading_comments() + location.trailing_comments();
    for (size_t at = 0; (at = text.find(kExample, at)) != text.npos;) {
      at += kExample.size();
      std::string word = text.substr(at, text.find('\n', at) - at);
      if (word.size() > 1 && word.front() == '"' && word.back() == '"') word = word.substr(1, word.size() - 2);
      AddWord(std::move(word));
    }
  }
}

void MessageMaker::Learn(const Message& message) {
  const pb::Reflection& reflection = *message.GetReflection();
  std::vector<const Field*> set;
  reflection.ListFields(message, &set);
  for (const Field* field : set) {
    const int count = field->is_repeated() ? std::min(reflection.FieldSize(message, field), 4) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->type() == Field::TYPE_STRING) {
        AddWord(field->is_repeated() ? reflection.GetRepeatedString(message, field, i)
                                     : reflection.GetString(message, field));
      } else if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
        Learn(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                   : reflection.GetMessage(message, field));
      }
    }
  }
}

void MessageMaker::AddWord(std::string word) {
  if (word.size() > 256) return;
  if (auto known = std::ranges::find(words_, word); known != words_.end()) words_.erase(known);
  if (words_.size() < kMostWords) words_.push_back(std::move(word));  // the last is what is new
}

bool MessageMaker::SetEdge(Message& message, const Field& field, size_t edge) {
  if (field.cpp_type() == Field::CPPTYPE_MESSAGE) {
    if (edge == 0) Inside(message, field);
    return edge == 0;
  }
  if (field.cpp_type() == Field::CPPTYPE_STRING) {
    const std::vector<std::string>& texts = TextsFor(field);
    if (edge < texts.size()) PutText(message, field, texts[edge]);
    return edge < texts.size();
  }
  if (edge < std::size(kNumbers)) {
    PutNumber(message, field, kNumbers[edge]);
    return true;
  }
  if (!IsFraction(field) || edge >= std::size(kNumbers) + std::size(kFractions)) return false;
  PutFraction(message, field, kFractions[edge - std::size(kNumbers)]);
  return true;
}

std::vector<std::string> MessageMaker::Edges(const Message& like) {
  std::vector<std::string> made = {""};
  const std::unique_ptr<Message> strange(like.New());
  strange->CopyFrom(like);
  strange->GetReflection()->MutableUnknownFields(strange.get())->AddVarint(100'000, 7);
  made.push_back(strange->SerializePartialAsString());
  AddEdges(
      like, [](Message& whole) -> Message& { return whole; }, *like.GetDescriptor(), 0, made);
  return made;
}

void MessageMaker::AddEdges(const Message& like, const Reach& reach, const pb::Descriptor& into, int depth,
                            std::vector<std::string>& made) {
  for (int i = 0; i < into.field_count(); ++i) {
    const Field& field = *into.field(i);
    for (size_t edge = 0;; ++edge) {
      const std::unique_ptr<Message> message(like.New());
      message->CopyFrom(like);
      if (!SetEdge(reach(*message), field, edge)) break;
      made.push_back(message->SerializePartialAsString());
    }
    if (field.message_type() == nullptr || depth >= 2) continue;  // types may hold themselves
    AddEdges(
        like, [&](Message& whole) -> Message& { return Inside(reach(whole), field); }, *field.message_type(), depth + 1,
        made);
  }
}

void MessageMaker::SetAny(Message& message, const Field& field, int depth) {
  if (field.cpp_type() == Field::CPPTYPE_MESSAGE) {
    if (depth < kDeepest) Fill(Inside(message, field), depth + 1);
  } else if (field.cpp_type() == Field::CPPTYPE_STRING) {
    // What the service's own file gives and what was answered last are what gets furthest.
    const std::vector<std::string>& from = !words_.empty() && random_() % 3 != 0 ? words_ : TextsFor(field);
    const size_t last = random_() % 2 == 0 ? std::min(from.size(), kLastWords) : from.size();
    PutText(message, field, from[from.size() - 1 - random_() % last]);
  } else {
    PutNumber(message, field, kNumbers[random_() % std::size(kNumbers)]);
  }
}

void MessageMaker::Fill(Message& message, int depth) {
  const pb::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    if (random_() % 3 == 0) continue;
    const Field& field = *type.field(i);
    for (size_t count = field.is_repeated() ? random_() % 4 : 1; count > 0; --count) SetAny(message, field, depth);
  }
}

std::string MessageMaker::Random(const Message& prototype) {
  const std::unique_ptr<Message> message(prototype.New());
  Fill(*message, 0);
  return message->SerializePartialAsString();
}

}  // namespace tomada::testing
