#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include <gtest/gtest.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void FeedFuzzer(const std::string& text) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

// Every fixture, and what becomes of it when it is cut short or a character of YAML's own falls into it.
TEST(ProfileFuzz, CorpusAndItsNeighbours) {
  constexpr std::string_view kNoise = "\t\n :-[]{}&*!|>'\"%@`,#?$~0a\xc3\xff";
  std::mt19937 random(1);
  size_t files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(TOMADA_CONFIG_FIXTURES)) {
    if (file.path().extension() != ".yaml") continue;
    ++files;
    std::ifstream in(file.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    FeedFuzzer(text);
    if (text.empty() || text.size() > 4096) continue;
    for (int round = 0; round < 40; ++round) {
      std::string changed = text;
      changed[random() % changed.size()] = kNoise[random() % kNoise.size()];
      changed.insert(random() % changed.size(), 1, kNoise[random() % kNoise.size()]);
      FeedFuzzer(changed);
      FeedFuzzer(changed.substr(0, random() % changed.size()));
    }
  }
  EXPECT_GT(files, 40u);
}

}  // namespace
