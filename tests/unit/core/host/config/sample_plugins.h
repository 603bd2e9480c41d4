// Plugins and an environment for the tests of profiles. Nothing is ever created from these plugins.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/profile.h"
#include "plugin_set.h"

namespace tomada {

struct StoreConfig {
  int shards = 16;
  absl::Duration expiry = absl::Hours(1);
  ByteSize value_limit{1 << 20};

  static void Describe(ConfigDescription<StoreConfig>& d) {
    d.Field("shards", &StoreConfig::shards).Range(1, 1024).Help("Parts with a lock each.");
    d.Field("expiry", &StoreConfig::expiry).Range(absl::Seconds(1), absl::Hours(24)).Help("Of every record.");
    d.Field("value_limit", &StoreConfig::value_limit).Range(ByteSize{1}, ByteSize{64 << 20}).Help("Of one record.");
  }
};

struct RemoteStoreConfig {
  HostPort server;
  std::string password;
  int database = 0;

  static void Describe(ConfigDescription<RemoteStoreConfig>& d) {
    d.Field("server", &RemoteStoreConfig::server).Required().Help("Where it is.");
    d.Field("password", &RemoteStoreConfig::password).Secret().Help("Sent by AUTH.");
    d.Field("database", &RemoteStoreConfig::database).Secret().Range(0, 15).Help("Its number.");
    // Shows what it is given, as a careless plugin would.
    d.Check([](const RemoteStoreConfig& config) {
      if (config.password != "throw" && config.server.port != 1) return absl::OkStatus();
      if (config.password == "throw") throw std::runtime_error("cannot bear " + config.password);
      return absl::InvalidArgumentError("`user` and `password` " + config.password + " do not go with port 1 of " +
                                        config.server.host);
    });
  }
};

struct ServiceConfig {
  std::string mode = "strict";
  ByteSize hash_memory{19 << 20};
  int hash_rounds = 2;

  static void Describe(ConfigDescription<ServiceConfig>& d) {
    d.Field("mode", &ServiceConfig::mode).OneOf({"strict", "lenient"}).Help("How to judge input.");
    d.Field("hash.memory", &ServiceConfig::hash_memory).Help("For one password.");
    d.Field("hash.rounds", &ServiceConfig::hash_rounds).Range(1, 10).Help("Over that memory.");
    d.Check([](const ServiceConfig& config) {
      if (config.hash_rounds < 10) return absl::OkStatus();
      return absl::InvalidArgumentError("`mode: " + config.mode + "` does not go with so dear a `hash`");
    });
  }
};

struct TransportConfig {
  HostPort listen{"127.0.0.1", 8000};
  int workers = 0;
  bool reflection = true;
  double backlog_ratio = 0.5;
  std::vector<std::string> origins;

  static void Describe(ConfigDescription<TransportConfig>& d) {
    d.Field("listen", &TransportConfig::listen).Help("Address to bind.");
    d.Field("workers", &TransportConfig::workers).Range(0, 64).Help("Threads; 0 means one for each core.");
    d.Field("reflection", &TransportConfig::reflection).Help("Answers what it serves.");
    d.Field("backlog_ratio", &TransportConfig::backlog_ratio).Range(0, 1).Help("Share that may wait.");
    d.Field("origins", &TransportConfig::origins).Help("Who may call.");
  }
};

// What is one component's alone.
struct FrontConfig : ConfigKeys<FrontConfig> {
  HostPort listen = Key("listen", &FrontConfig::listen, {"127.0.0.1", 8000}).Claims(Claim::kPort).Help("Address.");
  HostPort second = Key("second", &FrontConfig::second, {"127.0.0.1", 0}).Claims(Claim::kPort).Help("Another.");
  std::string socket =
      Key("socket", &FrontConfig::socket).Claims(Claim::kUnixSocket, "listen").Help("In place of `listen`.");
};

struct DiskConfig : ConfigKeys<DiskConfig> {
  std::string path = Key("path", &DiskConfig::path).Required().Claims(Claim::kDirectory).Help("Where it is kept.");
};

// Objects of every kind.
struct TlsConfig : ConfigKeys<TlsConfig> {
  std::string certificate = Key("certificate", &TlsConfig::certificate).Help("A file.");
  std::string key = Key("key", &TlsConfig::key).Help("Another.");

  absl::Status Check() const {
    return certificate.empty() == key.empty() ? absl::OkStatus()
                                              : absl::InvalidArgumentError("`certificate` and `key` go together");
  }
};

struct RuleConfig : ConfigKeys<RuleConfig> {
  std::string name = Key("name", &RuleConfig::name).Required().Help("For the log.");
  std::string then = Key("then", &RuleConfig::then, "deny").OneOf({"allow", "deny"}).Help("What to do.");
  int rate = Key("limit.rate", &RuleConfig::rate, 0).Range(0, 10).Help("Calls a second.");
  std::vector<std::string> methods = Key("methods", &RuleConfig::methods).Help("Which.");
};

struct ClientConfig : ConfigKeys<ClientConfig> {
  std::string token = Key("token", &ClientConfig::token).Secret().Required().Help("What it sends.");
  HostPort callback = Key("callback", &ClientConfig::callback).Claims(Claim::kPort).Help("Where it is told.");
  std::vector<RuleConfig> policy = Key("policy", &ClientConfig::policy).Help("Its own.");

  // Shows what it is given, as a careless plugin would.
  absl::Status Check() const {
    return token.size() > 7 ? absl::OkStatus() : absl::InvalidArgumentError("`token` " + token + " is short");
  }
};

struct GateConfig : ConfigKeys<GateConfig> {
  TlsConfig tls = Key("tls", &GateConfig::tls).Help("Certificate and key.");
  std::vector<RuleConfig> policy = Key("policy", &GateConfig::policy).Help("The first that fits decides.");
  std::map<std::string, ClientConfig> clients = Key("clients", &GateConfig::clients).Help("By name.");

  absl::Status Check() const {
    for (const auto& [id, client] : clients) {
      if (id == client.token) return absl::InvalidArgumentError("`clients." + id + ".token` is " + client.token);
    }
    if (policy.size() < 2 || policy[0].name != policy[1].name) return absl::OkStatus();
    return absl::InvalidArgumentError("`policy[1].name` is that of the first");
  }
};

template <class Config>
void AddPlugin(PluginSet& set, std::string name, Kind kind, std::vector<Port> ports) {
  Plugin plugin;
  plugin.name = name;
  plugin.kind = kind;
  plugin.ports = std::move(ports);
  plugin.config = ConfigSchema::Of<Config>();
  set.loaded[name] = {"/plugins/lib" + name + ".so", std::move(plugin)};
}

// As the loader reports a plugin whose library is in no folder.
inline PluginFailure Absent(const std::string& name) {
  return {name, "lib" + name + ".so was not found in: /plugins; build it there", /*found=*/false};
}

inline PluginSet SamplePlugins() {
  using Count = Port::Count;
  PluginSet set;
  AddPlugin<StoreConfig>(set, "memory_store", Kind::kStore, {});
  AddPlugin<RemoteStoreConfig>(set, "redis_store", Kind::kStore, {});
  AddPlugin<StoreConfig>(set, "cached_store", Kind::kStore,
                         {{"store", Kind::kStore, Count::kOne, "Behind the cache."}});
  AddPlugin<ServiceConfig>(set, "usuarios", Kind::kService,
                           {{"store", Kind::kStore, Count::kOne, "Where users are kept."},
                            {"audit", Kind::kStore, Count::kOptional, "Where changes are kept."}});
  AddPlugin<ServiceConfig>(set, "relay", Kind::kService, {{"next", Kind::kService, Count::kOptional, "Called first."}});
  AddPlugin<TransportConfig>(set, "grpc_server", Kind::kTransport,
                             {{"services", Kind::kService, Count::kOneOrMore, "What it serves."}});
  AddPlugin<FrontConfig>(set, "front", Kind::kTransport, {});
  AddPlugin<GateConfig>(set, "gate", Kind::kTransport, {});
  AddPlugin<DiskConfig>(set, "disk_store", Kind::kTransport, {});  // so that nobody has to use it
  AddPlugin<ServiceConfig>(set, "admin", Kind::kService, {{"host", Kind::kHost, Count::kOne, "What it shows."}});
  set.failures.push_back(
      {"broken_store", "/plugins/libbroken_store.so: file too short: build it again, or remove it from the profile"});
  for (const char* absent : {"memory_stor", "kafka", "grpc_serve", "hunter2-of-the-environment"})
    set.failures.push_back(Absent(absent));
  return set;
}

inline std::vector<std::string> SampleNames() {
  return {"broken_store", "cached_store", "grpc_server", "memory_store", "redis_store", "relay", "usuarios"};
}

inline std::optional<std::string> SampleEnvironment(const std::string& name) {
  static const std::map<std::string, std::string> kVariables = {
      {"EMPTY", ""},
      {"PORT", "8000"},
      {"WORKERS", "8"},
      {"STORE", "store"},
      {"IDS", "one, two"},
      {"LIST", "[\"one, two\", three]"},
      {"HALF_LIST", "[one, two"},
      {"ADDRESSES", "[::1]:1, [::2]:2"},
      {"PASSWORD", "hunter2-of-the-environment"},
      {"PLUGIN", "memory_store"},
      {"DOLLAR", "${PORT}"},
      {"SERVER", "redis.interno:1"},
  };
  auto found = kVariables.find(name);
  return found == kVariables.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace tomada
