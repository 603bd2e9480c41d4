#include "handshake.h"

#include <initializer_list>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "key_layout.h"
#include "server_error.h"
#include "write_script.h"

namespace tomada::redis_store {
namespace {

absl::Status NeedsAPerson(std::string_view what) { return absl::FailedPreconditionError(fmt::format("{}", what)); }

int Count(std::string_view text, std::string_view part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class Greeting {
 public:
  Greeting(net::ByteStream& stream, const Config& config, const ServerAddress& address, const net::Patience& patience)
      : conversation_(stream, patience), config_(config), address_(address) {}

  absl::Status SignIn();
  absl::Status CheckServer(ServerSideId& id);
  absl::Status CheckFormat();
  absl::Status CheckRights();
  absl::Status Kill(const ServerSideId& previous);
  absl::StatusOr<std::string> LoadScript();
  absl::StatusOr<int64_t> ClientId();
  absl::Status End() const;
  absl::Status TryWrite();

 private:
  // The reply, or what its being an error means.
  absl::StatusOr<Reply> Ask(std::initializer_list<std::string_view> command);
  std::string ProbeKey() const { return fmt::format("{}:probe", config_.key_prefix); }

  Conversation conversation_;
  const Config& config_;
  const ServerAddress& address_;
};

absl::StatusOr<Reply> Greeting::Ask(std::initializer_list<std::string_view> command) {
  absl::StatusOr<Reply> reply = conversation_.Ask(command);
  if (!reply.ok() || reply->type() != ReplyType::kError) return reply;
  const std::string_view text = reply->text().substr(0, kMaxErrorText);
  for (std::string_view word : {"NOAUTH", "WRONGPASS", "NOPERM", "ERR invalid password", "ERR Client sent AUTH",
                                "ERR AUTH", "ERR DB index", "WRONGTYPE"}) {
    if (text.starts_with(word)) return NeedsAPerson(text.substr(0, text.find(", with args")));
  }
  return absl::UnavailableError(fmt::format("{}", text.substr(0, text.find(", with args"))));
}

absl::Status Greeting::SignIn() {
  if (!address_.password.empty() || !address_.user.empty()) {
    const std::string_view password = address_.password.Reveal();
    absl::StatusOr<Reply> reply =
        address_.user.empty() ? Ask({"AUTH", password}) : Ask({"AUTH", address_.user, password});
    if (!reply.ok()) return reply.status();
  }
  if (address_.db == 0) return absl::OkStatus();
  return Ask({"SELECT", std::to_string(address_.db)}).status();
}

absl::Status Greeting::CheckServer(ServerSideId& id) {
  absl::StatusOr<Reply> reply = Ask({"INFO"});
  if (!reply.ok()) return reply.status();
  id.run_id = InfoField(reply->text(), "run_id");
  if (absl::Status wrong = CheckInfo(config_, reply->text()); !wrong.ok()) return wrong;
  if (config_.durability == Durability::kReplicated) {
    const int replicas = Count(reply->text(), ",state=online,");
    if (replicas < config_.replicas) {
      return absl::UnavailableError(
          fmt::format("durability: replicated needs {} replicas; the server has {}", config_.replicas, replicas));
    }
  }
  if (config_.durability != Durability::kSynced) return absl::OkStatus();
  reply = Ask({"CONFIG", "GET", "appendfsync"});
  return reply.ok() ? CheckFsync(*reply) : reply.status();
}

// Both fields are set by whoever comes first, and never again. Read before they are written: a server that is full
// still answers reads.
absl::Status Greeting::CheckFormat() {
  const std::string key = MetaKey(config_.key_prefix);
  absl::StatusOr<Reply> reply = Ask({"HMGET", key, "format", "buckets"});
  if (reply.ok() && reply->size() == 2 && (*reply)[1].type() == ReplyType::kNil) {
    if (absl::Status failed = Ask({"HSETNX", key, "format", kFormat}).status(); !failed.ok()) return failed;
    const std::string buckets = std::to_string(config_.buckets);
    if (absl::Status failed = Ask({"HSETNX", key, "buckets", buckets}).status(); !failed.ok()) return failed;
    reply = Ask({"HMGET", key, "format", "buckets"});
  }
  return reply.ok() ? CheckMeta(config_, *reply) : reply.status();
}

// All that calls will need, so that a missing right is told now, and not by each write.
absl::Status Greeting::CheckRights() {
  absl::StatusOr<Reply> reply = Ask({"EVAL", kRightsScript, "1", ProbeKey()});
  if (!reply.ok()) return reply.status();
  std::string missing;
  for (size_t i = 0; i < reply->size(); ++i) fmt::format_to(std::back_inserter(missing), " {}", (*reply)[i].text());
  // A script cannot try these two. As they are asked for here they do nothing: there is no script of that hash.
  for (std::string_view command : {"EVALSHA", "WAIT"}) {
    if (command == "WAIT" && config_.durability != Durability::kReplicated) continue;
    reply = conversation_.Ask({command, "0", "0"});
    if (!reply.ok()) return reply.status();
    if (reply->text().starts_with("NOPERM")) fmt::format_to(std::back_inserter(missing), " {}", command);
  }
  if (missing.empty()) return absl::OkStatus();
  return NeedsAPerson(
      fmt::format("the user lacks rights on the server:{}; the README of redis_store has an ACL line "
                  "with all that are needed",
                  missing.substr(0, kMaxErrorText)));
}

// It may be gone already, or we may not be allowed to: both are as good as can be.
absl::Status Greeting::Kill(const ServerSideId& previous) {
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

// What comes from here on answers a command of a caller's.
absl::Status Greeting::End() const {
  if (!conversation_.has_more()) return absl::OkStatus();
  return absl::UnavailableError("the server answered what it was not asked");
}

// By a script, as all writes are, and at the level that they are promised.
absl::Status Greeting::TryWrite() {
  constexpr std::string_view kScript = "return redis.call('SET', KEYS[1], '', 'PX', 1000)";
  absl::StatusOr<Reply> written = Ask({"EVAL", kScript, "1", ProbeKey()});
  if (!written.ok() || config_.durability != Durability::kReplicated) return written.status();
  const std::string limit = std::to_string(absl::ToInt64Milliseconds(config_.connect_timeout / 2));
  absl::StatusOr<Reply> replicas = Ask({"WAIT", std::to_string(config_.replicas), limit});
  if (!replicas.ok() || replicas->integer() >= config_.replicas) return replicas.status();
  return absl::UnavailableError(fmt::format("{} of {} replicas have a write", replicas->integer(), config_.replicas));
}

}  // namespace

absl::StatusOr<Greeted> Greet(net::ByteStream& stream, const Config& config, const ServerAddress& address,
                              const std::optional<ServerSideId>& previous, const net::Patience& patience) {
  Greeting greeting(stream, config, address, patience);
  Greeted greeted;
  if (absl::Status failed = greeting.SignIn(); !failed.ok()) return failed;
  if (absl::Status failed = greeting.CheckServer(greeted.id); !failed.ok()) return failed;
  if (previous && previous->run_id == greeted.id.run_id) {
    if (absl::Status failed = greeting.Kill(*previous); !failed.ok()) return failed;
  }
  if (absl::Status failed = greeting.CheckFormat(); !failed.ok()) return failed;
  absl::StatusOr<std::string> script = greeting.LoadScript();
  if (!script.ok()) return script.status();
  greeted.session.script_hash = *std::move(script);
  greeted.session.check = ServerCheck(config, greeted.id.run_id);
  if (absl::Status failed = greeting.CheckRights(); !failed.ok()) return failed;
  absl::StatusOr<int64_t> client = greeting.ClientId();
  if (!client.ok()) return client.status();
  greeted.id.client_id = *client;
  if (absl::Status failed = greeting.End(); !failed.ok()) return failed;
  return greeted;
}

absl::Status TryWrite(net::ByteStream& stream, const Config& config, const ServerAddress& address,
                      const net::Patience& patience) {
  Greeting greeting(stream, config, address, patience);
  if (absl::Status failed = greeting.SignIn(); !failed.ok()) return failed;
  if (absl::Status failed = greeting.CheckRights(); !failed.ok()) return failed;
  return greeting.TryWrite();
}

}  // namespace tomada::redis_store
