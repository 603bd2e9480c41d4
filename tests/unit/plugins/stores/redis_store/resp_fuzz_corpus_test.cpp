#include <cstdint>
#include <filesystem>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "support/temp_dir.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace tomada::testing {
namespace {

void Feed(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

// Each file, and what becomes of it when it is cut short or a byte of it changes.
TEST(RespFuzz, CorpusAndItsNeighbours) {
  constexpr std::string_view kNoise = "*$:+-\r\n0129x\xff";
  std::mt19937 random(1);
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(RESP_CORPUS)) {
    ++files;
    const std::string bytes = ReadFile(file.path());
    Feed(bytes);
    for (int round = 0; round < 200; ++round) {
      std::string changed = bytes;
      changed[random() % changed.size()] = kNoise[random() % kNoise.size()];
      changed.insert(random() % changed.size(), 1, kNoise[random() % kNoise.size()]);
      Feed(changed);
      Feed(changed.substr(0, random() % changed.size()));
    }
  }
  EXPECT_GE(files, 8);
}

}  // namespace
}  // namespace tomada::testing
