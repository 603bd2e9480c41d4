// JSON to print: small functions whose results are JSON texts, indented by two.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomada::json {

// `text` is UTF-8.
std::string String(std::string_view text);
std::string Bool(bool value);

// Their members are JSON texts.
std::string Array(const std::vector<std::string>& items);
using Members = std::vector<std::pair<std::string, std::string>>;
std::string Object(const Members& members);

// An array of strings.
std::string Strings(const std::vector<std::string>& texts);

}  // namespace tomada::json
