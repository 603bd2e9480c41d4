// What keys and values on disk are made of: numbers with their highest byte first, and strings after their length.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tomada::rocksdb_store {

template <class Number>
void AppendNumber(std::string& out, Number number) {
  for (int shift = 8 * (sizeof number - 1); shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
}

// `Length` is the type of the length; the part fits into it.
template <class Length>
void AppendPart(std::string& out, std::string_view part) {
  AppendNumber(out, static_cast<Length>(part.size()));
  out += part;
}

// Takes the same from the front of a text. After the first thing that is not there it gives zeros and empty parts, and
// ok() is false. The views point into the text.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <class Number>
  Number TakeNumber() {
    Number number = 0;
    for (unsigned char byte : Take(sizeof number)) number = static_cast<Number>(number << 8 | byte);
    return number;
  }
  template <class Length>
  std::string_view TakePart() {
    return Take(TakeNumber<Length>());
  }
  std::string_view Take(size_t size) {
    ok_ = ok_ && size <= rest_.size();
    if (!ok_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest() const { return rest_; }
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace tomada::rocksdb_store
