#include "support/redis_server.h"

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

namespace tomada::testing {
namespace {

using Clock = std::chrono::steady_clock;

std::string FindProgram(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path != nullptr ? path : "/usr/bin");
  for (std::string directory; std::getline(directories, directory, ':');) {
    std::string file = directory + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  throw std::runtime_error(name + " is not on the PATH");
}

// What `action` gives when it is done in `network`; null is the test's own.
template <class Action>
auto In(const FarNetwork* network, Action action) {
  if (network == nullptr) return action();
  FarNetwork::Visit visit(*network);
  return action();
}

}  // namespace

RedisServer::RedisServer(const std::vector<std::string>& settings, const FarNetwork* network)
    : network_(network), port_(In(network, [] { return LoopbackPort(); })) {
  std::string config = fmt::format("unixsocket {}\nsave \"\"\nbind 127.0.0.1\n", socket_path());
  for (const std::string& line : settings) {
    config += line + '\n';
    if (line.starts_with("requirepass ")) password_ = line.substr(sizeof "requirepass");
  }
  config += fmt::format("protected-mode no\nport {}\ndir {}\n", port(), directory_.path().string());
  command_ = {FindProgram("redis-server"), directory_.Write("redis.conf", config).string()};
  Start();
  WaitReady();
}

RedisServer::RedisServer(Sentinel, const std::vector<std::string>& settings, const FarNetwork* network)
    : network_(network), port_(In(network, [] { return LoopbackPort(); })) {
  std::string config =
      fmt::format("bind 127.0.0.1\nprotected-mode no\nport {}\ndir {}\n", port(), directory_.path().string());
  for (const std::string& line : settings) config += line + '\n';
  command_ = {FindProgram("redis-server"), directory_.Write("sentinel.conf", config).string(), "--sentinel"};
  Start();
  WaitReady();
}

void RedisServer::Start(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = command_;
  command.insert(command.end(), arguments.begin(), arguments.end());
  process_ = In(network_, [&] { return std::make_unique<Process>(command); });
}

void RedisServer::WaitReady(std::chrono::milliseconds patience) {
  const auto serves = [this] {
    if (!process_->running()) throw std::runtime_error("redis-server has ended:\n" + process_->output());
    try {
      const RedisReply pong = In(network_, [&] { return RedisClient(port()); }).Command({"PING"});
      return pong.text == "PONG" || pong.text.starts_with("NOAUTH");
    } catch (const std::runtime_error&) {
      return false;
    }
  };
  WaitUntil("redis-server serves", serves, patience);
}

void RedisServer::Restart(const std::vector<std::string>& arguments) {
  if (running()) Kill();
  Start(arguments);
  WaitReady();
}

void RedisServer::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait();
}

void RedisServer::Stop() {
  process_->Signal(SIGTERM);
  process_->Wait();
}

void RedisServer::Pause() { process_->Signal(SIGSTOP); }
void RedisServer::Continue() { process_->Signal(SIGCONT); }

RedisClient RedisServer::Connect(std::chrono::milliseconds patience) const {
  RedisClient client = In(network_, [&] { return RedisClient(port(), patience); });
  if (!password_.empty()) client.Command({"AUTH", password_});
  return client;
}

void RedisServer::Set(const std::string& parameter, const std::string& value) const {
  const RedisReply reply = Command({"CONFIG", "SET", parameter, value});
  if (reply.text != "OK") throw std::runtime_error(fmt::format("CONFIG SET {}: {}", parameter, reply.text));
}

std::string RedisServer::Info(const std::string& field) const {
  std::istringstream lines(Command({"INFO", "everything"}).text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(field + ":")) return line.substr(field.size() + 1, line.size() - field.size() - 2);
  }
  return {};
}

void RedisServer::WaitUntil(const std::string& what, const std::function<bool()>& done,
                            std::chrono::milliseconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  while (!done()) {
    if (Clock::now() >= deadline) {
      throw std::runtime_error(fmt::format("not so within {} ms: {}", patience.count(), what));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace tomada::testing
