#pragma once

#include <absl/status/status.h>

#include "dispatch/request.h"

namespace tomada::pistache_http {

// OK when the body can be read as JSON in UTF-8: by its Content-Type (application/json or any type ending in +json; one
// that is left out counts as JSON) and without Content-Encoding. Else INVALID_ARGUMENT, to be answered with 415.
absl::Status CheckJson(const Request& request);
// The same for a stream of messages, which may be lines of JSON as well: see IsJsonLines.
absl::Status CheckJsonStream(const Request& request);
// By its Content-Type the body has a JSON text in each line: application/x-ndjson or application/jsonl.
bool IsJsonLines(const net::Request& request);
// OK when the body can be passed on as it is: without Content-Encoding, and with a Content-Type of plain ASCII or none.
absl::Status CheckRaw(const Request& request);

}  // namespace tomada::pistache_http
