// A primary, its replicas and three sentinels that agree within seconds that the primary is gone.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "support/redis_server.h"

namespace tomada::testing {

class RedisSentinels {
 public:
  // Starts them all and waits until every sentinel knows the others and every replica, and is fit to fail over.
  // `settings` are those of each data server. A primary counts as down after a second without an answer. With `far`,
  // the primary and one sentinel are near, the replicas and the other sentinels there.
  explicit RedisSentinels(size_t replicas, const std::vector<std::string>& settings = {},
                          const FarNetwork* far = nullptr);

  // Host and port of each sentinel.
  std::vector<std::string> addresses() const;
  // The name under which they know the primary.
  static constexpr char kMaster[] = "tomada";

  size_t size() const { return servers_.size(); }
  RedisServer& server(size_t number) { return *servers_[number]; }
  RedisServer& sentinel(size_t number) { return *sentinels_[number]; }

  // The number of the server that most sentinels name as the primary now.
  size_t primary() const;
  // Kills the primary and returns its number.
  size_t KillPrimary();
  // Waits until most sentinels name another server than `old`, and it says itself that it is one; its number.
  size_t WaitForPrimaryOtherThan(size_t old) const;
  // Starts a killed server again, as a replica of the primary, and waits until it has all of its data.
  void AddBack(size_t number);
  // Waits until `count` replicas of the primary are in step with it, and each sentinel knows them and the others, so
  // that a fail-over can be ordered.
  void WaitForReplicas(size_t count) const;

 private:
  class SentinelServer;

  // Of server or sentinel `number`.
  const FarNetwork* NetworkOf(size_t number) const { return number == 0 ? nullptr : far_; }
  std::string HostOf(size_t number) const;
  std::string Bind(size_t number) const { return "bind 127.0.0.1 " + (far_ == nullptr ? "" : HostOf(number)); }

  const FarNetwork* const far_;
  std::vector<std::unique_ptr<RedisServer>> servers_;
  std::vector<std::unique_ptr<RedisServer>> sentinels_;
};

}  // namespace tomada::testing
