// SipHash under a key that this process chose at random. Ids and keys come from clients, who must not be able to
// choose a million that fall into one bucket.
#pragma once

#include <cstdint>
#include <string_view>

#include "tomada/store.h"

namespace tomada::memory_store {

struct KeyedHash {
  using is_transparent = void;
  // Not noexcept, so that libstdc++'s containers keep each key's hash instead of computing it again.
  size_t operator()(std::string_view bytes) const;
  size_t operator()(const OperationId& id) const;
};

}  // namespace tomada::memory_store
