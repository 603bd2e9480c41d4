#include "support/redis_sentinels.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace tomada::testing {
namespace {

constexpr size_t kSentinels = 3;

std::vector<std::string> SentinelSettings(const std::string& host, uint16_t port) {
  const std::string name = RedisSentinels::kMaster;
  return {
      fmt::format("sentinel monitor {} {} {} 2", name, host, port),
      fmt::format("sentinel down-after-milliseconds {} 1000", name),
      // Also the time in which no second fail-over of the same primary begins, twice.
      fmt::format("sentinel failover-timeout {} 2000", name),
      fmt::format("sentinel parallel-syncs {} 8", name),
  };
}

// They look round every ten seconds by default: too seldom for a test that kills one server after the other. And they
// connect again a second after the last try, which after a fail-over can be when the new primary has just been silent
// for a second, and counts as down itself.
void Hurry(const RedisServer& sentinel) {
  sentinel.Command({"SENTINEL", "DEBUG", "INFO-PERIOD", "500", "PUBLISH-PERIOD", "300", "PING-PERIOD", "300"});
}

// The value after `name` in a flat list of names and values.
std::string Field(const RedisReply& fields, const std::string& name) {
  for (size_t i = 0; i + 1 < fields.elements.size(); i += 2) {
    if (fields.elements[i].text == name) return fields.elements[i + 1].text;
  }
  return {};
}

bool Knows(const RedisServer& sentinel, size_t replicas) {
  const RedisReply quorum = sentinel.Command({"SENTINEL", "CKQUORUM", RedisSentinels::kMaster});
  const RedisReply others = sentinel.Command({"SENTINEL", "SENTINELS", RedisSentinels::kMaster});
  const RedisReply known = sentinel.Command({"SENTINEL", "REPLICAS", RedisSentinels::kMaster});
  return quorum.text.starts_with("OK") && others.elements.size() == kSentinels - 1 &&
         static_cast<size_t>(std::ranges::count_if(known.elements, [](const RedisReply& replica) {
           return Field(replica, "flags") == "slave" && Field(replica, "master-link-status") == "ok";
         })) == replicas;
}

}  // namespace

class RedisSentinels::SentinelServer : public RedisServer {
 public:
  SentinelServer(const std::vector<std::string>& settings, const FarNetwork* network)
      : RedisServer(Sentinel(), settings, network) {}
};

RedisSentinels::RedisSentinels(size_t replicas, const std::vector<std::string>& settings, const FarNetwork* far)
    : far_(far) {
  for (size_t i = 0; i <= replicas; ++i) {
    std::vector<std::string> own = settings;
    own.push_back(Bind(i));
    own.push_back("repl-diskless-sync-delay 0");  // else a primary waits five seconds for more replicas to come
    if (i > 0) own.push_back(fmt::format("replicaof {} {}", HostOf(0), servers_[0]->port()));
    servers_.push_back(std::make_unique<RedisServer>(own, NetworkOf(i)));
  }
  // In step first: a sentinel that has once seen a replica without its primary looks again only much later.
  RedisServer::WaitUntil("replicas are in step",
                         [&] { return servers_[0]->Info("connected_slaves") == std::to_string(replicas); });
  for (size_t i = 0; i < kSentinels; ++i) {
    std::vector<std::string> own = SentinelSettings(HostOf(0), servers_[0]->port());
    own.push_back(Bind(i));
    sentinels_.push_back(std::make_unique<SentinelServer>(own, NetworkOf(i)));
    Hurry(*sentinels_.back());
  }
  WaitForReplicas(replicas);
}

std::string RedisSentinels::HostOf(size_t number) const {
  if (far_ == nullptr) return "127.0.0.1";
  return number == 0 ? FarNetwork::kNear : FarNetwork::kFar;
}

std::vector<std::string> RedisSentinels::addresses() const {
  std::vector<std::string> result;
  for (size_t i = 0; i < sentinels_.size(); ++i) {
    result.push_back(fmt::format("{}:{}", HostOf(i), sentinels_[i]->port()));
  }
  return result;
}

size_t RedisSentinels::primary() const {
  std::vector<size_t> votes(servers_.size());
  for (const auto& sentinel : sentinels_) {
    if (!sentinel->running()) continue;
    const RedisReply address = sentinel->Command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", kMaster});
    for (size_t i = 0; i < servers_.size() && address.elements.size() == 2; ++i) {
      votes[i] +=
          address.elements[0].text == HostOf(i) && address.elements[1].text == std::to_string(servers_[i]->port());
    }
  }
  return static_cast<size_t>(std::ranges::max_element(votes) - votes.begin());
}

size_t RedisSentinels::KillPrimary() {
  const size_t number = primary();
  servers_[number]->Kill();
  return number;
}

size_t RedisSentinels::WaitForPrimaryOtherThan(size_t old) const {
  size_t now = old;
  RedisServer::WaitUntil("there is another primary", [&] {
    now = primary();
    return now != old && servers_[now]->running() && servers_[now]->Info("role") == "master";
  });
  return now;
}

void RedisSentinels::AddBack(size_t number) {
  const size_t now = primary();
  servers_[number]->Restart({"--replicaof", HostOf(now), std::to_string(servers_[now]->port())});
  RedisServer::WaitUntil("the replica is in step", [&] {
    // On a busy machine the Sentinels may have failed over once more, to this one.
    return servers_[number]->Info("master_link_status") == "up" || primary() == number;
  });
}

void RedisSentinels::WaitForReplicas(size_t count) const {
  RedisServer::WaitUntil("the primary's replicas are in step", [&] {
    size_t online = 0;
    for (size_t i = 0; i < count; ++i) {
      online += servers_[primary()]->Info(fmt::format("slave{}", i)).find("state=online") != std::string::npos;
    }
    return online == count;
  });
  RedisServer::WaitUntil("the sentinels know each other and the replicas", [&] {
    return std::ranges::all_of(sentinels_, [&](const auto& sentinel) { return Knows(*sentinel, count); });
  });
}

}  // namespace tomada::testing
