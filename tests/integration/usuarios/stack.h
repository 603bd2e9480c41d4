// The user service as people run it: real processes from the shipped profiles, on ports that the kernel picks and with
// data in a directory that goes with the stack.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/redis_sentinels.h"
#include "support/redis_server.h"
#include "support/temp_dir.h"

namespace tomada::testing {

enum class Topology {
  kOneProcess,    // profile local
  kCached,        // profile cache, with a Redis server
  kTwoProcesses,  // profiles servidor and cliente, with a Redis server
  kSentinels,     // profiles sentinel and cliente, with a primary, a replica and three Sentinels
};

// Starts it and waits until it listens. Stopped by the destructor.
class Stack {
 public:
  explicit Stack(Topology topology, const std::vector<std::string>& extra_servidor = {});

  const std::string& grpc_address() const { return grpc_address_; }
  const std::string& http_address() const { return http_address_; }

  // The process that has the gRPC port, and the one that has the HTTP port; in one process the same.
  Process& servidor() { return *servidor_; }
  Process& cliente() { return cliente_ ? *cliente_ : *servidor_; }
  // Null where the topology has none.
  RedisSentinels* sentinels() { return sentinels_.get(); }
  // All that the processes printed.
  std::string output() const;

  // Sends `signal`, waits for the end and starts anew on the same data, on other ports. What Process::Wait gave.
  int Restart(int signal);

 private:
  void Start();
  Process::Options ServidorOptions() const;

  const Topology topology_;
  const std::vector<std::string> extra_servidor_;
  TempDir data_;
  std::unique_ptr<RedisServer> redis_;
  std::unique_ptr<RedisSentinels> sentinels_;
  std::unique_ptr<Process> servidor_;
  std::unique_ptr<Process> cliente_;
  std::string grpc_address_;
  std::string http_address_;
};

}  // namespace tomada::testing
