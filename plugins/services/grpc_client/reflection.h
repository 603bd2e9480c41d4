// What a server says of its own services.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.pb.h>

#include <absl/status/statusor.h>

#include "wire.h"

namespace tomada::grpc_client {

struct Reflected {
  // With all imports, in the order of their names, and with no service but those that the server offers: so two answers
  // are equal when they say the same.
  google::protobuf::FileDescriptorSet files;
  // Services that the server names and does not describe, each with the reason.
  std::vector<std::string> left_out;
};

// Asks by grpc.reflection.v1, or v1alpha where that is what there is. `names` are the services to ask for, or, when it
// is empty, all but gRPC's own (reflection, health, channelz). Blocks until `deadline` at most, and not long after
// `stop`.
//
// An import that the server does not have is left out of the file that imports it when nothing of it is used; options
// need no import to be there. UNAVAILABLE when there is no connection, UNIMPLEMENTED when the server does not offer
// reflection, NOT_FOUND for a name that it lacks, with those that it has, RESOURCE_EXHAUSTED when it says more than
// kMaxDescriptors.
absl::StatusOr<Reflected> AskForServices(Wire& wire, const Backend& backend, const std::vector<std::string>& names,
                                         Deadline deadline, std::stop_token stop = {});

}  // namespace tomada::grpc_client
