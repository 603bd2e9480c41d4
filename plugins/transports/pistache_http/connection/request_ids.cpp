#include "connection/request_ids.h"

#include <sodium.h>

namespace tomada::pistache_http {
namespace {

// The output step of SplitMix64.
uint64_t Scramble(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

RequestIds::RequestIds() { randombytes_buf(&state_, sizeof state_); }

std::string_view RequestIds::Next() {
  constexpr char kDigits[] = "0123456789abcdef";
  uint64_t id = Scramble(state_ += 0x9e3779b97f4a7c15);
  for (char& digit : text_) {
    digit = kDigits[id >> 60];
    id <<= 4;
  }
  return {text_.data(), text_.size()};
}

}  // namespace tomada::pistache_http
