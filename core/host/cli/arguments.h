// The command line: each command's flags are described once, and parsing and help follow from that.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>

namespace tomada {

struct Flag {
  std::string name;   // "--profile"
  std::string value;  // what its value is called in the help: "NAME"; empty for a flag that takes none
  std::string help;   // one line
};

struct CommandLine {
  std::string program;  // "tomada run"
  std::string summary;  // a paragraph
  std::string operand;  // what its one operand is called: "PLUGIN", "[PLUGIN]" when it may be left out; empty when it
                        // takes none
  std::vector<Flag> flags;

  // "Usage: ...", the summary and the flags.
  std::string Help() const;
};

// What was given. Values are of flags that take one, "" otherwise.
class Arguments {
 public:
  bool Has(std::string_view flag) const { return Value(flag).has_value(); }
  // The last value given; nothing when the flag was not.
  std::optional<std::string> Value(std::string_view flag) const;
  // All values, in order.
  std::vector<std::string> Values(std::string_view flag) const;
  // Empty when there is none to take, or the help was asked for.
  const std::string& operand() const { return operand_; }

 private:
  friend absl::StatusOr<Arguments> ParseArguments(const CommandLine& line, std::span<const std::string> words);

  std::vector<std::pair<std::string, std::string>> flags_;
  std::string operand_;
};

// Takes "--flag", "--flag value" and "--flag=value", in any order with the operand; after "--" only the operand. Every
// command knows --help and -h, after which nothing else is missed. INVALID_ARGUMENT says what is wrong, with the flag
// that was probably meant.
absl::StatusOr<Arguments> ParseArguments(const CommandLine& line, std::span<const std::string> words);

}  // namespace tomada
