// The tokens of RFC 8259, pulled one at a time from a text that outlives the lexer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tomada::json {

class Lexer {
 public:
  explicit Lexer(std::string_view text) : begin_(text.data()), p_(begin_), end_(begin_ + text.size()) {}

  // The first character of the next token, which is not consumed; NUL at the end of the text.
  char Peek();
  // Whether only white space is left.
  bool AtEnd();
  // Consumes the next token if it is this punctuation mark or this word (true, false, null).
  bool Consume(char mark);
  bool Consume(std::string_view word);

  // False when the next token is another one; error() says why. A string is unescaped, valid UTF-8, and lives until the
  // next string is read. A number is the text as it is written.
  bool ReadString(std::string_view* value);
  bool ReadNumber(std::string_view* value);
  // The name of a member and the colon after it.
  bool ReadName(std::string_view* name);
  // Skips one value of any kind, with at most `max_depth` objects and arrays inside one another.
  bool SkipValue(int max_depth);

  // What was expected or is wrong at position(). Holds no text from the input.
  const char* error() const { return error_; }
  // Where reading continues, or failed.
  const char* position() const { return p_; }
  // "line 3, column 14", counted from 1, columns in characters.
  std::string Describe(const char* position) const;

 private:
  bool Fail(const char* error) {
    error_ = error;
    return false;
  }
  bool ReadEscapedString(const char* plain_until, std::string_view* value);
  bool ReadEscape();
  bool ReadUnicodeEscape();
  bool ReadHex4(unsigned* value);
  bool SkipMembers(int max_depth);
  bool SkipElements(int max_depth);

  const char* begin_;
  const char* p_;
  const char* end_;
  const char* error_ = "";
  std::string unescaped_;
};

}  // namespace tomada::json
