// One target: a name or an address, and the connections to the servers behind it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "config.h"
#include "connection.h"
#include "net/socket/address.h"
#include "net/socket/look_up.h"
#include "net/tls/context.h"
#include "tomada/config.h"
#include "tomada/log.h"

namespace tomada::grpc_client {

// Of the wire's thread, but for target().
//
// Each address of a name is a server of its own, with one connection; those of localhost are one server. What is not
// connected is tried again, all at once, after pauses that grow as gRPC's do ("GRPC Connection Backoff Protocol"). A
// name is looked up before each try, on a thread of its own, and every 20 s while all is well.
class Backend {
 public:
  // How it stands, for people.
  struct Standing {
    bool operator==(const Standing&) const = default;

    bool connected = false;
    std::string cause;  // why it cannot be reached; empty until a try failed
    std::optional<std::chrono::steady_clock::time_point> next_try;  // after a failed one
  };

  // `target` is host:port. `tls` is null without TLS. Both references outlive it.
  Backend(Wire& wire, const Config& config, std::string target, net::TlsClientContext* tls, const Logger& log);
  ~Backend();

  const std::string& target() const { return target_; }
  const Standing& standing() const { return standing_; }
  // It is not connected, and no try has failed since it was: a call may wait.
  bool hopeful() const { return standing_.cause.empty(); }

  // Takes up what has become of look-ups and connections, and begins new ones when they are due. Ends the calls of
  // connections that are gone. True when another connection is open than before, or it stands differently.
  bool Look(Deadline now);
  Deadline next() const;
  // All its connections, at once.
  void Close() { connections_.clear(); }
  // Those that take calls, added to `open`.
  void AddOpen(std::vector<Connection*>& open) const;
  const std::vector<std::unique_ptr<Connection>>& connections() const { return connections_; }

 private:
  struct Server {
    net::SocketAddresses addresses;
    uint32_t number;  // of this server alone
  };

  void BeginRound();
  void TakeAddresses(absl::StatusOr<net::SocketAddresses> found);
  void ConnectAll();
  // When none is connecting any more.
  void EndRound(Deadline now);
  void TakeUpClosed(Deadline now);
  Connection* ConnectionOf(const Server& server) const;
  // Of a server that is wanted no more.
  void RetireOthers();
  bool Stand();

  Wire& wire_;
  const std::string target_;
  const HostPort address_;
  const std::chrono::nanoseconds max_backoff_;
  const Connection::Settings settings_;
  const std::string tls_name_;
  net::TlsClientContext* const tls_;
  const Logger& log_;
  bool named_ = false;  // it has to be looked up
  std::vector<Server> servers_;
  std::vector<std::unique_ptr<Connection>> connections_;  // also those that are leaving
  std::optional<net::PendingLookUp> look_up_;
  bool round_ = false;                   // a try is under way
  Deadline round_by_ = Deadline::max();  // when a look-up that takes so long is told
  Deadline next_round_{};
  std::chrono::nanoseconds pause_{};  // before the next round
  std::string failure_;               // of the round
  absl::Status refreshed_;            // the TLS files, when they were last read
  Standing standing_, told_;          // now, and at the end of the last Look
  std::vector<Connection*> open_;     // then
  std::mt19937 random_{std::random_device()()};
};

}  // namespace tomada::grpc_client
