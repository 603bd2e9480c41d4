// Passes the messages of a stream on, in either direction.
#pragma once

#include <google/protobuf/message.h>

#include <absl/status/status.h>

#include "exchange.h"
#include "tomada/call.h"
#include "tomada/service.h"
#include "tomada/task.h"

namespace tomada::grpc_client {

// Each reads a message, passes it on, and only then reads the next, so that a slow receiver slows the sender down. The
// status returned says whether our caller's end failed; how the call ended at the server, the exchange says.

// Until there are no more requests, or the server takes none. When they end with an error, the call is cancelled.
// `request` is a prototype.
Task<absl::Status> SendAll(Exchange& exchange, const google::protobuf::Message& request, MessageReader& requests);

// Until the server has sent its last answer; with the first one comes its metadata. When an answer cannot be passed on,
// the call is cancelled. `response` is a prototype, and no answer is larger than `max_message`.
Task<absl::Status> ReceiveAll(Exchange& exchange, Call& call, size_t max_message,
                              const google::protobuf::Message& response, MessageWriter& responses);

// Both at once. Requests that come after the last answer are of no interest to the server.
Task<absl::Status> Relay(Exchange& exchange, Call& call, size_t max_message, const google::protobuf::Message& request,
                         const google::protobuf::Message& response, MessageReader& requests, MessageWriter& responses);

}  // namespace tomada::grpc_client
