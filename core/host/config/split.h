// Lists in a single text, as the command line and the environment give them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tomada {

// The parts of "a, b,c" without the blanks around them; empty ones are left out.
std::vector<std::string> SplitAtCommas(std::string_view text);

}  // namespace tomada
