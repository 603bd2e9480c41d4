#include "integration/usuarios/stack.h"

namespace tomada::testing {
namespace {

constexpr char kGrpcListening[] = R"(grpc: listening .*address=(127\.0\.0\.1:\d+))";
constexpr char kHttpListening[] = R"(http: listening .*address=(127\.0\.0\.1:\d+))";
constexpr char kAnyGrpcPort[] = "components.grpc.config.listen=127.0.0.1:0";
constexpr char kAnyHttpPort[] = "components.http.config.listen=127.0.0.1:0";

const char* ServidorProfile(Topology topology) {
  switch (topology) {
    case Topology::kOneProcess: return "local";
    case Topology::kCached: return "cache";
    case Topology::kTwoProcesses: return "servidor";
    case Topology::kSentinels: return "sentinel";
  }
  return "";
}

}  // namespace

Stack::Stack(Topology topology, const std::vector<std::string>& extra_servidor)
    : topology_(topology), extra_servidor_(extra_servidor) {
  if (topology == Topology::kTwoProcesses || topology == Topology::kCached) redis_ = std::make_unique<RedisServer>();
  if (topology == Topology::kSentinels) {
    // Kept on disk, as in compose.sentinel.yml: else a server that is made primary as it comes back empties the other.
    sentinels_ = std::make_unique<RedisSentinels>(1, std::vector<std::string>{"appendonly yes"});
  }
  Start();
}

void Stack::Start() {
  const bool one = topology_ == Topology::kOneProcess || topology_ == Topology::kCached;
  std::vector<std::string> command = {TomadaBinary(), "run",       "--profile", ServidorProfile(topology_),
                                      "--set",        kAnyGrpcPort};
  if (one) command.insert(command.end(), {"--set", kAnyHttpPort});
  command.insert(command.end(), extra_servidor_.begin(), extra_servidor_.end());
  servidor_ = std::make_unique<Process>(command, ServidorOptions());
  grpc_address_ = servidor_->WaitForLine(kGrpcListening)[1];
  if (one) {
    http_address_ = servidor_->WaitForLine(kHttpListening)[1];
  } else {
    Process::Options cliente;
    cliente.environment["GRPC_SERVER"] = grpc_address_;
    cliente_ = std::make_unique<Process>(
        std::vector<std::string>{TomadaBinary(), "run", "--profile", "cliente", "--set", kAnyHttpPort}, cliente);
    http_address_ = cliente_->WaitForLine(kHttpListening)[1];
  }
}

Process::Options Stack::ServidorOptions() const {
  Process::Options options;
  options.environment["TOMADA_DATA"] = data_.path();
  if (redis_) options.environment["REDIS_URL"] = "redis://" + redis_->address();
  if (sentinels_) {
    int number = 0;
    for (const std::string& address : sentinels_->addresses()) {
      options.environment["SENTINEL_" + std::to_string(++number)] = address;
    }
    options.environment["SENTINEL_MASTER"] = RedisSentinels::kMaster;
  }
  return options;
}

int Stack::Restart(int signal) {
  cliente_.reset();
  servidor_->Signal(signal);
  const int code = servidor_->Wait();
  Start();
  return code;
}

std::string Stack::output() const { return servidor_->output() + (cliente_ ? cliente_->output() : ""); }

}  // namespace tomada::testing
