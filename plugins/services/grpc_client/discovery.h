// Where a component's services come from: a file, or the servers themselves.
#pragma once

#include <chrono>
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

  // The descriptor set of the config. By reflection: what the first server says that can be asked, and the cache is
  // written. While none can, that takes until the reflection_timeout; when there is a cache, no longer than it takes to
  // find out, and then what the cache holds counts. An error says which server could not be asked, and why.
  absl::StatusOr<std::unique_ptr<DescriptorSet>> Find();

  // Asks a server that has just been connected. What was found stays what is offered; when this one says otherwise,
  // that is logged and goes to the cache, for the next start. Does nothing without reflection.
  void Compare(Backend& backend, std::stop_token stop);

 private:
  // Again and again while no server is there.
  absl::StatusOr<Reflected> AskUntil(std::chrono::system_clock::time_point deadline);
  absl::StatusOr<std::unique_ptr<DescriptorSet>> FromCache(const absl::Status& why);
  void WriteCache() const;

  const Config& config_;
  Remote& remote_;
  const Logger log_;
  std::string found_;  // the files, serialized
};

}  // namespace tomada::grpc_client
