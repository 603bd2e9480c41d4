// A writer of JSON.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "json/quoted.h"

namespace tomada::pistache_http {

class JsonWriter {
 public:
  explicit JsonWriter(std::string* out) : out_(*out) {}

  // `write` writes the members, each a Key and a value, or the elements.
  template <class Write>
  void Object(Write write) {
    Nest('{', '}', write);
  }
  template <class Write>
  void Array(Write write) {
    Nest('[', ']', write);
  }

  // The next object begins with these members.
  void BeginNextWith(std::function<void()> members) { beginning_ = std::move(members); }

  JsonWriter& Key(std::string_view name) {
    Separate();
    json::AppendQuoted(name, &out_);
    out_ += ':';
    after_key_ = true;
    return *this;
  }
  void String(std::string_view text) {
    Separate();
    json::AppendQuoted(text, &out_);
  }
  // `json` is the text of one value.
  void Json(std::string_view json) {
    Separate();
    out_ += json;
  }
  void Bool(bool value) {
    Separate();
    out_ += value ? "true" : "false";
  }

 private:
  void Separate() {
    if (!std::exchange(after_key_, false) && !first_) out_ += ',';
    first_ = false;
  }
  template <class Write>
  void Nest(char open, char close, Write write) {
    Separate();
    out_ += open;
    first_ = true;
    if (auto beginning = std::exchange(beginning_, nullptr)) beginning();
    write();
    out_ += close;
    first_ = false;
  }

  std::string& out_;
  std::function<void()> beginning_;
  bool first_ = true;
  bool after_key_ = false;
};

}  // namespace tomada::pistache_http
