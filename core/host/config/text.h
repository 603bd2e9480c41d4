// What a text must be before it is read as YAML.
#pragma once

#include <string>
#include <string_view>

#include "diagnostics.h"

namespace tomada {

// Reports the first byte that is not UTF-8, or the first control character other than TAB, LF and CR (YAML 1.2, 5.1).
// True when there is none.
bool CheckText(std::string_view text, const std::string& file, Diagnostics& diagnostics);

// The column, in characters from 1, of the byte at `offset`.
int ColumnAt(std::string_view text, size_t offset);

}  // namespace tomada
