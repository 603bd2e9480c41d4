// A user of the server who may not do all that the store does.
#include <fstream>
#include <sstream>

#include "fault_test.h"

namespace tomada::testing {
namespace {

using RedisRights = FaultTest;

// The words of the ACL line in the README, from ACL on.
std::vector<std::string> DocumentedLine() {
  std::ifstream readme(REDIS_README);
  for (std::string line; std::getline(readme, line);) {
    if (!line.starts_with("ACL SETUSER ")) continue;
    std::istringstream words(line);
    return {std::istream_iterator<std::string>(words), {}};
  }
  throw std::runtime_error("the README has no ACL line");
}

// Replaces the user by one with these rights.
void SetUser(RedisServer& server, const std::vector<std::string>& line) {
  server.Command({"ACL", "DELUSER", "tomada"});
  const RedisReply reply = server.Command(line);
  if (reply.text != "OK") throw std::runtime_error(reply.text);
}

redis_store::Config UserConfig(const RedisServer& server, Durability durability) {
  redis_store::Config config = ConfigFor("tomada:PASSWORD@" + server.address());
  config.durability = durability;
  return config;
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

TEST_F(RedisRights, TheDocumentedOnesAreEnough) {
  RedisServer server({"appendonly yes", "appendfsync always", "repl-diskless-sync-delay 0"});
  RedisServer replica({"replicaof 127.0.0.1 " + std::to_string(server.port())});
  SetUser(server, DocumentedLine());
  for (Durability durability : {Durability::kApplied, Durability::kSynced, Durability::kReplicated}) {
    FaultedStore store(UserConfig(server, durability));
    store.WaitFor(true);
    const SyncTable sync(store.table());
    Record ana("ana", "1");
    ana.unique_keys = {UniqueKey("email", "a@x")};
    absl::StatusOr<Written> written = sync.Insert(ana);
    ASSERT_EQ(written.status(), absl::OkStatus());
    ana.expires_at = absl::Now() + absl::Hours(1);
    ASSERT_EQ(sync.Update(ana, written->version).status(), absl::OkStatus());
    server.Command({"SCRIPT", "FLUSH"});
    ASSERT_EQ(sync.Put(ana).status(), absl::OkStatus());
    EXPECT_EQ(sync.Find("email", "a@x").value()->value, "1");
    EXPECT_EQ(sync.GetMany({"ana"}).value()[0]->value, "1");
    EXPECT_EQ(sync.List(10)->records.size(), 1u);
    EXPECT_EQ(sync.Remove("ana").status(), absl::OkStatus());
    store.WaitFor(true);  // again, if the replica was late with one of these
  }
  // Nothing was tried that this user may not.
  EXPECT_EQ(server.Command({"ACL", "LOG"}).elements.size(), 0u);
}

// Each of them is asked for at the start, and named.
TEST_F(RedisRights, EachThatIsMissingIsNamed) {
  RedisServer server({"appendonly yes", "appendfsync always", "repl-diskless-sync-delay 0"});
  RedisServer replica({"replicaof 127.0.0.1 " + std::to_string(server.port())});
  const std::vector<std::string> line = DocumentedLine();
  int tried = 0;
  for (const std::string& word : line) {
    if (!word.starts_with('+') || word == "+client|kill") continue;  // which is done without
    SCOPED_TRACE(word);
    ++tried;
    std::vector<std::string> without;
    std::remove_copy(line.begin(), line.end(), std::back_inserter(without), word);
    server.Command({"FLUSHALL"});
    SetUser(server, without);
    const std::string name = word.substr(1);
    FaultedStore store(UserConfig(server, name == "config|get" ? Durability::kSynced
                                          : name == "wait"     ? Durability::kReplicated
                                                               : Durability::kApplied));
    RedisServer::WaitUntil("it names the right", [&] {
      const Readiness now = store.readiness();
      return !now.ready && Upper(now.reason).find(Upper(name)) != std::string::npos;
    });
    const absl::Status write = PutWithin(store.table(), seconds(5), Record("a", "1")).status();
    EXPECT_EQ(write.code(), Code::kUnavailable) << write;
    EXPECT_EQ(OutcomeOf(write), WriteOutcome::kNotApplied) << write;
    if (tried > 1) continue;
    SetUser(server, line);
    store.WaitFor(true);
  }
  EXPECT_GE(tried, 15);
}

TEST_F(RedisRights, TheKeysAreNamedToo) {
  RedisServer server;
  std::vector<std::string> line = DocumentedLine();
  std::replace(line.begin(), line.end(), std::string("~tomada:*"), std::string("~other:*"));
  SetUser(server, line);
  FaultedStore store(UserConfig(server, Durability::kApplied));
  RedisServer::WaitUntil("it names the keys",
                         [&] { return store.readiness().reason.find("keys") != std::string::npos; });
}

TEST_F(RedisRights, AllButTheDangerousAndInfoAreEnoughToo) {
  RedisServer server;
  SetUser(server, {"ACL", "SETUSER", "tomada", "on", ">PASSWORD", "~tomada:*", "+@all", "-@dangerous", "+info"});
  FaultedStore store(UserConfig(server, Durability::kApplied));
  store.WaitFor(true);
  EXPECT_EQ(PutWithin(store.table(), seconds(5), Record("a", "1")).status(), absl::OkStatus());
}

// Of a running store: the write is refused as the server's fault, and the store not ready, until it is given back.
TEST_F(RedisRights, OneThatIsTakenAwayWithinAScript) {
  RedisServer server;
  SetUser(server, DocumentedLine());
  FaultedStore store(UserConfig(server, Durability::kApplied));
  store.WaitFor(true);
  for (const char* command : {"time", "zadd"}) {
    ASSERT_EQ(server.Command({"ACL", "SETUSER", "tomada", std::string("-") + command}).text, "OK");
    const absl::Status write = PutWithin(store.table(), seconds(5), Record("a", "1")).status();
    EXPECT_EQ(write.code(), Code::kUnavailable) << write;
    EXPECT_EQ(OutcomeOf(write), WriteOutcome::kUnknown) << "the script was under way";
    RedisServer::WaitUntil("it names the right",
                           [&] { return Upper(store.readiness().reason).find(Upper(command)) != std::string::npos; });
    ASSERT_EQ(server.Command({"ACL", "SETUSER", "tomada", std::string("+") + command}).text, "OK");
    store.WaitFor(true);
    EXPECT_EQ(PutWithin(store.table(), seconds(5), Record("a", "1")).status(), absl::OkStatus());
  }
}

}  // namespace
}  // namespace tomada::testing
