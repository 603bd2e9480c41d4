#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>

namespace tomada::json {

// The path of a value in a message, for errors and field masks: a linked list on the stack of whoever walks through the
// message. Refers to its parent and to the name, which must outlive it. Text is made of it only when it is needed.
class Path {
 public:
  explicit Path(std::string_view prefix) : Path(nullptr, Kind::kPrefix, prefix, 0) {}

  Path Field(const google::protobuf::FieldDescriptor& field) const {
    return Path(this, field.is_extension() ? Kind::kExtension : Kind::kField,
                field.is_extension() ? field.full_name() : field.name(), 0);
  }
  // An unknown field, with the name in the input: `usuario.nope`, or `usuario["no.pe"]` when it is no identifier.
  Path Unknown(std::string_view name) const {
    return Path(this, IsIdentifier(name) ? Kind::kField : Kind::kKey, name, 0);
  }
  Path Element(int index) const { return Path(this, Kind::kElement, {}, index); }
  Path Key(std::string_view key) const { return Path(this, Kind::kKey, key, 0); }

  // `usuario.tags[2]`, `labels["x"]`; map keys shortened as Printable() does.
  std::string ToString() const;
  // The names of the fields from below `root` on, joined by dots; empty when an extension is among them.
  std::string MaskPath(const Path& root) const;

 private:
  static bool IsIdentifier(std::string_view name);

  enum class Kind { kPrefix, kField, kExtension, kElement, kKey };
  Path(const Path* parent, Kind kind, std::string_view name, int index)
      : parent_(parent), kind_(kind), index_(index), name_(name) {}

  const Path* parent_;
  Kind kind_;
  int index_;
  std::string_view name_;
};

// The first 64 characters of a name from the input, with "..." for the rest and '?' for characters that are not
// printable ASCII or would end a quotation.
std::string Printable(std::string_view name);

}  // namespace tomada::json
