// A real Redis server for one test, on the loopback and in a directory of its own.
//
//   RedisServer server({"appendonly yes", "appendfsync always"});
//   server.Kill();
//   server.Restart();   // same port, same directory
//
// What does not happen in time throws std::runtime_error with what the server printed.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/loopback_port.h"
#include "support/private_network.h"
#include "support/process.h"
#include "support/redis_client.h"
#include "support/temp_dir.h"

namespace tomada::testing {

// All of it is used by the thread that made it, which lives as long: see Process.
class RedisServer {
 public:
  // Starts it and waits until it serves. `settings` are lines of redis.conf. Without any it keeps nothing on disk.
  // `network` is where it lives; null: where the test does.
  explicit RedisServer(const std::vector<std::string>& settings = {}, const FarNetwork* network = nullptr);

  // Begins to start; `arguments` are added to the command line and win over the settings ("--replicaof", ...).
  void Start(const std::vector<std::string>& arguments = {});
  // Until it serves: past loading. One that only asks for a password does.
  void WaitReady(std::chrono::milliseconds patience = Process::kPatience);
  // Kills it if it runs, starts it again and waits until it serves.
  void Restart(const std::vector<std::string>& arguments = {});

  void Kill();      // SIGKILL: nothing is saved. Returns when it is gone
  void Stop();      // SIGTERM, in the same way
  void Pause();     // SIGSTOP: connections stay, the kernel goes on accepting, nothing is answered
  void Continue();  // SIGCONT
  bool running() const { return process_ && process_->running(); }

  uint16_t port() const { return port_.number(); }
  std::string address() const { return port_.address(); }
  std::string socket_path() const { return (directory_.path() / "redis.sock").string(); }
  const std::filesystem::path& directory() const { return directory_.path(); }
  std::string output() const { return process_ ? process_->output() : ""; }

  // A connection from outside, with the password when the settings have one.
  RedisClient Connect(std::chrono::milliseconds patience = std::chrono::seconds(5)) const;
  // One command on a connection of its own.
  RedisReply Command(const std::vector<std::string>& words) const { return Connect().Command(words); }
  // CONFIG SET; throws when the server refuses.
  void Set(const std::string& parameter, const std::string& value) const;
  // The value of a line of INFO; empty when there is none.
  std::string Info(const std::string& field) const;

  // Until `done` or for as long as `patience`: then throws, saying `what` has not happened.
  static void WaitUntil(const std::string& what, const std::function<bool()>& done,
                        std::chrono::milliseconds patience = Process::kPatience);

 protected:
  struct Sentinel {};
  RedisServer(Sentinel, const std::vector<std::string>& settings, const FarNetwork* network);

 private:
  const FarNetwork* const network_;
  const LoopbackPort port_;
  const TempDir directory_;
  std::string password_;
  std::vector<std::string> command_;
  std::unique_ptr<Process> process_;  // the last, so that it ends before its directory
};

}  // namespace tomada::testing
