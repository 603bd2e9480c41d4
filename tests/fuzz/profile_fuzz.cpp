// Any bytes as a profile: reading it must not crash, hang or grow, and must either make a plan or say why not, without
// a word of the environment. The suite runs this over tests/fixtures/configs; clang builds it as a fuzzer
// (CMakeLists.txt here).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "config/make_plan.h"
#include "fuzz/require.h"
#include "unit/core/host/config/sample_plugins.h"

namespace {}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const tomada::PluginSet plugins = tomada::SamplePlugins();
  std::string_view text(reinterpret_cast<const char*>(data), size);
  tomada::Diagnostics diagnostics;
  tomada::Profile profile = tomada::ParseProfile(text, "fuzz.yaml", {}, tomada::SampleEnvironment, diagnostics);
  bool planned = tomada::MakePlan(profile, plugins, tomada::SampleNames(), diagnostics).has_value();

  Require(planned != diagnostics.has_errors(), "a plan in spite of errors, or none without any");
  bool says_it_itself = text.find("hunter2") != std::string_view::npos;
  for (const tomada::Diagnostic& found : diagnostics.Sorted())
    Require(says_it_itself || found.ToString().find("hunter2") == std::string::npos, "a substituted value was shown");
  return 0;
}
