#include "cli/arguments.h"

#include <algorithm>

#include <absl/strings/str_split.h>
#include <fmt/format.h>

#include "config/suggest.h"

namespace tomada {
namespace {

const Flag kHelp{"--help", "", "Show this help."};

std::string Shown(const Flag& flag) { return flag.value.empty() ? flag.name : flag.name + " " + flag.value; }

const Flag* FindFlag(const CommandLine& line, std::string_view name) {
  if (name == kHelp.name || name == "-h") return &kHelp;
  auto found = std::ranges::find(line.flags, name, &Flag::name);
  return found == line.flags.end() ? nullptr : &*found;
}

absl::Status UnknownFlag(const CommandLine& line, const std::string& name) {
  std::vector<std::string> names;
  for (const Flag& flag : line.flags) names.push_back(flag.name);
  names.push_back(kHelp.name);
  return absl::InvalidArgumentError(fmt::format("unknown option `{}`{}", name, Hint(name, names)));
}

}  // namespace

std::string CommandLine::Help() const {
  std::vector<const Flag*> all;
  for (const Flag& flag : flags) all.push_back(&flag);
  all.push_back(&kHelp);
  size_t width = 0;
  for (const Flag* flag : all) width = std::max(width, Shown(*flag).size());

  std::string text = fmt::format("Usage: {}{}{} [OPTION]...\n\n{}\n\nOptions:\n", program, operand.empty() ? "" : " ",
                                 operand, summary);
  for (const Flag* flag : all) {
    text += fmt::format("  {:<{}}  {}{}\n", Shown(*flag), width, flag->help, flag->repeats ? " May be repeated." : "");
  }
  return example.empty() ? text : fmt::format("{}\nExample:\n  {}\n", text, example);
}

std::optional<std::string> Arguments::Value(std::string_view flag) const {
  auto found = std::find_if(flags_.rbegin(), flags_.rend(), [&](const auto& given) { return given.first == flag; });
  return found == flags_.rend() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> Arguments::Values(std::string_view flag) const {
  std::vector<std::string> values;
  for (const auto& [name, value] : flags_) {
    if (name == flag) values.push_back(value);
  }
  return values;
}

absl::StatusOr<Arguments> ParseArguments(const CommandLine& line, std::span<const std::string> words) {
  Arguments arguments;
  std::vector<std::string>& operands = arguments.operands_;
  const std::vector<std::string> names = absl::StrSplit(line.operand, ' ', absl::SkipEmpty());
  bool flags_ended = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--" && !flags_ended) {
      flags_ended = true;
      continue;
    }
    if (flags_ended || word.size() < 2 || word.front() != '-') {
      if (operands.size() == names.size() || word.empty())
        return absl::InvalidArgumentError(fmt::format("unexpected argument `{}`", word));
      operands.push_back(word);
      continue;
    }
    const size_t equals = word.find('=');
    const Flag* flag = FindFlag(line, word.substr(0, equals));
    if (flag == nullptr) return UnknownFlag(line, word.substr(0, equals));
    if (flag == &kHelp) {
      arguments.flags_.assign({{kHelp.name, ""}});
      return arguments;
    }
    const bool attached = equals != std::string::npos;
    if (flag->value.empty() && attached)
      return absl::InvalidArgumentError(fmt::format("option `{}` takes no value", flag->name));
    if (!flag->value.empty() && !attached && i + 1 == words.size())
      return absl::InvalidArgumentError(fmt::format("option `{}` needs a value: {}", flag->name, Shown(*flag)));
    if (!flag->value.empty() && !flag->repeats && arguments.Has(flag->name))
      return absl::InvalidArgumentError(fmt::format("option `{}` is given twice", flag->name));
    std::string value;
    if (!flag->value.empty()) value = attached ? word.substr(equals + 1) : words[++i];
    arguments.flags_.emplace_back(flag->name, std::move(value));
  }
  if (operands.size() < names.size() && !names[operands.size()].starts_with('['))
    return absl::InvalidArgumentError(fmt::format("missing argument {}", names[operands.size()]));
  return arguments;
}

}  // namespace tomada
