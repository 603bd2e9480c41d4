#include "handshake.h"

#include <initializer_list>
#include <string_view>

#include <fmt/format.h>

#include "key_layout.h"
#include "write_script.h"

namespace tomada::redis_store {
namespace {

constexpr std::string_view kFormat = "1";

absl::Status NeedsAPerson(std::string_view what) { return absl::FailedPreconditionError(fmt::format("{}", what)); }

// The value of "name:value\r\n" in the answer to INFO; empty when it is not there.
std::string_view InfoField(std::string_view info, std::string_view name) {
  for (size_t at = 0; at < info.size();) {
    const size_t end = std::min(info.find("\r\n", at), info.size());
    std::string_view line = info.substr(at, end - at);
    if (line.size() > name.size() && line[name.size()] == ':' && line.starts_with(name)) {
      return line.substr(name.size() + 1);
    }
    at = end + 2;
  }
  return {};
}

int Count(std::string_view text, std::string_view part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class Greeting {
 public:
  Greeting(int fd, const Config& config, const ServerAddress& address, const Patience& patience)
      : conversation_(fd, patience), config_(config), address_(address) {}

  absl::Status SignIn();
  absl::Status CheckServer(ServerSideId& id);
  absl::Status CheckFormat();
  absl::Status End(const ServerSideId& previous);
  absl::StatusOr<std::string> LoadScript();
  absl::StatusOr<int64_t> ClientId();
  absl::Status TryWrite();

 private:
  // The reply, or what its being an error means.
  absl::StatusOr<Reply> Ask(std::initializer_list<std::string_view> command);
  absl::Status CheckDurability(std::string_view info);
  absl::StatusOr<std::string> Setting(std::string_view name);

  Conversation conversation_;
  const Config& config_;
  const ServerAddress& address_;
};

absl::StatusOr<Reply> Greeting::Ask(std::initializer_list<std::string_view> command) {
  absl::StatusOr<Reply> reply = conversation_.Ask(command);
  if (!reply.ok() || reply->type() != ReplyType::kError) return reply;
  const std::string_view text = reply->text();
  for (std::string_view word : {"NOAUTH", "WRONGPASS", "NOPERM", "ERR invalid password", "ERR Client sent AUTH",
                                "ERR AUTH", "ERR DB index", "WRONGTYPE"}) {
    if (text.starts_with(word)) return NeedsAPerson(text.substr(0, text.find(", with args")));
  }
  return absl::UnavailableError(fmt::format("{}", text.substr(0, text.find(", with args"))));
}

absl::Status Greeting::SignIn() {
  if (!address_.password.empty() || !address_.user.empty()) {
    absl::StatusOr<Reply> reply =
        address_.user.empty() ? Ask({"AUTH", address_.password}) : Ask({"AUTH", address_.user, address_.password});
    if (!reply.ok()) return reply.status();
  }
  if (address_.db == 0) return absl::OkStatus();
  return Ask({"SELECT", std::to_string(address_.db)}).status();
}

absl::Status Greeting::CheckServer(ServerSideId& id) {
  absl::StatusOr<Reply> reply = Ask({"INFO"});
  if (!reply.ok()) return reply.status();
  const std::string info(reply->text());
  if (InfoField(info, "loading") == "1") return absl::UnavailableError("the server is loading its data");
  if (InfoField(info, "role") != "master") return absl::UnavailableError("the server is a replica, not the primary");
  if (InfoField(info, "cluster_enabled") == "1") {
    return NeedsAPerson("the server is part of a Redis Cluster, which this store cannot use yet");
  }
  const std::string_view policy = InfoField(info, "maxmemory_policy");
  if (config_.role == "primary" && !policy.empty() && policy != "noeviction") {
    return NeedsAPerson(fmt::format(
        "the server's maxmemory-policy is {}: a primary must never evict; set noeviction, or role: cache", policy));
  }
  id.run_id = InfoField(info, "run_id");
  return CheckDurability(info);
}

absl::Status Greeting::CheckDurability(std::string_view info) {
  if (config_.durability == "synced") {
    absl::StatusOr<std::string> fsync = Setting("appendfsync");
    if (!fsync.ok()) return fsync.status();
    if (InfoField(info, "aof_enabled") == "1" && *fsync == "always") return absl::OkStatus();
    return NeedsAPerson("durability: synced needs a server with appendonly yes and appendfsync always");
  }
  if (config_.durability == "replicated") {
    const int replicas = Count(info, ",state=online,");
    if (replicas < config_.replicas) {
      return absl::UnavailableError(
          fmt::format("durability: replicated needs {} replicas; the server has {}", config_.replicas, replicas));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Greeting::Setting(std::string_view name) {
  absl::StatusOr<Reply> reply = Ask({"CONFIG", "GET", name});
  if (!reply.ok()) return reply.status();
  return std::string(reply->size() == 2 ? (*reply)[1].text() : "");
}

// Both fields are set by whoever comes first, and never again. Read before they are written: a server that is full
// still answers reads.
absl::Status Greeting::CheckFormat() {
  const std::string key = MetaKey(config_.key_prefix), buckets = std::to_string(config_.buckets);
  absl::StatusOr<Reply> reply = Ask({"HMGET", key, "format", "buckets"});
  if (reply.ok() && reply->size() == 2 && (*reply)[1].type() == ReplyType::kNil) {
    if (absl::Status failed = Ask({"HSETNX", key, "format", kFormat}).status(); !failed.ok()) return failed;
    if (absl::Status failed = Ask({"HSETNX", key, "buckets", buckets}).status(); !failed.ok()) return failed;
    reply = Ask({"HMGET", key, "format", "buckets"});
  }
  if (!reply.ok()) return reply.status();
  if (reply->size() != 2) return absl::UnavailableError("HMGET answered what it cannot give");
  const std::string_view its_format = (*reply)[0].text(), its_buckets = (*reply)[1].text();
  if (its_format != kFormat) {
    return NeedsAPerson(
        fmt::format("{} holds format {}; this program knows format {}: use the program that wrote it, "
                    "or another key_prefix",
                    key, its_format, kFormat));
  }
  if (its_buckets == buckets) return absl::OkStatus();
  return NeedsAPerson(
      fmt::format("{} was made with buckets: {}, which cannot change; the config says {}", key, its_buckets, buckets));
}

// It may be gone already, or we may not be allowed to: both are as good as can be.
absl::Status Greeting::End(const ServerSideId& previous) {
  return conversation_.Ask({"CLIENT", "KILL", "ID", std::to_string(previous.client_id)}).status();
}

absl::StatusOr<std::string> Greeting::LoadScript() {
  absl::StatusOr<Reply> reply = Ask({"SCRIPT", "LOAD", kWriteScript});
  if (!reply.ok()) return reply.status();
  return std::string(reply->text());
}

absl::StatusOr<int64_t> Greeting::ClientId() {
  absl::StatusOr<Reply> reply = Ask({"CLIENT", "ID"});
  if (!reply.ok()) return reply.status();
  return reply->integer();
}

// By a script, as all writes are, and at the level that they are promised.
absl::Status Greeting::TryWrite() {
  constexpr std::string_view kScript = "return redis.call('SET', KEYS[1], '', 'PX', 1000)";
  absl::StatusOr<Reply> written = Ask({"EVAL", kScript, "1", fmt::format("{}:probe", config_.key_prefix)});
  if (!written.ok() || config_.durability != "replicated") return written.status();
  const std::string limit = std::to_string(absl::ToInt64Milliseconds(config_.connect_timeout / 2));
  absl::StatusOr<Reply> replicas = Ask({"WAIT", std::to_string(config_.replicas), limit});
  if (!replicas.ok() || replicas->integer() >= config_.replicas) return replicas.status();
  return absl::UnavailableError(fmt::format("{} of {} replicas have a write", replicas->integer(), config_.replicas));
}

}  // namespace

absl::StatusOr<Greeted> Greet(int fd, const Config& config, const ServerAddress& address,
                              const std::optional<ServerSideId>& previous, const Patience& patience) {
  Greeting greeting(fd, config, address, patience);
  Greeted greeted;
  if (absl::Status failed = greeting.SignIn(); !failed.ok()) return failed;
  if (absl::Status failed = greeting.CheckServer(greeted.id); !failed.ok()) return failed;
  if (previous && previous->run_id == greeted.id.run_id) {
    if (absl::Status failed = greeting.End(*previous); !failed.ok()) return failed;
  }
  if (absl::Status failed = greeting.CheckFormat(); !failed.ok()) return failed;
  absl::StatusOr<std::string> script = greeting.LoadScript();
  if (!script.ok()) return script.status();
  greeted.session.script_hash = *std::move(script);
  absl::StatusOr<int64_t> client = greeting.ClientId();
  if (!client.ok()) return client.status();
  greeted.id.client_id = *client;
  return greeted;
}

absl::Status TryWrite(int fd, const Config& config, const ServerAddress& address, const Patience& patience) {
  Greeting greeting(fd, config, address, patience);
  if (absl::Status failed = greeting.SignIn(); !failed.ok()) return failed;
  return greeting.TryWrite();
}

}  // namespace tomada::redis_store
