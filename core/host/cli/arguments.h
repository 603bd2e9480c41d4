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
  std::string name;      // "--profile"
  std::string value;     // what its value is called in the help: "NAME"; empty for a flag that takes none
  std::string help;      // one line
  bool repeats = false;  // may be given several times; one with a value that may not is a mistake the second time
};

struct CommandLine {
  std::string program;  // "tomada run"
  std::string summary;  // a paragraph
  std::string operand;  // what its operands are called: "STORE DIR", "[PLUGIN]" when it may be left out; empty when it
                        // takes none
  std::vector<Flag> flags;
  std::string example = {};  // a whole command that does something useful; may be empty

  // "Usage: ...", the summary, the flags and the example.
  std::string Help() const;
};

// What was given. Values are of flags that take one, "" otherwise.
class Arguments {
 public:
  bool Has(std::string_view flag) const { return Value(flag).has_value(); }
  // Nothing when the flag was not given; of one that repeats the last value.
  std::optional<std::string> Value(std::string_view flag) const;
  // All values, in order.
  std::vector<std::string> Values(std::string_view flag) const;
  // Empty when there is none at `index`: it was left out, or the help was asked for.
  std::string operand(size_t index = 0) const { return index < operands_.size() ? operands_[index] : std::string(); }

 private:
  friend absl::StatusOr<Arguments> ParseArguments(const CommandLine& line, std::span<const std::string> words);

  std::vector<std::pair<std::string, std::string>> flags_;
  std::vector<std::string> operands_;
};

// Takes "--flag", "--flag value" and "--flag=value", in any order with the operand; after "--" only the operand. Every
// command knows --help and -h, after which nothing else is missed. INVALID_ARGUMENT says what is wrong, with the flag
// that was probably meant.
absl::StatusOr<Arguments> ParseArguments(const CommandLine& line, std::span<const std::string> words);

}  // namespace tomada
