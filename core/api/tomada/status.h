// Errors are absl::Status with gRPC's codes. This adds what travels with them.
//
// Details are payloads whose type URL begins with "type.googleapis.com/": messages for the client, such as
// google.rpc.BadRequest. Transports pass those on (grpc-status-details-bin, `details` in JSON), and what another server
// has sent (FromRpcStatus) as it came.
#ifndef TOMADA_STATUS_H_
#define TOMADA_STATUS_H_

#include <string>
#include <vector>

#include <absl/status/status.h>

namespace google::rpc {
class Status;
}

namespace tomada {

// Collects what is wrong with a request, so that the client learns all of it at once.
class FieldViolations {
 public:
  // `field` is the path in the request ("usuario.email"), empty for the request as a whole; `description` says what
  // would be right and never repeats the value.
  void Add(std::string field, std::string description);
  bool empty() const { return violations_.empty(); }

  // OK when empty; else INVALID_ARGUMENT with one google.rpc.BadRequest and a message that names the fields.
  absl::Status ToStatus() const;

 private:
  struct Violation {
    std::string field, description;
  };
  std::vector<Violation> violations_;
};

// The status as the message that gRPC and the HTTP error body carry, with the details of the client's kind.
google::rpc::Status ToRpcStatus(const absl::Status& status);
// The inverse: all details come back in their order, whatever their type URLs; of two with one type URL the first is
// the payload. An unknown code becomes UNKNOWN. Code 0 gives OK whatever the rest says.
absl::Status FromRpcStatus(const google::rpc::Status& status);

}  // namespace tomada

#endif  // TOMADA_STATUS_H_
