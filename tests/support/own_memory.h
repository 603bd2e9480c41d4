// What is left in this process's memory.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace tomada::testing {

// A text that the program never holds in one piece unless it is read from where it was written to.
class Canary {
 public:
  static constexpr char kMask = 0x55;

  // The same seed gives the same text: 64 letters.
  explicit Canary(unsigned seed) {
    for (int i = 0; i < 64; ++i) {
      seed = seed * 1664525 + 1013904223;
      masked_ += static_cast<char>(('a' + (seed >> 24) % 26) ^ kMask);
    }
  }

  // By single letters, past any buffer.
  template <class Sink>
  void Write(Sink sink) const {
    for (char c : masked_) sink(static_cast<char>(c ^ kMask));
  }

  // How often the text's second half is in the memory that the program writes to. A freed piece of memory may have
  // lost its beginning.
  size_t CopiesInMemory() const {
    const std::string_view half = std::string_view(masked_).substr(masked_.size() / 2);
    size_t copies = 0;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      std::istringstream words(line);
      uintptr_t begin, end;
      char dash;
      std::string access, rest;
      words >> std::hex >> begin >> dash >> end >> access;
      std::getline(words, rest);
      // No file, which may be shorter than what is mapped of it, and nothing of the size of a sanitizer's shadow.
      const bool file = rest.find('/') != std::string::npos;
      if (!access.starts_with("rw-p") || file || end - begin > (uintptr_t{1} << 28)) continue;
      copies += CopiesIn(reinterpret_cast<const char*>(begin), end - begin, half);
    }
    return copies;
  }

 private:
  // It reads what nobody owns.
  __attribute__((noinline, no_sanitize("address", "thread"))) static size_t CopiesIn(const volatile char* memory,
                                                                                     size_t size,
                                                                                     std::string_view masked) {
    const char* wanted = masked.data();
    const size_t length = masked.size();
    size_t copies = 0;
    for (size_t i = 0; i + length <= size; ++i) {
      size_t same = 0;
      while (same < length && memory[i + same] == static_cast<char>(wanted[same] ^ kMask)) ++same;
      copies += same == length;
    }
    return copies;
  }

  std::string masked_;
};

}  // namespace tomada::testing
