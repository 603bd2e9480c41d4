// How bodies are written, by name.
#pragma once

#include <string_view>

namespace tomada::pistache_http {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kNdjson = "application/x-ndjson";  // one JSON text a line

}  // namespace tomada::pistache_http
