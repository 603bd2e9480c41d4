// What the probe says to its parent. For each file, in the order of the arguments: kOpening, then unless the file was
// refused when opened kUses followed by a path for each library of generated code that is open now, and kDescribing,
// then kAccepted, or kRefused followed by the message.
#pragma once

#include <string_view>

namespace tomada::probe_protocol {

// The first argument; then a name and a path for each file.
inline constexpr char kArgument[] = "__probe-plugins";

inline constexpr std::string_view kOpening = "opening";
inline constexpr std::string_view kUses = "uses ";
inline constexpr std::string_view kDescribing = "describing";
inline constexpr std::string_view kAccepted = "accepted";
inline constexpr std::string_view kRefused = "refused ";

}  // namespace tomada::probe_protocol
