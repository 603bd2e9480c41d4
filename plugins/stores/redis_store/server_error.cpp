#include "server_error.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include <fmt/format.h>

namespace tomada::redis_store {
namespace {

bool IsOneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

std::string_view FirstWord(std::string_view reply) { return reply.substr(0, reply.find(' ')); }

}  // namespace

ErrorKind KindOfError(std::string_view reply) {
  const std::string_view word = FirstWord(reply);
  if (word == "NOSCRIPT") return ErrorKind::kUnknownScript;
  if (IsOneOf(word, {"LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN"})) return ErrorKind::kRetry;
  if (IsOneOf(word, {"READONLY", "NOAUTH"})) return ErrorKind::kReconnect;
  if (IsOneOf(word, {"MISCONF", "NOREPLICAS", "NOPERM"}) || IsRefusalWithinScript(reply)) return ErrorKind::kRefused;
  return ErrorKind::kFail;
}

bool IsRefusalWithinScript(std::string_view reply) {
  return reply.find("The user executing the script can't") != std::string_view::npos ||  // up to 7.0
         reply.find("ACL failure in script") != std::string_view::npos;                  // from 7.2 on
}

absl::Status FailureOf(std::string_view reply) {
  const std::string_view word = FirstWord(reply);
  if (word == "OOM") return absl::ResourceExhaustedError("Redis is at its maxmemory and takes no writes");
  // The server's words are for an operator; they quote no arguments.
  if (KindOfError(reply) == ErrorKind::kRefused) return absl::UnavailableError(fmt::format("Redis: {}", reply));
  // Redis 6 quotes a script's error within one of its own.
  if (reply.find("WRONGTYPE") != std::string_view::npos) {
    return absl::DataLossError("a key holds a type that this store did not write");
  }
  return absl::InternalError(fmt::format("Redis: {}", reply));
}

}  // namespace tomada::redis_store
