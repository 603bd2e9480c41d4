#pragma once

#include <functional>

#include <absl/time/clock.h>
#include <absl/time/time.h>

namespace tomada::rocksdb_store {

// The wall clock; tests bring their own. Records end by it, and operations are forgotten by it, since both must mean
// the same after a restart.
using Clock = std::function<absl::Time()>;

}  // namespace tomada::rocksdb_store
