#pragma once

#include <string>
#include <vector>

#include "server_address.h"
#include "tomada/config.h"

namespace tomada::redis_store {

struct Config {
  std::string url = "redis://127.0.0.1:6379/0";
  std::vector<std::string> sentinels;
  std::string master;
  std::string key_prefix = "tomada";
  int buckets = 256;
  std::string role = "primary";
  std::string durability = "applied";
  int replicas = 1;
  int io_threads = 0;
  int max_calls = 16384;
  ByteSize max_bytes{uint64_t{64} << 20};
  absl::Duration connect_timeout = absl::Seconds(1);
  absl::Duration stall_timeout = absl::Milliseconds(1500);

  static void Describe(ConfigDescription<Config>& d) {
    d.Field("url", &Config::url)
        .Secret()
        .Help(
            "redis://[user:password@]host[:port][/db] or unix:/path[?db=n]; redis://127.0.0.1:6379/0 when left out. "
            "With sentinels, only its user, password and db count.");
    d.Field("sentinels", &Config::sentinels)
        .Help("host:port of each Sentinel; when set, they say which server is the primary.");
    d.Field("master", &Config::master).Help("The name that the Sentinels know the primary by.");
    d.Field("key_prefix", &Config::key_prefix).Help("Begins every key, so that several systems can share a server.");
    d.Field("buckets", &Config::buckets)
        .Range(1, 16384)
        .Help("Parts that each table falls into, recorded on the server at first use and never changed.");
    d.Field("role", &Config::role)
        .OneOf({"primary", "cache"})
        .Help("primary: the server must never evict. cache: what it holds may vanish at any time.");
    d.Field("durability", &Config::durability)
        .OneOf({"applied", "synced", "replicated"})
        .Help(
            "What an acknowledged write has reached: the server's memory, its disk (needs appendfsync always), or "
            "replicas.");
    d.Field("replicas", &Config::replicas)
        .Range(1, 16)
        .Help(
            "With durability: replicated, how many must have a write. All that may be promoted; fewer survive the "
            "death of the primary, but not a planned fail-over.");
    d.Field("io_threads", &Config::io_threads)
        .Range(0, 64)
        .Help("Threads, each with one connection; 0 means one for each two cores.");
    d.Field("max_calls", &Config::max_calls)
        .Range(1, 1'000'000)
        .Help("Calls that may wait or be in flight on each thread; more are refused at once.");
    d.Field("max_bytes", &Config::max_bytes)
        .Range(ByteSize{uint64_t{2} << 20}, ByteSize{uint64_t{16} << 30})
        .Help("Bytes that those calls may hold on each thread.");
    d.Field("connect_timeout", &Config::connect_timeout)
        .Range(absl::Milliseconds(10), absl::Minutes(1))
        .Help("For each address: to connect and to answer the first questions.");
    d.Field("stall_timeout", &Config::stall_timeout)
        .Range(absl::Milliseconds(50), absl::Minutes(5))
        .Help("A connection that owes an answer and has sent nothing for so long is given up.");
    d.Check(CheckConfig);
  }

  static absl::Status CheckConfig(const Config& config);
};

}  // namespace tomada::redis_store
