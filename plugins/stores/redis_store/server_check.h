#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "config.h"
#include "resp.h"

namespace tomada::redis_store {

// What makes a server the right one: that it is a primary, of the same process as before, evicts nothing, syncs when
// that is promised, and holds this format in as many buckets. The handshake checks it, and the connection asks again
// twice a second, because any of it may change under a connection that lives: FLUSHALL, REPLICAOF, CONFIG SET.
//
// UNAVAILABLE when it may go better elsewhere or later, FAILED_PRECONDITION when a person must act.
class ServerCheck {
 public:
  ServerCheck() = default;
  // The config outlives it.
  ServerCheck(const Config& config, std::string run_id) : config_(&config), run_id_(std::move(run_id)) {}

  // Appends the commands and returns how many there are. It costs the server about 35 us.
  size_t Encode(std::string& out) const;
  // Reply `i` of them; no error reply.
  absl::Status OnReply(size_t i, const Reply& reply) const;

 private:
  const Config* config_ = nullptr;
  std::string run_id_;
};

// How the data lies: what PREFIX:meta holds.
inline constexpr std::string_view kFormat = "1";

// The parts of it. `info` is the answer to INFO.
absl::Status CheckInfo(const Config& config, std::string_view info);
// `reply` is the answer to HMGET MetaKey format buckets.
absl::Status CheckMeta(const Config& config, const Reply& reply);
// With durability: synced only. `reply` is the answer to CONFIG GET appendfsync.
absl::Status CheckFsync(const Reply& reply);

// The value of "name:value\r\n" in the answer to INFO; empty when it is not there.
std::string_view InfoField(std::string_view info, std::string_view name);

}  // namespace tomada::redis_store
