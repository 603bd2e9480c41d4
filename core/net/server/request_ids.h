// Names for requests that came without one.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tomada::net {

// 16 hexadecimal digits: a counter, scrambled one to one from a random start, so that a worker never repeats one and
// two workers or runs meet as rarely as random numbers would. No system call for each. One thread.
class RequestIds {
 public:
  RequestIds();

  // Valid until the next call.
  std::string_view Next();

 private:
  uint64_t state_;
  std::array<char, 16> text_{};
};

}  // namespace tomada::net
