#include "net/server/request.h"

#include <algorithm>
#include <cstring>

namespace tomada::net {
namespace {

constexpr size_t kMaxFree = 64;
constexpr size_t kMaxBodyKept = 16 << 10;

char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

std::optional<std::string_view> Request::Find(std::string_view name) const {
  for (const Header& header : headers) {
    if (header.name == name) return header.value;
  }
  return std::nullopt;
}

std::string_view Request::Keep(std::string_view text) {
  if (text.empty()) return {};
  char* copy = Allocate(text.size());
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

std::string_view Request::KeepLowerCase(std::string_view text) {
  if (text.empty()) return {};
  char* copy = Allocate(text.size());
  std::transform(text.begin(), text.end(), copy, LowerCase);
  return {copy, text.size()};
}

void Request::Clear() {
  method = target = id = {};
  headers.clear();
  body.clear();
  body_follows = false;
  slot = CallSlot();
  if (body.capacity() > kMaxBodyKept) body.shrink_to_fit();
  text_.release();
}

void ReturnToPool::operator()(Request* request) const { pool->Return(request); }

RequestPtr RequestPool::Take() {
  ++outstanding_;
  if (free_.empty()) return RequestPtr(make_().release(), ReturnToPool{this});
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

}  // namespace tomada::net
