#include "codec/request.h"

#include <algorithm>
#include <cstring>

namespace tomada::pistache_http {
namespace {

constexpr size_t kMaxFree = 64;
constexpr size_t kMaxBodyKept = 16 << 10;

google::protobuf::ArenaOptions StartWith(char* block, size_t size) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = size;
  return options;
}

char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

Request::Request() : arena_(StartWith(first_block_, sizeof first_block_)) {}

std::optional<std::string_view> Request::Find(std::string_view name) const {
  for (const Header& header : headers) {
    if (header.name == name) return header.value;
  }
  return std::nullopt;
}

std::string_view Request::Keep(std::string_view text) {
  if (text.empty()) return {};
  char* copy = google::protobuf::Arena::CreateArray<char>(&arena_, text.size());
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

std::string_view Request::KeepLowerCase(std::string_view text) {
  if (text.empty()) return {};
  char* copy = google::protobuf::Arena::CreateArray<char>(&arena_, text.size());
  std::transform(text.begin(), text.end(), copy, LowerCase);
  return {copy, text.size()};
}

void Request::Clear() {
  method = target = id = {};
  headers.clear();
  body.clear();
  if (body.capacity() > kMaxBodyKept) body.shrink_to_fit();
  arena_.Reset();
}

void ReturnToPool::operator()(Request* request) const { pool->Return(request); }

RequestPtr RequestPool::Take() {
  ++outstanding_;
  if (free_.empty()) return RequestPtr(new Request, ReturnToPool{this});
  Request* request = free_.back().release();
  free_.pop_back();
  return RequestPtr(request, ReturnToPool{this});
}

void RequestPool::Return(Request* request) {
  --outstanding_;
  std::unique_ptr<Request> owned(request);
  if (free_.size() >= kMaxFree) return;
  owned->Clear();
  free_.push_back(std::move(owned));
}

}  // namespace tomada::pistache_http
