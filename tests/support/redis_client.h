// Looks at a Redis server from outside, one command at a time: with hiredis' blocking calls, not with our own client.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct redisContext;

namespace tomada::testing {

struct RedisReply {
  enum class Kind { kNil, kText, kInteger, kArray, kError };
  Kind kind = Kind::kNil;
  std::string text;  // of a kText; of a kError, as it came: "NOAUTH Authentication required."
  int64_t integer = 0;
  std::vector<RedisReply> elements;
};

// One connection. Not thread-safe.
class RedisClient {
 public:
  // Throws std::runtime_error when it cannot connect. An answer is waited for as long as `patience`.
  explicit RedisClient(uint16_t port, std::chrono::milliseconds patience = std::chrono::seconds(5));
  ~RedisClient();
  RedisClient(RedisClient&&) = default;

  // Errors of the server are replies; std::runtime_error when none comes.
  RedisReply Command(const std::vector<std::string>& words);

 private:
  struct Free {
    void operator()(redisContext* context) const;
  };
  std::unique_ptr<redisContext, Free> context_;
};

}  // namespace tomada::testing
