#include "json/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "json/numbers.h"
#include "json/utf8.h"

namespace tomada::json {
namespace {

// Characters that stand for themselves in a string: ASCII but control characters, the quote and the backslash.
constexpr std::array<bool, 256> kUnescaped = [] {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

const char* SkipPlain(const char* p, const char* end) {
  while (p != end && kUnescaped[static_cast<unsigned char>(*p)]) ++p;
  return p;
}

void AppendUtf8(unsigned code_point, std::string* out) {
  auto add = [out](unsigned byte) { *out += static_cast<char>(byte); };
  auto add_tail = [&](int shift) { add(0x80 | (code_point >> shift & 0x3F)); };
  if (code_point < 0x80) {
    add(code_point);
  } else if (code_point < 0x800) {
    add(0xC0 | code_point >> 6);
    add_tail(0);
  } else if (code_point < 0x10000) {
    add(0xE0 | code_point >> 12);
    add_tail(6);
    add_tail(0);
  } else {
    add(0xF0 | code_point >> 18);
    add_tail(12);
    add_tail(6);
    add_tail(0);
  }
}

}  // namespace

char Lexer::Peek() {
  while (p_ != end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\r' || *p_ == '\t')) ++p_;
  return p_ == end_ ? '\0' : *p_;
}

bool Lexer::AtEnd() {
  Peek();
  return p_ == end_;
}

bool Lexer::Consume(char mark) {
  if (Peek() != mark || p_ == end_) return false;
  ++p_;
  return true;
}

bool Lexer::Consume(std::string_view word) {
  if (Peek() != word.front() || std::string_view(p_, end_ - p_).substr(0, word.size()) != word) return false;
  p_ += word.size();
  return true;
}

bool Lexer::ReadString(std::string_view* value) {
  if (!Consume('"')) return Fail("expected a string in double quotes");
  for (const char* scan = p_;;) {
    scan = SkipPlain(scan, end_);
    if (scan != end_ && *scan == '"') {
      *value = std::string_view(p_, scan - p_);
      p_ = scan + 1;
      return true;
    }
    size_t length = scan == end_ || *scan == '\\' ? 0 : Utf8SequenceLength(scan, end_);
    if (length < 2) return ReadEscapedString(scan, value);
    scan += length;
  }
}

// Reads on from `plain_until`, where an escape or a mistake was found; the string is plain up to there.
bool Lexer::ReadEscapedString(const char* plain_until, std::string_view* value) {
  unescaped_.assign(p_, plain_until);
  p_ = plain_until;
  while (p_ != end_ && *p_ != '"') {
    if (*p_ == '\\') {
      ++p_;
      if (!ReadEscape()) return false;
      continue;
    }
    if (static_cast<unsigned char>(*p_) < 0x20) return Fail("a control character in a string must be escaped");
    const char* plain = p_;
    size_t length = Utf8SequenceLength(p_, end_);
    if (length == 0) return Fail("a string must be valid UTF-8");
    p_ = SkipPlain(p_ + length, end_);
    unescaped_.append(plain, p_);
  }
  if (p_ == end_) return Fail("the text ends inside a string");
  ++p_;
  *value = unescaped_;
  return true;
}

bool Lexer::ReadEscape() {
  switch (p_ == end_ ? '\0' : *p_++) {
    case '"': unescaped_ += '"'; return true;
    case '\\': unescaped_ += '\\'; return true;
    case '/': unescaped_ += '/'; return true;
    case 'b': unescaped_ += '\b'; return true;
    case 'f': unescaped_ += '\f'; return true;
    case 'n': unescaped_ += '\n'; return true;
    case 'r': unescaped_ += '\r'; return true;
    case 't': unescaped_ += '\t'; return true;
    case 'u': return ReadUnicodeEscape();
    default: return Fail("unknown escape in a string");
  }
}

bool Lexer::ReadUnicodeEscape() {
  unsigned code_point;
  if (!ReadHex4(&code_point)) return false;
  if (code_point >= 0xD800 && code_point < 0xE000) {
    unsigned low = 0;
    if (code_point >= 0xDC00 || end_ - p_ < 2 || p_[0] != '\\' || p_[1] != 'u')
      return Fail("lone surrogate in a string");
    p_ += 2;
    if (!ReadHex4(&low)) return false;
    if (low < 0xDC00 || low >= 0xE000) return Fail("lone surrogate in a string");
    code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
  }
  AppendUtf8(code_point, &unescaped_);
  return true;
}

bool Lexer::ReadHex4(unsigned* value) {
  if (end_ - p_ < 4) return Fail("expected four hexadecimal digits after \\u");
  *value = 0;
  for (int i = 0; i < 4; ++i) {
    char c = p_[i];
    char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') {
      *value = *value << 4 | static_cast<unsigned>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      *value = *value << 4 | static_cast<unsigned>(lower - 'a' + 10);
    } else {
      return Fail("expected four hexadecimal digits after \\u");
    }
  }
  p_ += 4;
  return true;
}

bool Lexer::ReadNumber(std::string_view* value) {
  Peek();
  const char* number_end = ScanNumber(p_, end_);
  if (number_end == nullptr) return Fail("expected a number");
  *value = std::string_view(p_, number_end - p_);
  p_ = number_end;
  return true;
}

bool Lexer::ReadName(std::string_view* name) {
  if (Peek() != '"') return Fail("expected a name in double quotes");
  if (!ReadString(name)) return false;
  return Consume(':') || Fail("expected ':' after a name");
}

bool Lexer::SkipValue(int max_depth) {
  std::string_view ignored;
  switch (Peek()) {
    case '"': return ReadString(&ignored);
    case '{': return SkipMembers(max_depth);
    case '[': return SkipElements(max_depth);
    case 't': return Consume("true") || Fail("expected a value");
    case 'f': return Consume("false") || Fail("expected a value");
    case 'n': return Consume("null") || Fail("expected a value");
    default: return ReadNumber(&ignored) || Fail("expected a value");
  }
}

bool Lexer::SkipMembers(int max_depth) {
  if (max_depth == 0) return Fail("nested too deep");
  Consume('{');
  if (Consume('}')) return true;
  do {
    std::string_view name;
    if (!ReadName(&name) || !SkipValue(max_depth - 1)) return false;
  } while (Consume(','));
  return Consume('}') || Fail("expected ',' or '}'");
}

bool Lexer::SkipElements(int max_depth) {
  if (max_depth == 0) return Fail("nested too deep");
  Consume('[');
  if (Consume(']')) return true;
  do {
    if (!SkipValue(max_depth - 1)) return false;
  } while (Consume(','));
  return Consume(']') || Fail("expected ',' or ']'");
}

std::string Lexer::Describe(const char* position) const {
  auto line = 1 + std::count(begin_, position, '\n');
  const char* line_begin = position;
  while (line_begin != begin_ && line_begin[-1] != '\n') --line_begin;
  auto is_first_byte = [](char c) { return (c & 0xC0) != 0x80; };
  return fmt::format("line {}, column {}", line, 1 + std::count_if(line_begin, position, is_first_byte));
}

}  // namespace tomada::json
