// One request, whatever protocol it came by.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tomada/budget.h"

namespace tomada::net {

struct Header {
  std::string_view name;  // lower case
  std::string_view value;
};

class Worker;

// The place that a call has from when its handler is called until that has ended, whatever the client does meanwhile.
// On the worker's thread.
class CallSlot {
 public:
  CallSlot() = default;  // none
  CallSlot(Worker& worker, uint64_t connection, Lease of_process)
      : worker_(&worker), connection_(connection), of_process_(std::move(of_process)) {}
  CallSlot(CallSlot&& other) noexcept
      : worker_(std::exchange(other.worker_, nullptr)),
        connection_(other.connection_),
        of_process_(std::move(other.of_process_)) {}
  CallSlot& operator=(CallSlot&& other) noexcept {
    CallSlot old = std::move(*this);
    worker_ = std::exchange(other.worker_, nullptr);
    connection_ = other.connection_;
    of_process_ = std::move(other.of_process_);
    return *this;
  }
  ~CallSlot();

  explicit operator bool() const { return worker_ != nullptr; }

 private:
  Worker* worker_ = nullptr;
  uint64_t connection_ = 0;
  Lease of_process_;
};

// Owns what its views point to. Who serves it derives from it for whatever else lives as long.
class Request {
 public:
  Request() = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  virtual ~Request() = default;

  std::string_view method;  // as sent: methods are case-sensitive
  std::string_view target;  // path and query, percent-encoded
  std::vector<Header> headers;
  std::string body;
  bool body_follows = false;  // it comes in pieces, by ResponseStream::TakeBody; `body` is empty
  std::string_view id;        // of X-Request-Id, the client's or one that was made; set before anything answers

  CallSlot slot;  // while it is being served: whoever serves it keeps the request until the handler has ended

  // The first value of `name` (lower case); nothing when absent.
  std::optional<std::string_view> Find(std::string_view name) const;

  // Copies, alive as long as the request.
  std::string_view Keep(std::string_view text);
  std::string_view KeepLowerCase(std::string_view text);

 protected:
  // Makes it as good as new, for the next one.
  virtual void Clear();

 private:
  friend class RequestPool;
  char* Allocate(size_t size) { return static_cast<char*>(text_.allocate(size, 1)); }

  // Enough for the headers of nearly every request, so that one costs no allocation.
  char first_block_[2048];
  std::pmr::monotonic_buffer_resource text_{first_block_, sizeof first_block_};
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
  using Make = std::function<std::unique_ptr<Request>()>;

  explicit RequestPool(Make make) : make_(std::move(make)) {}

  RequestPtr Take();
  // Requests that have not come back.
  size_t outstanding() const { return outstanding_; }

 private:
  friend struct ReturnToPool;
  void Return(Request* request);

  const Make make_;
  std::vector<std::unique_ptr<Request>> free_;
  size_t outstanding_ = 0;
};

}  // namespace tomada::net
