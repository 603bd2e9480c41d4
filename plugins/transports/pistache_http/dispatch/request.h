// A request of this server: with the messages of its call.
#pragma once

#include <memory>

#include <google/protobuf/arena.h>

#include "net/server/request.h"

namespace tomada::pistache_http {

class Request final : public net::Request {
 public:
  Request();

  google::protobuf::Arena& arena() { return arena_; }

 private:
  void Clear() override;

  // Enough for the messages of nearly every call, so that one costs no allocation.
  alignas(8) char first_block_[3072];
  google::protobuf::Arena arena_;
};

using RequestPtr = std::unique_ptr<Request, net::ReturnToPool>;

// All requests of this server's workers are of this class: see Server::Start.
inline RequestPtr OfThisServer(net::RequestPtr request) {
  const net::ReturnToPool back = request.get_deleter();
  return RequestPtr(static_cast<Request*>(request.release()), back);
}

}  // namespace tomada::pistache_http
