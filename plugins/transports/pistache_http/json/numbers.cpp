#include "json/numbers.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace tomada::json {
namespace {

const char* SkipDigits(const char* p, const char* end) {
  while (p != end && absl::ascii_isdigit(*p)) ++p;
  return p;
}

bool IsNumber(std::string_view text) {
  const char* end = text.data() + text.size();
  return ScanNumber(text.data(), end) == end && !text.empty();
}

// The parts of a valid number.
struct Parts {
  bool negative;
  std::string_view integer, fraction;
  int64_t exponent;
};

// No text has enough digits to make up for a larger exponent, so larger ones are cut to this.
int64_t ParseExponent(std::string_view digits) {
  constexpr int64_t kFar = 1'000'000'000'000'000;
  int64_t exponent = 0;
  for (char c : digits) exponent = std::min(exponent * 10 + (c - '0'), kFar);
  return exponent;
}

Parts Split(std::string_view text) {
  Parts parts{text.front() == '-', {}, {}, 0};
  if (parts.negative) text.remove_prefix(1);
  if (size_t e = text.find_first_of("eE"); e != text.npos) {
    bool minus = text[e + 1] == '-';
    std::string_view digits = text.substr(e + (minus || text[e + 1] == '+' ? 2 : 1));
    parts.exponent = minus ? -ParseExponent(digits) : ParseExponent(digits);
    text = text.substr(0, e);
  }
  size_t dot = text.find('.');
  parts.integer = text.substr(0, dot);
  if (dot != text.npos) parts.fraction = text.substr(dot + 1);
  return parts;
}

// Appends a decimal digit to `value`; false when it gets too large.
bool Shift(uint64_t* value, int digit) {
  return !__builtin_mul_overflow(*value, uint64_t{10}, value) &&
         !__builtin_add_overflow(*value, static_cast<uint64_t>(digit), value);
}

// The exact magnitude, when that is integral and fits.
bool Magnitude(const Parts& parts, uint64_t* value) {
  *value = 0;
  int64_t zeros = 0;  // read, but not yet known to be followed by another digit
  for (std::string_view digits : {parts.integer, parts.fraction}) {
    for (char c : digits) {
      if (c == '0') {
        zeros += *value != 0;
        continue;
      }
      for (; zeros > 0; --zeros) {
        if (!Shift(value, 0)) return false;
      }
      if (!Shift(value, c - '0')) return false;
    }
  }
  if (*value == 0) return true;
  int64_t exponent = parts.exponent - static_cast<int64_t>(parts.fraction.size()) + zeros;
  if (exponent < 0) return false;
  for (; exponent > 0; --exponent) {
    if (!Shift(value, 0)) return false;
  }
  return true;
}

// Whether a number other than zero is below one.
bool IsSmall(const Parts& parts) {
  size_t first = parts.integer.find_first_not_of('0');
  if (first != std::string_view::npos) return static_cast<int64_t>(parts.integer.size() - first) + parts.exponent <= 0;
  auto leading_zeros = static_cast<int64_t>(parts.fraction.find_first_not_of('0'));
  return parts.exponent - leading_zeros <= 0;
}

}  // namespace

const char* ScanNumber(const char* p, const char* end) {
  if (p != end && *p == '-') ++p;
  if (p == end || !absl::ascii_isdigit(*p)) return nullptr;
  p = *p == '0' ? p + 1 : SkipDigits(p, end);
  if (p != end && *p == '.') {
    const char* digits = p + 1;
    p = SkipDigits(digits, end);
    if (p == digits) return nullptr;
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p != end && (*p == '+' || *p == '-')) ++p;
    const char* digits = p;
    p = SkipDigits(digits, end);
    if (p == digits) return nullptr;
  }
  return p;
}

template <typename Int>
bool ParseInteger(std::string_view text, Int* value) {
  if (!IsNumber(text)) return false;
  const char* end = text.data() + text.size();
  auto [parsed_to, error] = std::from_chars(text.data(), end, *value);
  if (parsed_to == end) return error == std::errc();

  Parts parts = Split(text);
  uint64_t magnitude;
  if (!Magnitude(parts, &magnitude)) return false;
  constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<Int>::max());
  uint64_t limit = !parts.negative ? kMax : std::is_signed_v<Int> ? kMax + 1 : 0;
  if (magnitude > limit) return false;
  *value = static_cast<Int>(parts.negative ? 0 - magnitude : magnitude);
  return true;
}

template <typename Float>
bool ParseFloat(std::string_view text, Float* value) {
  if (!IsNumber(text)) return false;
  if (std::from_chars(text.data(), text.data() + text.size(), *value).ec == std::errc()) return true;
  Parts parts = Split(text);
  *value = parts.negative ? -Float{0} : Float{0};
  return IsSmall(parts);
}

template bool ParseInteger(std::string_view, int32_t*);
template bool ParseInteger(std::string_view, int64_t*);
template bool ParseInteger(std::string_view, uint32_t*);
template bool ParseInteger(std::string_view, uint64_t*);
template bool ParseFloat(std::string_view, float*);
template bool ParseFloat(std::string_view, double*);

}  // namespace tomada::json
