// A running host of a shipped profile, as its operator reaches it.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/http_client.h"
#include "support/process.h"

namespace tomada::testing {

using Environment = std::map<std::string, std::string>;

inline Process::Options With(const Environment& environment) {
  Process::Options options;
  options.environment = environment;
  return options;
}

inline constexpr char kAnyHttp[] = "components.http.config.listen=127.0.0.1:0";
inline constexpr char kAnyGrpc[] = "components.grpc.config.listen=127.0.0.1:0";

// Every port is free, its admin at `admin`.
class Running {
 public:
  Running(const std::string& profile, const Environment& environment, const std::vector<std::string>& settings) {
    std::vector<std::string> command = {TomadaBinary(), "run", "--profile", profile};
    for (const std::string& setting : settings) command.insert(command.end(), {"--set", setting});
    process_ = std::make_unique<Process>(command, With(environment));
    admin = AddressOf("admin_front");
    process_->WaitForLine("started");
  }

  // Where a transport of the profile listens.
  std::string AddressOf(const std::string& component) {
    return process_->WaitForLine(R"([ "])" + component + R"([":].*listening.*?(127\.0\.0\.1:\d+))")[1];
  }
  HttpResponse Get(const std::string& target) { return HttpClient(admin).Request("GET", target); }
  // Until it answers so, or patience ends.
  HttpResponse GetUntil(const std::string& target, int status) {
    const auto until = std::chrono::steady_clock::now() + Process::kPatience;
    for (;;) {
      HttpResponse response = Get(target);
      if (response.status == status || std::chrono::steady_clock::now() >= until) return response;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  Process& process() { return *process_; }

  std::string admin;

 private:
  std::unique_ptr<Process> process_;
};

}  // namespace tomada::testing
