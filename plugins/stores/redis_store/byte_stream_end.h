#pragma once

#include <absl/status/status.h>

#include "net/tls/byte_stream.h"

namespace tomada::redis_store {

// Why a stream has just ended, for people, with what to do. FAILED_PRECONDITION when a person must act: the
// certificates of the two ends do not suit each other, or what answers speaks no TLS. Else UNAVAILABLE.
absl::Status WhyEnded(const net::ByteStream& stream);

}  // namespace tomada::redis_store
