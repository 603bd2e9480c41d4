#include <cstdint>
#include <filesystem>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "support/temp_dir.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace tomada::testing {
namespace {

void FeedAsLibrary(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

// Each file, and what becomes of it when it is cut short or some bytes of it change.
TEST(ElfNoteFuzz, CorpusAndItsNeighbours) {
  constexpr std::string_view kNoise("\0\1\3\4\7\10\100\177\200\377", 10);
  std::mt19937 random(1);
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(ELF_NOTE_CORPUS)) {
    ++files;
    const std::string bytes = ReadFile(file.path());
    FeedAsLibrary(bytes);
    for (int round = 0; round < 500; ++round) {
      std::string changed = bytes;
      for (int i = 0; i < 3; ++i) changed[random() % changed.size()] = kNoise[random() % kNoise.size()];
      FeedAsLibrary(changed);
      FeedAsLibrary(changed.substr(0, random() % changed.size()));
    }
  }
  EXPECT_GE(files, 4);
}

}  // namespace
}  // namespace tomada::testing
