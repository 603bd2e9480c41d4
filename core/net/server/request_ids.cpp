#include "net/server/request_ids.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace tomada::net {
namespace {

// The output step of SplitMix64.
uint64_t Scramble(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// "000102...ff": the digits of every byte.
constexpr auto kPairs = [] {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (size_t byte = 0; byte < 256; ++byte) {
    pairs[2 * byte] = kDigits[byte / 16];
    pairs[2 * byte + 1] = kDigits[byte % 16];
  }
  return pairs;
}();

}  // namespace

RequestIds::RequestIds() {
  // Fails for no reason that a process could run into: the size is within its bound (getentropy(3)).
  if (getentropy(&state_, sizeof state_) != 0) throw std::system_error(errno, std::generic_category(), "getentropy");
}

std::string_view RequestIds::Next() {
  uint64_t id = Scramble(state_ += 0x9e3779b97f4a7c15);
  for (size_t i = 0; i < text_.size(); i += 2) {
    std::memcpy(&text_[i], &kPairs[2 * (id >> 56)], 2);
    id <<= 8;
  }
  return {text_.data(), text_.size()};
}

}  // namespace tomada::net
