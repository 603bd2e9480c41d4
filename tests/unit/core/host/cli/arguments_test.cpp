#include "cli/arguments.h"

#include <gmock/gmock.h>

namespace tomada {
namespace {

using ::testing::ElementsAre;

const CommandLine kLine{"tomada describe",
                        "Tells.",
                        "PLUGIN",
                        {{"--json", "", "As JSON."}, {"--set", "X=Y", "Sets.", true}, {"--in", "DIR", "There."}}};

absl::StatusOr<Arguments> Parse(std::vector<std::string> words) { return ParseArguments(kLine, words); }
std::string Error(std::vector<std::string> words) { return std::string(Parse(std::move(words)).status().message()); }

TEST(ArgumentsTest, TakesFlagsAndTheOperandInAnyOrder) {
  auto arguments = Parse({"--set", "a=1", "store", "--json", "--set=b=2"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_TRUE(arguments->Has("--json"));
  EXPECT_EQ(arguments->Value("--set"), "b=2");
  EXPECT_THAT(arguments->Values("--set"), ElementsAre("a=1", "b=2"));
  EXPECT_EQ(arguments->operand(), "store");
  EXPECT_FALSE(arguments->Has("--help"));
}

TEST(ArgumentsTest, AfterTwoDashesOnlyTheOperand) {
  auto arguments = Parse({"--", "--json"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_EQ(arguments->operand(), "--json");
  EXPECT_FALSE(arguments->Has("--json"));
}

TEST(ArgumentsTest, AskingForHelpMissesNothing) {
  auto arguments = Parse({"--help"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_TRUE(arguments->Has("--help"));
}

TEST(ArgumentsTest, SaysWhatIsWrong) {
  EXPECT_EQ(Error({"x", "--jsno"}), "unknown option `--jsno` (did you mean `--json`?)");
  EXPECT_EQ(Error({"x", "--entirely-else"}), "unknown option `--entirely-else` (known: --json, --set, --in, --help)");
  EXPECT_EQ(Error({"x", "--set"}), "option `--set` needs a value: --set X=Y");
  EXPECT_EQ(Error({"x", "--json=1"}), "option `--json` takes no value");
  EXPECT_EQ(Error({"x", "y"}), "unexpected argument `y`");
  EXPECT_EQ(Error({""}), "unexpected argument ``");
  EXPECT_EQ(Error({}), "missing argument PLUGIN");
}

// Which of the two was meant nobody can know.
TEST(ArgumentsTest, OnlyWhatRepeatsIsGivenTwice) {
  EXPECT_EQ(Error({"x", "--in", "a", "--in=a"}), "option `--in` is given twice");
  EXPECT_TRUE(Parse({"x", "--json", "--set", "a=1", "--json", "--set", "a=2"}).ok());
}

TEST(ArgumentsTest, AnOperandInBracketsMayBeLeftOut) {
  const CommandLine line{"tomada-conformance", "Tests.", "[PLUGIN]", {}};
  EXPECT_EQ(ParseArguments(line, {}).value().operand(), "");
  EXPECT_EQ(ParseArguments(line, std::vector<std::string>{"store"}).value().operand(), "store");
}

TEST(ArgumentsTest, SeveralOperandsKeepTheirOrder) {
  const CommandLine line{"tomada backup", "Copies.", "STORE DIR", {{"--set", "X=Y", "Sets."}}};
  const auto parse = [&line](std::vector<std::string> words) { return ParseArguments(line, words); };
  const auto arguments = parse({"store", "--set", "a=1", "there"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_EQ(arguments->operand(0), "store");
  EXPECT_EQ(arguments->operand(1), "there");
  EXPECT_EQ(parse({"store"}).status().message(), "missing argument DIR");
  EXPECT_EQ(parse({"a", "b", "c"}).status().message(), "unexpected argument `c`");
  EXPECT_EQ(parse({"--help"}).value().operand(1), "");
}

TEST(ArgumentsTest, HelpShowsEveryFlag) {
  EXPECT_EQ(kLine.Help(),
            "Usage: tomada describe PLUGIN [OPTION]...\n\nTells.\n\nOptions:\n"
            "  --json     As JSON.\n  --set X=Y  Sets. May be repeated.\n  --in DIR   There.\n"
            "  --help     Show this help.\n");
}

}  // namespace
}  // namespace tomada
