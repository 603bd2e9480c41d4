#pragma once

#include <cstdlib>
#include <string_view>

namespace tomada::testing {

// Whether fault tests are to play all their rounds: `scripts/test --faults` asks for it with TOMADA_FAULTS=long. The
// short form is part of every run.
inline bool LongForm() {
  const char* form = std::getenv("TOMADA_FAULTS");
  return form != nullptr && std::string_view(form) == "long";
}

}  // namespace tomada::testing
