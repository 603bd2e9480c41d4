#pragma once

#include <memory>

#include "rocksdb_store.h"

namespace tomada::rocksdb_store {

// A table of the engine, which outlives it.
std::unique_ptr<Table> MakeTable(Engine& engine, std::shared_ptr<const TableOptions> options);

}  // namespace tomada::rocksdb_store
