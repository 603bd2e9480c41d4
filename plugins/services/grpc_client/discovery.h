// Where a component's services come from: a file, or the servers themselves.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include <google/protobuf/descriptor.pb.h>

#include <absl/status/statusor.h>

#include "config.h"
#include "descriptor_set.h"
#include "reflection.h"
#include "remote.h"
#include "tomada/log.h"

namespace tomada::grpc_client {

// For one thread at a time.
class Discovery {
 public:
  // `config` and `remote` outlive it.
  Discovery(const Config& config, Remote& remote, Logger log);

  // The descriptor set that the config names, or by reflection what the first server that answers offers; the cache is
  // written then. Services that cannot be understood are logged. While no server answers, this asks again until the
  // reflection_timeout; where there is a cache, it asks each server once and then falls back on that. An error names
  // the server that could not be asked, and the cause.
  absl::StatusOr<std::unique_ptr<DescriptorSet>> Find();

  // Asks a server that has just been connected whether its services are still those that Find has found. When they are
  // not, logs that and writes them to the cache for the next start; what is offered stays as it is. Does nothing
  // without reflection.
  void Compare(const Backend& backend, std::stop_token stop);

 private:
  absl::StatusOr<std::unique_ptr<DescriptorSet>> ByReflection();
  // Asks again while no server can be reached.
  absl::StatusOr<Reflected> AskUntil(Deadline deadline);
  absl::StatusOr<std::unique_ptr<DescriptorSet>> FromCache(const absl::Status& why);
  void WriteCache() const;

  const Config& config_;
  Remote& remote_;
  const Logger log_;
  std::string found_;  // the files, serialized
};

}  // namespace tomada::grpc_client
