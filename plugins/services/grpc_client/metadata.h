// Which metadata goes on to the server, and which comes back.
#pragma once

#include "tomada/call.h"

namespace tomada::grpc_client {

// Everything the client sent, `authorization` and `via` among it, except what belongs to the connection it came on (RFC
// 9110 section 7.6.1), what gRPC sets itself, and what it cannot carry. `x-request-id` is the call's id, so that the
// log lines of both processes name the call alike; `traceparent` names the call's own span, when it belongs to a trace;
// `x-forwarded-for` is the client's address. The principal stays here.
Metadata ToServer(Call& call);

// Adds the server's initial metadata, by the same rule.
void AddFromServer(const Metadata& received, Metadata& metadata);

}  // namespace tomada::grpc_client
