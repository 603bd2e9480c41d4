#include "tomada/plugin.h"

#include "config.h"
#include "rocksdb_store.h"

namespace tomada::rocksdb_store {
namespace {

Plugin Describe() {
  Plugin plugin;
  plugin.name = "rocksdb_store";
  plugin.version = "0.1.0";
  plugin.kind = Kind::kStore;
  plugin.summary = "Keeps tables in a directory on this machine's disk; what it acknowledged survives a power cut.";
  plugin.config = ConfigSchema::Of<Config>();
  plugin.create = [](const Context& context) -> absl::StatusOr<std::unique_ptr<Component>> {
    return std::make_unique<RocksdbStore>(context.config<Config>(), context.logger(), context.status(),
                                          context.metrics());
  };
  return plugin;
}

}  // namespace
}  // namespace tomada::rocksdb_store

TOMADA_PLUGIN(tomada::rocksdb_store::Describe)
