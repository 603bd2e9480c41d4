#include "support/redis_client.h"

#include <stdexcept>

#include <fmt/format.h>
#include <hiredis/hiredis.h>

namespace tomada::testing {
namespace {

RedisReply Copy(const redisReply& from) {
  RedisReply to;
  switch (from.type) {
    case REDIS_REPLY_INTEGER: to.kind = RedisReply::Kind::kInteger; break;
    case REDIS_REPLY_ARRAY: to.kind = RedisReply::Kind::kArray; break;
    case REDIS_REPLY_ERROR: to.kind = RedisReply::Kind::kError; break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS: to.kind = RedisReply::Kind::kText; break;
    default: return to;
  }
  to.integer = from.type == REDIS_REPLY_INTEGER ? from.integer : 0;
  if (from.str != nullptr) to.text.assign(from.str, from.len);
  for (size_t i = 0; i < from.elements; ++i) to.elements.push_back(Copy(*from.element[i]));
  return to;
}

timeval ToTimeval(std::chrono::milliseconds duration) {
  timeval result;
  result.tv_sec = duration.count() / 1000;
  result.tv_usec = duration.count() % 1000 * 1000;
  return result;
}

}  // namespace

void RedisClient::Free::operator()(redisContext* context) const { redisFree(context); }

RedisClient::RedisClient(uint16_t port, std::chrono::milliseconds patience)
    : context_(redisConnectWithTimeout("127.0.0.1", port, ToTimeval(patience))) {
  if (!context_ || context_->err != 0) {
    throw std::runtime_error(fmt::format("port {}: {}", port, context_ ? context_->errstr : "out of memory"));
  }
  redisSetTimeout(context_.get(), ToTimeval(patience));
}

RedisClient::~RedisClient() = default;

RedisReply RedisClient::Command(const std::vector<std::string>& words) {
  std::vector<const char*> pointers;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    pointers.push_back(word.data());
    sizes.push_back(word.size());
  }
  void* reply = redisCommandArgv(context_.get(), static_cast<int>(words.size()), pointers.data(), sizes.data());
  if (reply == nullptr) throw std::runtime_error(fmt::format("no answer to {}: {}", words.at(0), context_->errstr));
  RedisReply copy = Copy(*static_cast<redisReply*>(reply));
  freeReplyObject(reply);
  return copy;
}

}  // namespace tomada::testing
