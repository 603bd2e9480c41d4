#include "dispatch/request.h"

namespace tomada::pistache_http {
namespace {

google::protobuf::ArenaOptions StartWith(char* block, size_t size) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = size;
  return options;
}

}  // namespace

Request::Request() : arena_(StartWith(first_block_, sizeof first_block_)) {}

void Request::Clear() {
  net::Request::Clear();
  arena_.Reset();
}

}  // namespace tomada::pistache_http
