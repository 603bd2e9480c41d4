// What a Redis server needs to speak TLS in a test, beside its clear port.
//
//   RedisTls tls;
//   RedisServer server(tls.settings());
//   ... rediss:// and tls.address(), by the authority in tls.files().Path("ca.pem") ...
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/certificates.h"
#include "support/loopback_port.h"
#include "support/redis_server.h"

namespace tomada::testing {

class RedisTls {
 public:
  RedisTls() {
    files_.Make("ca", {"-subj", "/CN=autoridade"});
    MakeServer("servidor");
  }

  // ca.pem has signed servidor.pem, which is of `localhost` and 127.0.0.1.
  const Certificates& files() const { return files_; }
  void MakeServer(const std::string& name, const std::string& authority = "ca") const {
    files_.MakeServer(name, "localhost,IP:127.0.0.1", authority);
  }

  uint16_t port() const { return port_.number(); }
  std::string address() const { return port_.address(); }

  // Of redis.conf. `more` wins.
  std::vector<std::string> settings(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> lines = {"tls-port " + std::to_string(port()),
                                      "tls-cert-file " + files_.Path("servidor.pem"),
                                      "tls-key-file " + files_.Path("servidor.key"),
                                      "tls-ca-cert-file " + files_.Path("ca.pem"), "tls-auth-clients no"};
    lines.insert(lines.end(), more.begin(), more.end());
    return lines;
  }
  // From now on `server` shows this certificate to who connects.
  void Show(const RedisServer& server, const std::string& name) const {
    const RedisReply reply = server.Command(
        {"CONFIG", "SET", "tls-cert-file", files_.Path(name + ".pem"), "tls-key-file", files_.Path(name + ".key")});
    if (reply.text != "OK") throw std::runtime_error("CONFIG SET tls-cert-file: " + reply.text);
  }

 private:
  Certificates files_;
  const LoopbackPort port_;
};

}  // namespace tomada::testing
