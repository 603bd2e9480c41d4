// Whether two components of a profile want the same port, directory or Unix socket.
#pragma once

#include <vector>

#include "config/decode.h"
#include "diagnostics.h"

namespace tomada {

// Reports each claim that overlaps with one before it, at its own place and with that of the other.
//   ports        the same number, where the addresses are equal or one is a wildcard: 0.0.0.0 takes all of IPv4, [::]
//                takes IPv4 too; localhost is 127.0.0.1 and ::1. Other names are not looked up
//   directories  equal or one in the other
//   sockets      equal
// Symbolic links of paths are followed as far as they lead to what is there.
void CheckClaims(const std::vector<ConfigClaim>& claims, Diagnostics& diagnostics);

}  // namespace tomada
