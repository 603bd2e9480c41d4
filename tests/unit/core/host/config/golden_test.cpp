// Every mistake that can be in a profile, as a pair of files in tests/fixtures/configs/errors: NAME.yaml and
// NAME.expected, the exact messages. NAME.set holds overrides, one a line. TOMADA_UPDATE_GOLDENS=1 writes the .expected
// files anew, to be read before they are committed.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/make_plan.h"
#include "sample_plugins.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> Profiles(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& file : fs::directory_iterator(fs::path(TOMADA_CONFIG_FIXTURES) / folder)) {
    if (file.path().extension() == ".yaml") names.push_back(file.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

struct Checked {
  bool has_plan;
  std::string messages;  // a line each
};

// With the fixtures' folder as working directory, so that messages show a path that is the same everywhere.
Checked Check(const std::string& path) {
  fs::current_path(TOMADA_CONFIG_FIXTURES);
  Diagnostics diagnostics;
  PluginSet plugins = SamplePlugins();
  std::vector<std::string> overrides = Lines(ReadAll(fs::path(path).replace_extension(".set")));
  Profile profile = ReadProfile(path, overrides, SampleEnvironment, diagnostics);
  std::optional<Plan> plan = MakePlan(profile, plugins, SampleNames(), diagnostics);
  std::string messages;
  for (const Diagnostic& found : diagnostics.Sorted()) messages += found.ToString() + "\n";
  return {plan.has_value(), messages};
}

std::string Name(const ::testing::TestParamInfo<std::string>& info) { return info.param; }

class ProfileErrors : public ::testing::TestWithParam<std::string> {};

TEST_P(ProfileErrors, AreReportedExactly) {
  Checked checked = Check("errors/" + GetParam() + ".yaml");
  if (std::getenv("TOMADA_UPDATE_GOLDENS") != nullptr)
    std::ofstream("errors/" + GetParam() + ".expected", std::ios::binary) << checked.messages;
  EXPECT_EQ(checked.messages, ReadAll("errors/" + GetParam() + ".expected"));
  EXPECT_NE(checked.messages, "");
  EXPECT_FALSE(checked.has_plan);
  EXPECT_THAT(checked.messages, ::testing::Not(::testing::HasSubstr("hunter2")));
}

INSTANTIATE_TEST_SUITE_P(Files, ProfileErrors, ::testing::ValuesIn(Profiles("errors")), Name);

class GoodProfiles : public ::testing::TestWithParam<std::string> {};

TEST_P(GoodProfiles, MakeAPlan) {
  Checked checked = Check("good/" + GetParam() + ".yaml");
  EXPECT_EQ(checked.messages, ReadAll("good/" + GetParam() + ".expected"));  // warnings, or no such file
  EXPECT_TRUE(checked.has_plan);
}

INSTANTIATE_TEST_SUITE_P(Files, GoodProfiles, ::testing::ValuesIn(Profiles("good")), Name);

}  // namespace
}  // namespace tomada
