#pragma once

namespace tomada::json {

// Messages inside the outermost, one in another, as protobuf's binary parsers count them and with their limit: what is
// read can be sent on, and what was printed can be sent back. An entry of a map is a message, and so an object of
// google.protobuf.Struct is three.
inline constexpr int kMaxDepth = 100;

// Any inside Any. Each level copies what is in it, and reading it searches it for "@type", so the time would be
// quadratic in the number of levels.
inline constexpr int kMaxAnyDepth = 16;

}  // namespace tomada::json
