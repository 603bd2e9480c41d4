// The messages of a request whose method takes a stream of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include "transcode/binding.h"

namespace tomada::pistache_http {

// Bound one at a time, as they are asked for: a body of many short lines is never many messages at once.
class RequestMessages {
 public:
  // `binding` and what `body` refers to outlive it. With `lines` each line of the body is a body of its own, and blank
  // ones are none; else the whole is. An empty body is no message, but where the method takes none there is one message
  // of path and query.
  RequestMessages(const Binding& binding, std::vector<std::string> path_values, QueryParameters query, Content body,
                  bool lines);

  // Makes `message` the next one; false when there is none. INVALID_ARGUMENT names the field, and the line by its
  // number.
  absl::StatusOr<bool> Next(google::protobuf::Message* message);

 private:
  // The next line that is not blank; empty when there is none.
  std::string_view NextLine();

  const Binding& binding_;
  std::vector<std::string> path_values_;
  QueryParameters query_;
  Content body_;
  bool lines_;
  std::string_view rest_;
  size_t line_ = 0;  // how many have been taken from the body
  bool ended_;
};

}  // namespace tomada::pistache_http
