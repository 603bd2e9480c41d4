#pragma once

#include <string>
#include <vector>

#include "net/tls/context.h"
#include "server_address.h"
#include "tomada/config.h"
#include "tomada/secret.h"
#include "tomada/store.h"

namespace tomada::redis_store {

// What the server is to us.
enum class Role { kPrimary, kCache };
constexpr auto EnumNames(Role) {
  return std::array{std::pair{Role::kPrimary, "primary"}, std::pair{Role::kCache, "cache"}};
}

struct TlsConfig : ConfigKeys<TlsConfig> {
  std::string ca =
      Key("ca", &TlsConfig::ca)
          .Help(
              "PEM file of the authorities that may have signed the servers' certificates; empty: those that the "
              "system trusts.");
  std::string certificate = Key("certificate", &TlsConfig::certificate)
                                .Help("PEM file of our own certificate, for servers that ask for one.");
  std::string key = Key("key", &TlsConfig::key).Help("PEM file of its key.");
  std::string server_name =
      Key("server_name", &TlsConfig::server_name)
          .Help(
              "Name that the certificates must have; empty: the host that is connected to, as `url` or a Sentinel "
              "says it.");
  bool sentinels =
      Key("sentinels", &TlsConfig::sentinels, true).Help("With sentinels: they speak TLS as the servers do.");

  // What is in the files is checked as well, when there are any.
  absl::Status Check() const;
  bool empty() const { return (ca + certificate + key + server_name).empty() && sentinels; }
  // `prefix` is that of the keys in errors.
  net::TlsClientContext::Files Files(const std::string& prefix) const;
};

struct Config : ConfigKeys<Config> {
  Secret url = Key("url", &Config::url, Secret("redis://127.0.0.1:6379/0"))
                   .Help(
                       "redis://[user:password@]host[:port][/db], rediss:// for TLS, or unix:/path[?db=n]; "
                       "redis://127.0.0.1:6379/0 when left out. With sentinels, all but host and port count.");
  TlsConfig tls = Key("tls", &Config::tls).Help("With rediss://.");
  std::vector<std::string> sentinels =
      Key("sentinels", &Config::sentinels)
          .Help("host:port of each Sentinel; when set, they say which server is the primary.");
  std::string master = Key("master", &Config::master).Help("The name that the Sentinels know the primary by.");
  std::string key_prefix = Key("key_prefix", &Config::key_prefix, "tomada")
                               .Help("Begins every key, so that several systems can share a server.");
  int buckets = Key("buckets", &Config::buckets, 256)
                    .Range(1, 16384)
                    .Help("Parts that each table falls into, recorded on the server at first use and never changed.");
  Role role = Key("role", &Config::role, Role::kPrimary)
                  .Help("primary: the server must never evict. cache: what it holds may vanish at any time.");
  Durability durability =
      Key("durability", &Config::durability, Durability::kApplied)
          .Help(
              "What an acknowledged write has reached: the server's memory, its disk (needs appendfsync always), or "
              "replicas.");
  int replicas =
      Key("replicas", &Config::replicas, 1)
          .Range(1, 16)
          .Help(
              "With durability: replicated, how many must have a write. All that may be promoted; fewer survive the "
              "death of the primary, but not a planned fail-over.");
  int io_threads = Key("io_threads", &Config::io_threads, 0)
                       .Range(0, 64)
                       .Help("Threads, each with one connection; 0 means one for each two cores.");
  int max_calls = Key("max_calls", &Config::max_calls, 16384)
                      .Range(1, 1'000'000)
                      .Help("Calls that may wait or be in flight on each thread; more are refused at once.");
  ByteSize max_bytes = Key("max_bytes", &Config::max_bytes, {uint64_t{64} << 20})
                           .Range(ByteSize{uint64_t{2} << 20}, ByteSize{uint64_t{16} << 30})
                           .Help("Bytes that those calls may hold on each thread.");
  absl::Duration connect_timeout =
      Key("connect_timeout", &Config::connect_timeout, absl::Seconds(1))
          .Range(absl::Milliseconds(10), absl::Minutes(1))
          .Help("For each address to connect, and for each answer until the first command, however slowly it comes.");
  absl::Duration stall_timeout =
      Key("stall_timeout", &Config::stall_timeout, absl::Milliseconds(1500))
          .Range(absl::Milliseconds(50), absl::Minutes(5))
          .Help("A connection that owes an answer and has sent neither that nor 4 KiB of it for so long is given up.");

  absl::Status Check() const;
};

}  // namespace tomada::redis_store
