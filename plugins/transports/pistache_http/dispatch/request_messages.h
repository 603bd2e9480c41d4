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
  enum class Next { kMessage, kEnd, kMore };

  // A body that is there, one message; none when it is empty. Where the method takes none there is one of path and
  // query. `binding` and what `body` refers to outlive it.
  RequestMessages(const Binding& binding, std::vector<std::string> path_values, QueryParameters query, Content body);
  // A body that comes in pieces, in which each line is a body of its own, of at most `max_line` bytes, and blank ones
  // are none.
  RequestMessages(const Binding& binding, std::vector<std::string> path_values, QueryParameters query, size_t max_line);

  // Makes `message` the next one. After kMore it is called again when there is more in lines(), or the end is known.
  // INVALID_ARGUMENT names the field, and the line by its number; RESOURCE_EXHAUSTED: a line is too long.
  absl::StatusOr<Next> Read(google::protobuf::Message* message);

  // What arrives of the body is appended here.
  std::string& lines() { return lines_; }
  // There is no more than that.
  void EndLines() { whole_ = true; }

 private:
  // The next line that is not blank, without its end; empty when there is none yet.
  std::string_view NextLine();

  const Binding& binding_;
  std::vector<std::string> path_values_;
  QueryParameters query_;
  Content body_;
  size_t max_line_ = 0;  // 0: no lines
  std::string lines_;
  size_t begin_ = 0;    // of lines_: where the next line does
  size_t scanned_ = 0;  // up to there it has no end
  size_t line_ = 0;     // how many have been taken from the body
  bool whole_ = false;
  bool ended_ = false;
};

}  // namespace tomada::pistache_http
