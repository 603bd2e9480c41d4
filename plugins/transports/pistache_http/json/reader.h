#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "json/lexer.h"
#include "json/parse.h"
#include "json/path.h"
#include "json/slot.h"
#include "tomada/status.h"

namespace tomada::json {

// Reads one JSON text straight into messages. Each Read function takes one value; when it returns false, the reader
// holds the error and is not used further.
class Reader {
 public:
  // `options` must outlive the reader.
  Reader(std::string_view text, const ParseOptions& options) : options_(options), lexer_(text) {}

  // `type` is the type of `message`.
  bool ReadMessage(google::protobuf::Message* message, const google::protobuf::Descriptor& type, const Path& path);
  // A whole field of any kind; `null` leaves it unset.
  bool ReadField(const Slot& field, const Path& path);
  // Nothing but white space may be left.
  bool ReadEnd(const Path& path);

  // Adds the keys of the next value, whose path is `root`, to options.present_paths.
  void CollectPaths(const Path* root) { mask_root_ = root; }

  absl::Status status() const { return violations_.ToStatus(); }

 private:
  using Message = google::protobuf::Message;
  using Descriptor = google::protobuf::Descriptor;

  // reader.cpp: messages, fields, scalars
  bool ReadFields(Message* message, const Descriptor& type, const Path& path, bool in_any = false);
  bool ReadUnknown(std::string_view name, const Path& path);
  bool ReadMaskedField(const Slot& field, const Path& path);
  bool ReadRepeated(const Slot& list, const Path& path);
  bool ReadMap(const Slot& map, const Path& path);
  bool ReadMapEntry(std::string_view key, const Slot& map, const Path& path);
  bool ReadValue(const Slot& slot, const Path& path);
  bool ReadScalar(const Slot& slot, const Path& path);
  bool ReadText(const Slot& slot, const Path& path);
  bool ReadNumber(const Slot& slot, const Path& path);
  bool ReadEnum(const Slot& slot, const Path& path);
  bool NextIsUnset(const google::protobuf::FieldDescriptor& field);

  // reader_well_known.cpp: types with a form of their own
  bool ReadValueForm(Message* value, const Descriptor& type, const Path& path);
  bool ReadAny(Message* any, const Path& path);
  bool ReadTypeUrl(bool* read_before, const Path& path);
  bool ReadAnyPayload(Message* payload, const Descriptor& type, const Path& path);
  bool FindTypeUrl(std::string* type_url, const Path& path);

  // Calls `on_member(name)` for each member, to read its value. The name lives until the next string is read.
  template <typename OnMember>
  bool ReadObject(const Path& path, OnMember on_member);

  // Remembers the position of the next token for Fail().
  char Mark();
  // Counts one more message around the next value; false, with the error, at the limit. The caller counts it off again,
  // except after an error.
  bool Enter(const Path& path);
  // How many levels of JSON may follow in a value of unknown type: a message in a list is two.
  int DepthLeft() const { return 2 * (options_.max_depth - depth_) + 1; }
  bool Fail(const Path& path, std::string_view description);
  bool FailSyntax(const Path& path, std::string_view description);
  bool FailSyntax(const Path& path) { return FailSyntax(path, lexer_.error()); }

  const ParseOptions& options_;
  Lexer lexer_;
  const char* mark_ = nullptr;
  int depth_ = 0;  // messages around the next value, but for the outermost
  int any_depth_ = 0;
  // The last enum read had an unknown name, and was left unset.
  bool enum_ignored_ = false;
  const Path* mask_root_ = nullptr;
  FieldViolations violations_;
};

template <typename OnMember>
bool Reader::ReadObject(const Path& path, OnMember on_member) {
  if (Mark() != '{') return Fail(path, "expected an object");
  lexer_.Consume('{');
  if (!lexer_.Consume('}')) {
    do {
      Mark();
      std::string_view name;
      if (!lexer_.ReadName(&name)) return FailSyntax(path);
      if (!on_member(name)) return false;
    } while (lexer_.Consume(','));
    if (!lexer_.Consume('}')) return FailSyntax(path, "expected ',' or '}'");
  }
  return true;
}

}  // namespace tomada::json
