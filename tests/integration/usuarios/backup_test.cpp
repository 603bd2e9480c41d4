// docs/backup.md, with its own commands: users are written while a backup is made, and are there when it is restored.
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/http_client.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/temp_dir.h"

namespace tomada::testing {
namespace {

// The command below the line `<!-- run: NAME -->` of the page.
std::string CommandNamed(const std::string& name) {
  const std::string page = ReadFile(BACKUP_PAGE), mark = "<!-- run: " + name + " -->\n```\n";
  const size_t begin = page.find(mark);
  EXPECT_NE(begin, std::string::npos) << name;
  const size_t command = begin + mark.size();
  return page.substr(command, page.find("```", command) - command);
}

void RunOfPage(const std::string& name, const std::map<std::string, std::string>& variables) {
  Process::Options options;
  options.environment = variables;
  options.environment["PATH"] =
      fmt::format("{}:{}", std::filesystem::path(TomadaBinary()).parent_path().string(), std::getenv("PATH"));
  Process shell({"/bin/bash", "-uc", CommandNamed(name)}, options);
  EXPECT_EQ(shell.Wait(), 0) << shell.output();
}

class BackupTest : public ::testing::Test {
 protected:
  // The user service over HTTP on this store.
  std::unique_ptr<Process> StartHost(const std::string& plugin, const std::string& config) {
    profile_ = temp_.Write("profile.yaml", fmt::format(R"(
components:
  store: {{plugin: {}, config: {{{}}}}}
  usuarios: {{plugin: usuarios, uses: {{store: store}}, config: {{senha_memory: 8KiB, senha_passes: 1}}}}
  http: {{plugin: pistache_http, uses: {{services: usuarios}}, config: {{listen: "127.0.0.1:0"}}}}
)",
                                                       plugin, config));
    auto host = std::make_unique<Process>(std::vector<std::string>{TomadaBinary(), "run", "--config", profile_});
    address_ = host->WaitForLine(R"(http: listening .*address=(127\.0\.0\.1:\d+))")[1];
    return host;
  }

  // Creates users until `act` has returned, before which 50 are there and after which 50 more come. How many are
  // certain to be in what `act` did.
  int CreateAround(const std::function<void()>& act) {
    std::atomic<int> created = 0;
    std::atomic<bool> stop = false;
    std::thread writer([&] {
      HttpClient client(address_);
      while (!stop) {
        const std::string body =
            fmt::format(R"({{"id": "u{0}", "nome": "U", "email": "u{0}@example.com"}})", created.load());
        const HttpResponse response = client.Request("POST", "/usuarios", body);
        EXPECT_EQ(response.status, 200) << response.body;
        if (response.status != 200) return;
        ++created;
      }
    });
    const auto wait = [&](int count) { RedisServer::WaitUntil("users", [&] { return created >= count; }); };
    wait(50);
    const int before = created;
    act();
    wait(created + 50);
    stop = true;
    writer.join();
    return before;
  }

  void ExpectUsers(int count) {
    HttpClient client(address_);
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(client.Request("GET", fmt::format("/usuarios:buscarPorEmail?email=u{}%40example.com", i)).status, 200);
    }
    EXPECT_EQ(client.Request("POST", "/usuarios", R"({"nome": "B", "email": "u0@example.com"})").status, 409);
  }

  TempDir temp_;
  std::string profile_, address_;
};

TEST_F(BackupTest, OfRocksdbStoreWhileItRuns) {
  const std::string data = temp_.path() / "usuarios", backup = temp_.path() / "backup";
  std::unique_ptr<Process> host = StartHost("rocksdb_store", "path: " + data);
  const int users = CreateAround([&] {
    RunOfPage("rocksdb_store backup", {{"PROFILE", profile_}, {"BACKUP", backup}});
  });
  host->Signal(SIGTERM);
  EXPECT_EQ(host->Wait(), 0) << host->output();

  RunOfPage("rocksdb_store restore", {{"DATA", data}, {"BACKUP", backup}});
  host = StartHost("rocksdb_store", "path: " + data);
  ExpectUsers(users);
}

// Under the host, which goes on with it.
TEST_F(BackupTest, OfRedisStoreWhileItRuns) {
  const std::string backup = temp_.path() / "backup.rdb";
  RedisServer server({"appendonly yes"});
  const std::string url = "redis://" + server.address();
  const std::unique_ptr<Process> host = StartHost("redis_store", fmt::format("url: '{}'", url));
  const int users = CreateAround([&] { RunOfPage("redis_store backup", {{"REDIS_URL", url}, {"BACKUP", backup}}); });

  server.Stop();
  RunOfPage("redis_store restore", {{"REDIS_DIR", server.directory()}, {"BACKUP", backup}});
  server.Restart({"--appendonly", "no"});
  RunOfPage("redis_store append-only", {{"REDIS_URL", url}});
  RedisServer::WaitUntil("a log", [&] { return server.Info("aof_rewrite_in_progress") == "0"; });
  server.Stop();
  server.Restart();
  RedisServer::WaitUntil("the host", [&] { return HttpClient(address_).Request("GET", "/usuarios/u0").status == 200; });
  ExpectUsers(users);
}

TEST_F(BackupTest, OfWhatKeepsNothingSaysWhatToDo) {
  const std::unique_ptr<Process> host = StartHost("memory_store", "");
  const auto backup = [this](const std::string& id) {
    Process tomada({TomadaBinary(), "backup", id, temp_.path() / "backup", "--config", profile_});
    const int code = tomada.Wait();
    return std::make_pair(code, tomada.output());
  };
  for (const char* id : {"store", "usuarios"}) {
    EXPECT_THAT(backup(id), ::testing::Pair(1, ::testing::HasSubstr("docs/backup.md says what to do"))) << id;
  }
  EXPECT_THAT(backup("stor"),
              ::testing::Pair(2, ::testing::HasSubstr("has no component `stor` (did you mean `store`?)")));
}

}  // namespace
}  // namespace tomada::testing
