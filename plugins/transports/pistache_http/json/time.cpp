#include "json/time.h"

#include <charconv>
#include <chrono>
#include <cstdlib>

#include "json/numbers.h"

namespace tomada::json {
namespace {

constexpr int64_t kMinTimestamp = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr int64_t kMaxTimestamp = 253'402'300'799;  // 9999-12-31T23:59:59Z
constexpr int64_t kMaxDuration = 315'576'000'000;
constexpr int64_t kSecondsPerDay = 86'400;
constexpr int32_t kNanosPerSecond = 1'000'000'000;

// Takes text from the left, piece by piece.
struct Cursor {
  std::string_view rest;

  bool Take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }

  // Exactly `count` digits.
  bool TakeDigits(size_t count, int* value) {
    if (rest.size() < count) return false;
    *value = 0;
    for (char c : rest.substr(0, count)) {
      if (c < '0' || c > '9') return false;
      *value = *value * 10 + (c - '0');
    }
    rest.remove_prefix(count);
    return true;
  }

  // A point and 1 to 9 digits, or nothing.
  bool TakeFraction(int32_t* nanos) {
    *nanos = 0;
    if (!Take('.')) return true;
    int32_t unit = kNanosPerSecond;
    int digit;
    while (unit > 1 && TakeDigits(1, &digit)) *nanos += digit * (unit /= 10);
    return unit < kNanosPerSecond;
  }
};

bool TakeDate(Cursor* cursor, std::chrono::sys_days* date) {
  int year, month, day;
  if (!cursor->TakeDigits(4, &year) || !cursor->Take('-') || !cursor->TakeDigits(2, &month) || !cursor->Take('-') ||
      !cursor->TakeDigits(2, &day)) {
    return false;
  }
  auto civil = std::chrono::year(year) / month / day;
  if (!civil.ok()) return false;
  *date = std::chrono::sys_days(civil);
  return true;
}

bool TakeTimeOfDay(Cursor* cursor, int64_t* seconds) {
  int hour, minute, second;
  if (!cursor->TakeDigits(2, &hour) || !cursor->Take(':') || !cursor->TakeDigits(2, &minute) || !cursor->Take(':') ||
      !cursor->TakeDigits(2, &second)) {
    return false;
  }
  *seconds = hour * 3600 + minute * 60 + second;
  return hour < 24 && minute < 60 && second < 60;
}

// Z or +hh:mm or -hh:mm, as seconds east of UTC.
bool TakeOffset(Cursor* cursor, int64_t* seconds) {
  *seconds = 0;
  if (cursor->Take('Z')) return true;
  bool west = cursor->Take('-');
  int hour, minute;
  if (!west && !cursor->Take('+')) return false;
  if (!cursor->TakeDigits(2, &hour) || !cursor->Take(':') || !cursor->TakeDigits(2, &minute)) return false;
  *seconds = (hour * 3600 + minute * 60) * (west ? -1 : 1);
  return hour < 24 && minute < 60;
}

// Decimal digits with zeros in front. (The general formatters take most of the time of printing a message.)
void AppendDigits(unsigned value, int count, std::string* out) {
  char digits[10];
  for (int i = count; i > 0; value /= 10) digits[--i] = static_cast<char>('0' + value % 10);
  out->append(digits, count);
}

// As few of 0, 3, 6 and 9 digits as hold the value.
void AppendFraction(unsigned nanos, std::string* out) {
  if (nanos == 0) return;
  *out += '.';
  if (nanos % 1'000'000 == 0) return AppendDigits(nanos / 1'000'000, 3, out);
  if (nanos % 1'000 == 0) return AppendDigits(nanos / 1'000, 6, out);
  AppendDigits(nanos, 9, out);
}

}  // namespace

bool ParseTimestamp(std::string_view text, int64_t* seconds, int32_t* nanos) {
  Cursor cursor{text};
  std::chrono::sys_days date;
  int64_t time_of_day, offset;
  if (!TakeDate(&cursor, &date) || !cursor.Take('T') || !TakeTimeOfDay(&cursor, &time_of_day) ||
      !cursor.TakeFraction(nanos) || !TakeOffset(&cursor, &offset) || !cursor.rest.empty()) {
    return false;
  }
  *seconds = date.time_since_epoch().count() * kSecondsPerDay + time_of_day - offset;
  return *seconds >= kMinTimestamp && *seconds <= kMaxTimestamp;
}

bool AppendTimestamp(int64_t seconds, int32_t nanos, std::string* out) {
  if (seconds < kMinTimestamp || seconds > kMaxTimestamp || nanos < 0 || nanos >= kNanosPerSecond) return false;
  int64_t days = (seconds - kMinTimestamp) / kSecondsPerDay;
  auto time_of_day = static_cast<unsigned>((seconds - kMinTimestamp) % kSecondsPerDay);
  std::chrono::sys_days first_day{std::chrono::year(1) / 1 / 1};
  std::chrono::year_month_day date(first_day + std::chrono::days(days));
  AppendDigits(static_cast<int>(date.year()), 4, out);
  *out += '-';
  AppendDigits(static_cast<unsigned>(date.month()), 2, out);
  *out += '-';
  AppendDigits(static_cast<unsigned>(date.day()), 2, out);
  *out += 'T';
  AppendDigits(time_of_day / 3600, 2, out);
  *out += ':';
  AppendDigits(time_of_day / 60 % 60, 2, out);
  *out += ':';
  AppendDigits(time_of_day % 60, 2, out);
  AppendFraction(nanos, out);
  *out += 'Z';
  return true;
}

bool ParseDuration(std::string_view text, int64_t* seconds, int32_t* nanos) {
  Cursor cursor{text};
  bool negative = cursor.Take('-');
  // from_chars would accept a second sign.
  if (cursor.rest.empty() || cursor.rest.front() == '-') return false;
  const char* begin = cursor.rest.data();
  auto [parsed_to, error] = std::from_chars(begin, begin + cursor.rest.size(), *seconds);
  if (error != std::errc()) return false;
  cursor.rest.remove_prefix(parsed_to - begin);
  if (!cursor.TakeFraction(nanos) || !cursor.Take('s') || !cursor.rest.empty()) return false;
  if (*seconds > kMaxDuration) return false;
  if (negative) {
    *seconds = -*seconds;
    *nanos = -*nanos;
  }
  return true;
}

bool AppendDuration(int64_t seconds, int32_t nanos, std::string* out) {
  if (seconds < -kMaxDuration || seconds > kMaxDuration || std::abs(int64_t{nanos}) >= kNanosPerSecond) return false;
  if ((seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) return false;
  if (seconds < 0 || nanos < 0) *out += '-';
  AppendNumber(std::abs(seconds), out);
  AppendFraction(std::abs(nanos), out);
  *out += 's';
  return true;
}

}  // namespace tomada::json
