// What the fuzzers start from, and what once broke something.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <gtest/gtest.h>

extern "C" int fuzz_binding(const uint8_t* data, size_t size);
extern "C" int fuzz_http1(const uint8_t* data, size_t size);
extern "C" int fuzz_http1_session(const uint8_t* data, size_t size);
extern "C" int fuzz_path_template(const uint8_t* data, size_t size);

namespace {

void RunFolder(const char* folder, int (*fuzz)(const uint8_t*, size_t)) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(FUZZ_FOLDER) / folder)) {
    SCOPED_TRACE(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
    fuzz(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    ++files;
  }
  EXPECT_GT(files, 3);
}

TEST(HttpFuzzCorpusTest, Binding) { RunFolder("binding_corpus", fuzz_binding); }
TEST(HttpFuzzCorpusTest, Http1) { RunFolder("http1_corpus", fuzz_http1); }
TEST(HttpFuzzCorpusTest, Http1Session) { RunFolder("http1_session_corpus", fuzz_http1_session); }
TEST(HttpFuzzCorpusTest, PathTemplate) { RunFolder("path_template_corpus", fuzz_path_template); }

}  // namespace
