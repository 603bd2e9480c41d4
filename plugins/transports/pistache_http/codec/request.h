// One request, complete, whatever protocol it came by.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/arena.h>

namespace tomada::pistache_http {

struct Header {
  std::string_view name;  // lower case
  std::string_view value;
};

// Owns all that belongs to the request: what its views point to and, on its arena, the messages of the call.
class Request {
 public:
  Request();
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  std::string_view method;  // as sent: methods are case-sensitive
  std::string_view target;  // path and query, percent-encoded
  std::vector<Header> headers;
  std::string body;
  std::string_view id;  // of X-Request-Id, the client's or one that was made; set before anything answers

  // The first value of `name` (lower case); nothing when absent.
  std::optional<std::string_view> Find(std::string_view name) const;

  // Copies, alive as long as the request.
  std::string_view Keep(std::string_view text);
  std::string_view KeepLowerCase(std::string_view text);

  google::protobuf::Arena& arena() { return arena_; }

 private:
  friend class RequestPool;
  void Clear();

  // Enough for the headers and messages of nearly every request, so that one costs no allocation.
  alignas(8) char first_block_[4096];
  google::protobuf::Arena arena_;
};

class RequestPool;

struct ReturnToPool {
  RequestPool* pool = nullptr;
  void operator()(Request* request) const;
};
using RequestPtr = std::unique_ptr<Request, ReturnToPool>;

// Requests of one worker, kept for the next ones. One thread; outlives its requests.
class RequestPool {
 public:
  RequestPtr Take();
  // Requests that have not come back.
  size_t outstanding() const { return outstanding_; }

 private:
  friend struct ReturnToPool;
  void Return(Request* request);

  std::vector<std::unique_ptr<Request>> free_;
  size_t outstanding_ = 0;
};

}  // namespace tomada::pistache_http
