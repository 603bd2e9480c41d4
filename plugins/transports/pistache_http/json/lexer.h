// The tokens of RFC 8259, pulled one at a time from a text that outlives the lexer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tomada::json {

class Lexer {
 public:
  explicit Lexer(std::string_view text) : begin_(text.data()), p_(begin_), end_(begin_ + text.size()) {}

  // The first character of the next token, which stays there; NUL, which begins no token, at the end.
  char Peek();
  // Whether there is nothing left but white space.
  bool AtEnd();
  // Takes the next token if it is this punctuation mark or this word (true, false, null).
  bool Consume(char mark);
  bool Consume(std::string_view word);

  // These return false, and error() says why, when the next token is not one. A string is unescaped, checked to be
  // UTF-8, and valid until the next string is read; a number is given as it is written.
  bool ReadString(std::string_view* value);
  bool ReadNumber(std::string_view* value);
  // The name of a member and the colon after it.
  bool ReadName(std::string_view* name);
  // Reads over one value of any kind, with at most `max_depth` objects and arrays inside one another.
  bool SkipValue(int max_depth);

  // What was expected or is wrong at the place where reading stopped. Holds no text from the input.
  const char* error() const { return error_; }
  // Where reading goes on, or stopped.
  const char* place() const { return p_; }
  // A place as "line 3, column 14", counted from 1, columns in characters.
  std::string Position(const char* place) const;

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
